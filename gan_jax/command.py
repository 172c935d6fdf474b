"""What the commands share: config flags, the compilation cache, one message for bad input."""

import argparse
import logging
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from gan_jax.config import files as configs
from gan_jax.errors import DivergedError, InputError


def read_config(file: str, overrides: Sequence[str]) -> dict[str, Any]:
    """The config of a file (`FILE.py[:ARG]`), with `--config.a.b=value` or `--config.a.b value` applied in order."""
    config = configs.load(file) if file else {}
    words = list(overrides)
    while words:
        flag = words.pop(0)
        if not flag.startswith("--config."):
            raise InputError(f"{flag}: there is no such argument; settings are given as --config.KEY=VALUE.")
        key, equals, value = flag.removeprefix("--config.").partition("=")
        if not equals:
            if not words:
                raise InputError(f"{flag}: the value is missing.")
            value = words.pop(0)
        configs.override(config, key, value)
    return config


def main(command: Callable[[Sequence[str]], int], arguments: Sequence[str] | None = None) -> None:
    """Runs a command, on the arguments of this process where none are given, and exits with its status.

    0: done; 2: bad input, with its message alone; 128 + n: stopped by signal n; 1: anything else.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", force=True)
    for chatty in ("absl", "jax", "orbax"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    sys.path.append(os.getcwd())  # names of one's own are looked up in the current folder too, and there last
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path.home() / ".cache" / "gan_jax" / "compiled"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")  # JAX reads them when it is imported
    try:
        status = command(sys.argv[1:] if arguments is None else arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        status = 2
    except DivergedError as error:
        print(f"error: {error}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


def spoken(name: str) -> str:
    """How a command is called, as this one was: by the scripts of a clone or by what is installed."""
    started = Path(sys.argv[0])
    if started.name in ("train.py", "sample.py") and name in ("train", "sample"):
        return written("python", started.with_name(f"{name}.py"))
    return f"python -m gan_jax {name}" if started.suffix == ".py" else f"gan-jax {name}"


def show(text: str) -> None:
    """Prints what was asked for; whoever reads it may have enough before its end, as `head` has."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would try once more as it ends


def written(*words: object) -> str:
    """A command's words as a shell reads them."""
    return shlex.join(map(str, words))


class _Formatter(argparse.ArgumentDefaultsHelpFormatter):
    """Tells a default only where there is one to tell and the text does not."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        none = action.default is None or action.default is False or action.default in ("", [])
        return action.help if none else super()._get_help_string(action)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (--help lists the arguments)")


def parser(name: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    """An argument parser whose errors are an InputError: one line, not the usage; `name` is the command's."""
    return _Parser(
        prog=spoken(name),
        description=description,
        epilog=epilog,
        allow_abbrev=False,
        formatter_class=_Formatter,
    )


def add_hosts(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of a command that can run on several hosts."""
    parser.add_argument("--distributed", action="store_true", help="join the other hosts by jax.distributed")
    parser.add_argument("--coordinator", help="host:port of process 0, where the cluster does not tell")
    parser.add_argument("--num_processes", type=int, help="hosts, where the cluster does not tell")
    parser.add_argument("--process_id", type=int, help="this host's number, where the cluster does not tell")


def add_plugins(parser: argparse.ArgumentParser) -> None:
    """Adds the argument of a command that opens runs' folders."""
    parser.add_argument(
        "--plugins",
        default=(),
        type=lambda text: tuple(filter(None, text.split(","))),
        metavar="MODULE,...",
        help="modules of your own, or of those who made the run, whose code its config may name",
    )


def trust_plugins(flags: argparse.Namespace) -> None:
    """Trusts the modules that `add_plugins`' argument names."""
    from gan_jax.config import trust  # which imports JAX

    trust.trust(flags.plugins)


def join_hosts(flags: argparse.Namespace) -> None:
    """Joins the other hosts if the arguments of `add_hosts` say so; before anything touches the devices."""
    named = [name for name in ("coordinator", "num_processes", "process_id") if getattr(flags, name) is not None]
    if named and not flags.distributed:
        raise InputError(f"--{named[0]} is for runs on several hosts: add --distributed.")
    if flags.distributed:
        import jax

        jax.distributed.initialize(flags.coordinator, flags.num_processes, flags.process_id)
