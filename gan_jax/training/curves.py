"""A run's losses and metrics as a picture: curves.png."""

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from gan_jax.errors import InputError

COLUMNS = 3  # of panels
FEW = 30  # points: so few are marked
GRADIENTS = "gradient norms"
SKIPPED = ("step", "images", "seconds", "images_per_second")


def available() -> bool:
    """Whether there is something to draw with: the extra `plots`."""
    return find_spec("matplotlib") is not None


def draw(workdir: Path, out: Path) -> None:
    """Draws every number of metrics.jsonl over the steps; numbers that belong together share a panel."""
    if not available():
        raise InputError("Curves are drawn by matplotlib: pip install 'gan-jax[plots]'.")
    rows = read(workdir / "metrics.jsonl")
    panels = _panels(rows)
    if not panels:
        raise InputError(f"{workdir / 'metrics.jsonl'} holds no numbers yet.")
    from matplotlib.figure import Figure

    down = -(-len(panels) // COLUMNS)
    across = min(COLUMNS, len(panels))
    width, height = 5 * across, 3.2 * down
    figure = Figure(figsize=(width, height))
    # Margins of so many inches: a layout that measures all text takes twice as long as the whole picture.
    margins = dict(left=0.55 / width, right=1 - 0.15 / width, bottom=0.5 / height, top=1 - 0.7 / height)
    figure.subplots_adjust(**margins, wspace=0.18, hspace=0.36)
    figure.suptitle(f"{workdir.resolve().name}, {rows[-1]['step']:,} steps", fontsize=12)
    grid = figure.subplots(down, across, squeeze=False).ravel()
    for axes, (title, names) in zip(grid, panels.items(), strict=False):
        _fill(axes, title, names, rows)
        axes.set_xlim(0, rows[-1]["step"] * 1.02)  # the same in every panel
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    temporary = out.with_suffix(".tmp.png")
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(temporary, dpi=110)
    temporary.replace(out)


def read(file: Path) -> list[dict[str, Any]]:
    """The reports of a run, in order."""
    if not file.is_file():
        raise InputError(f"{file} is not there: is {file.parent} the folder of a run?")
    rows = []
    for line in file.read_text().splitlines():
        try:
            row = json.loads(line)
        except ValueError:  # cut off
            continue
        if isinstance(row, dict) and "step" in row:
            rows.append(row)
    return rows


def _panels(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The names that share a panel, by its title: those of a player first, then gradients, then evaluations."""
    names = dict.fromkeys(name for row in rows for name, value in row.items() if value is not None)
    players = {name.partition("/")[0] for name in names if name.endswith("/loss")}
    panels: dict[str, list[str]] = {}
    for name in names:
        if name not in SKIPPED and not name.endswith("/skipped"):
            panels.setdefault(_title(name), []).append(name)
    order = sorted(panels, key=lambda title: (title not in players, title != GRADIENTS))
    return {title: panels[title] for title in order}


def _title(name: str) -> str:
    """PLAYER of PLAYER/TERM, EVAL/METRIC of EVAL/METRIC/REFERENCE, and EVAL of EVAL/METRIC or EVAL."""
    if name.endswith("/gradient_norm"):
        return GRADIENTS
    return name.rpartition("/")[0] or name


def _fill(axes: Any, title: str, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    values = []
    for name in sorted(names, key=lambda name: not name.endswith("/loss")):
        points = [(row["step"], row[name]) for row in rows if row.get(name) is not None]
        steps, heights = (np.array(side, float) for side in zip(*points, strict=True))
        label = name.removeprefix(f"{title}/").removesuffix("/gradient_norm")
        # A sum of terms lies below these, pale and broad: it may be equal to its only term.
        style = dict(linewidth=4, alpha=0.35) if name.endswith("/loss") else dict(linewidth=1.2)
        axes.plot(steps, heights, label=label, marker="o" if len(points) < FEW else None, markersize=3, **style)
        values.append(heights)
    every = np.concatenate(values)
    if every.min() > 0 and every.max() > 100 * every.min():
        axes.set_yscale("log")
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("step", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.25)
    if names != [title]:
        axes.legend(fontsize=7, ncols=1 + len(names) // 8)
