"""A run's losses and metrics as a picture: curves.png."""

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from gan_jax.errors import InputError

COLUMNS = 3  # of panels
SKIPPED = ("step", "images", "seconds", "images_per_second")


def available() -> bool:
    """Whether there is something to draw with: the extra `plots`."""
    return find_spec("matplotlib") is not None


def draw(workdir: Path, out: Path) -> None:
    """Draws every number of metrics.jsonl over the steps, those of one player or evaluation in one panel each."""
    if not available():
        raise InputError("Curves are drawn by matplotlib: pip install 'gan-jax[plots]'.")
    rows = read(workdir / "metrics.jsonl")
    panels = _panels(rows)
    if not panels:
        raise InputError(f"{workdir / 'metrics.jsonl'} holds no numbers yet.")
    from matplotlib.figure import Figure

    down = -(-len(panels) // COLUMNS)
    across = min(COLUMNS, len(panels))
    figure = Figure(figsize=(5 * across, 3.2 * down), layout="constrained")
    figure.suptitle(workdir.resolve().name)
    grid = figure.subplots(down, across, squeeze=False).ravel()
    for axes, (title, names) in zip(grid, panels.items(), strict=False):
        _fill(axes, title, names, rows)
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
    """The names that share a panel: the terms of a player's loss; its gradients; the values of an evaluation alike."""
    panels: dict[str, list[str]] = {}
    for name in dict.fromkeys(name for row in rows for name, value in row.items() if value is not None):
        if name in SKIPPED or name.endswith("/skipped"):
            continue
        first, _, rest = name.partition("/")
        title = (
            "gradient norms"
            if rest == "gradient_norm"
            else first
            if rest.count("/") == 0
            else "/".join((first, rest.partition("/")[0]))
        )
        panels.setdefault(title, []).append(name)
    return panels


def _fill(axes: Any, title: str, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    values = []
    for name in names:
        points = [(row["step"], row[name]) for row in rows if row.get(name) is not None]
        steps, heights = (np.array(side, float) for side in zip(*points, strict=True))
        sparse = len(points) < 30
        label = name.removeprefix(f"{title}/").removesuffix("/gradient_norm")
        axes.plot(steps, heights, label=label, marker="o" if sparse else None, markersize=3, linewidth=1.2)
        values.append(heights)
    every = np.concatenate(values)
    if every.min() > 0 and every.max() > 100 * every.min():
        axes.set_yscale("log")
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("step", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.25)
    axes.legend(fontsize=7)
