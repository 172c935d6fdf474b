"""Trains a model from a config file, or goes on with a run."""

import logging
from collections.abc import Sequence
from pathlib import Path

from gan_jax import command, terminal
from gan_jax.config import files
from gan_jax.errors import InputError


def main(arguments: Sequence[str]) -> int:
    """Trains, or goes on with a run that was stopped, and says what to do next."""
    parser = command.parser(
        "train",
        "Trains a model; the same command again goes on where the run stopped.",
        f"Configs: {', '.join(files.configs())}; {command.spoken('train')} --list says what they are.",
        free="--config.",
    )
    parser.add_argument(
        "--config", metavar="NAME|FILE[:ARG]", help="one that --list shows, or a file; --config.a.b=v overrides"
    )
    parser.add_argument(
        "--workdir", type=command.path, help="the run's folder (default: runs/NAME, NAME the config file's)"
    )
    parser.add_argument("--list", action="store_true", help="show the configs that there are, and end")
    parser.add_argument(
        "--dry_run", action="store_true", help="check everything and tell what would run; write nothing"
    )
    command.add_plugins(parser)
    command.add_hosts(parser)
    flags, overrides = parser.parse_known_args(arguments)
    if flags.list:
        terminal.show("\n".join(f"  {name:<18}{line}" for name, line in files.configs().items()))
        return 0
    if not flags.config:
        raise InputError("--config is missing: a name that --list shows, or a file.")
    workdir = flags.workdir or Path("runs") / Path(flags.config.partition(":")[0]).stem
    config = command.read_config(flags.config, overrides)
    command.join_hosts(flags)
    command.trust_plugins(flags)

    with terminal.importing():
        from gan_jax.config import trust
        from gan_jax.training import loop  # after the hosts have joined: importing it may touch the devices

    if flags.dry_run:
        terminal.show(loop.dry_run(config, workdir))
        return 0
    plugins = trust.modules_of(config)
    status = loop.run(config, workdir)
    if status:
        logging.info("Stopped; everything is saved. The same command goes on from here.")
    else:
        logging.info("Pictures:    %s", workdir / "samples")
        logging.info("Checkpoints: %s", workdir / "checkpoints")
        words = [f"--workdir={workdir}", "--seeds=0-63", f"--out={workdir.name}.png"]
        words += [f"--plugins={','.join(sorted(plugins))}"] if plugins else []
        logging.info("Try next:    %s %s", command.spoken("sample"), command.written(*words))
    return status
