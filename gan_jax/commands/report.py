"""A run's losses and metrics as a picture."""

import logging
from collections.abc import Sequence
from pathlib import Path

from gan_jax import command


def main(arguments: Sequence[str]) -> int:
    """Writes curves.png beside the metrics.jsonl of a run, or where it is told to."""
    parser = command.parser("report", "Draws the losses and metrics of a run, of metrics.jsonl in its folder.")
    parser.add_argument("--workdir", required=True, type=Path, help="the run's folder")
    parser.add_argument("--out", type=Path, help="the picture to write (default: curves.png in the run's folder)")
    flags = parser.parse_args(arguments)

    from gan_jax.training import curves  # which waits for matplotlib

    out = flags.out or flags.workdir / "curves.png"
    curves.draw(flags.workdir, out)
    logging.info("Curves: %s", out)
    return 0
