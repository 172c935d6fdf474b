"""A run's losses and metrics as a picture: curves.png."""

import json
import logging
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from gan_jax.errors import InputError, printable

log = logging.getLogger(__name__)

COLUMNS = 3  # of panels
MOST = 60  # panels
LARGEST = 1e300  # what can be drawn with room around it
FEW = 30  # points: so few are marked
GRADIENTS = "gradient norms"
SKIPPED = ("step", "images", "seconds", "images_per_second")


def available() -> bool:
    """Whether there is something to draw with: the extra `plots`."""
    return find_spec("matplotlib") is not None


def draw(workdir: Path, out: Path) -> None:
    """Draws every number of metrics.jsonl over the steps; numbers that belong together share a panel."""
    rows = read(workdir / "metrics.jsonl")
    panels = _panels(rows)
    if not panels:
        raise InputError(f"{workdir / 'metrics.jsonl'} holds no numbers yet.")
    if len(panels) > MOST:
        raise InputError(f"{workdir / 'metrics.jsonl'} has numbers for {len(panels)} panels; {MOST} are the most.")
    from matplotlib.figure import Figure

    down = -(-len(panels) // COLUMNS)
    across = min(COLUMNS, len(panels))
    width, height = 5 * across, 3.2 * down
    figure = Figure(figsize=(width, height))
    # Margins of so many inches: a layout that measures all text takes twice as long as the whole picture.
    margins = dict(left=0.55 / width, right=1 - 0.15 / width, bottom=0.5 / height, top=1 - 0.7 / height)
    figure.subplots_adjust(**margins, wspace=0.18, hspace=0.36)
    figure.suptitle(f"{_plain(workdir.resolve().name)}, {rows[-1]['step']:,} steps", fontsize=12)
    grid = figure.subplots(down, across, squeeze=False).ravel()
    for axes, (title, names) in zip(grid, panels.items(), strict=False):
        _fill(axes, title, names, rows)
        axes.set_xlim(0, max(1, rows[-1]["step"]) * 1.02)  # the same in every panel
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    temporary = out.with_suffix(".tmp.png")
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        figure.savefig(temporary, dpi=110)
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)


def read(file: Path) -> list[dict[str, Any]]:
    """The reports of a run, in order, and of each the numbers that can be drawn."""
    if not file.is_file():
        raise InputError(f"{file} is not there: is {file.parent} the folder of a run?")
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from error
    found = [_row(line) for line in lines]
    rows = [row for row in found if row]
    damaged = len([row for row in found[:-1] if not row])  # the last line may be cut off
    if damaged:
        log.warning("%s: %d of %d lines are no reports, and left out.", file, damaged, len(lines))
    return rows


def _row(line: str) -> dict[str, Any]:
    """A report, or nothing where a line is none."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(row, dict) or not isinstance(row.get("step"), int) or not 0 <= row["step"] < 2**53:
        return {}
    return {name: value for name, value in row.items() if _can_be_drawn(value)}


def _can_be_drawn(value: Any) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and abs(value) < LARGEST  # of nan too this is not so


def _plain(text: str) -> str:
    """A name as it stands: matplotlib would take what is between two $ for a formula, and a leading _ for a secret."""
    return printable(text).replace("$", r"\$").removeprefix("_")


def _panels(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The names that share a panel, by its title: those of a player first, then gradients, then evaluations."""
    names = dict.fromkeys(name for row in rows for name, value in row.items() if value is not None)
    players = {name.partition("/")[0] for name in names if name.endswith("/loss")}
    panels: dict[str, list[str]] = {}
    for name in names:
        if name not in SKIPPED and not name.endswith(("/skipped", "/skipped_large")):
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
        axes.plot(steps, heights, label=_plain(label), marker="o" if len(points) < FEW else None, markersize=3, **style)
        values.append(heights)
    every = np.concatenate(values)
    if every.min() > 0 and every.max() > 100 * every.min():
        axes.set_yscale("log")
    axes.set_title(_plain(title), fontsize=10)
    axes.set_xlabel("step", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.25)
    if names != [title]:
        axes.legend(fontsize=7, ncols=1 + len(names) // 8)
