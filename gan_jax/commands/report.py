"""A run's losses and metrics as a picture."""

import logging
from collections.abc import Sequence

from gan_jax import command, terminal


def main(arguments: Sequence[str]) -> int:
    """Writes curves.png beside the metrics.jsonl of a run, or where it is told to."""
    parser = command.parser("report", "Draws the losses and metrics of a run, of metrics.jsonl in its folder.")
    parser.add_argument("--workdir", required=True, type=command.path, help="the run's folder")
    parser.add_argument(
        "--out", type=command.path, help="the picture to write (default: curves.png in the run's folder)"
    )
    flags = parser.parse_args(arguments)
    out = flags.out or flags.workdir / "curves.png"
    with terminal.importing():
        from gan_jax.commands import plots  # which waits for matplotlib
        from gan_jax.training import curves

    plots.check(out, "--out")
    with command.writing(out):
        curves.draw(flags.workdir, out)
    logging.info("Curves: %s", out)
    return 0
