"""Trains a model: python train.py --config=configs/quickstart.py [--workdir=DIR] [--config.steps=100 ...]."""

import logging
from collections.abc import Sequence
from pathlib import Path

from gan_jax import command


def main(arguments: Sequence[str]) -> int:
    """Trains, or goes on with a run that was stopped, and says what to do next."""
    parser = command.parser("Trains a model; the same command again goes on where the run stopped.")
    parser.add_argument("--config", required=True, metavar="FILE[:ARG]", help="a config file; --config.a.b=v overrides")
    parser.add_argument("--workdir", type=Path, help="the run's folder (default: runs/NAME, NAME the config file's)")
    command.add_hosts(parser)
    flags, overrides = parser.parse_known_args(arguments)
    workdir = flags.workdir or Path("runs") / Path(flags.config.partition(":")[0]).stem
    config = command.read_config(flags.config, overrides)
    command.join_hosts(flags)

    from gan_jax.training import loop  # after the hosts have joined: importing it may touch the devices

    status = loop.run(config, workdir)
    if status:
        logging.info("Stopped; everything is saved. The same command goes on from here.")
    else:
        logging.info("Pictures:    %s", workdir / "samples")
        logging.info("Checkpoints: %s", workdir / "checkpoints")
        logging.info(
            "Try next:    python sample.py --workdir=%s --seeds=0-63 --format=grid --out=%s.png", workdir, workdir.name
        )
    return status


if __name__ == "__main__":
    command.main(main)
