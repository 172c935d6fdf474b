"""Results as rows: a Markdown table on the screen, and JSON in the file that `--out` names."""

import argparse
import json
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def parser(description: str) -> argparse.ArgumentParser:
    """The arguments that all benchmarks take."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--out", type=Path, help="a JSON file for the rows")
    return made


def publish(rows: list[Row], out: Path | None) -> None:
    """Prints the rows, and keeps them where that is asked for."""
    print(markdown(rows), flush=True)
    if out:
        out.write_text(json.dumps(rows, indent=2) + "\n")


def markdown(rows: list[Row]) -> str:
    """One line per row; the columns are those of the first."""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *([_text(row[name]) for name in rows[0]] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)
