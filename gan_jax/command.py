"""What the commands share: config flags, the compilation cache, one message for bad input."""

import argparse
import logging
import os
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from gan_jax import pinned, ranges, terminal
from gan_jax.config import files as configs
from gan_jax.errors import DivergedError, HostsError, InputError, nearest, printable
from gan_jax.hosts import joined


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

    0: done; 2: bad input, with its message alone; 75: another host is gone; 128 + n: stopped by signal n; 1: all else.
    """
    terminal.prepare()
    logging.basicConfig(level=logging.INFO, format="%(message)s", force=True)
    for chatty in ("absl", "asyncio", "jax", "orbax"):  # their errors are raised too, and told in a line
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    sys.unraisablehook = _quietly
    sys.path.append(os.getcwd())  # names of one's own are looked up in the current folder too, and there last
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path.home() / ".cache" / "gan_jax" / "compiled"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")  # JAX reads them when it is imported
    logging.raiseExceptions = False  # a log that cannot be written says so once, with what else cannot
    pinned.pin()
    failure: BaseException | None = None
    try:
        status = command(sys.argv[1:] if arguments is None else arguments)
        joined.leave()
    except (InputError, DivergedError, HostsError) as error:
        print(f"error: {error}", file=sys.stderr)
        failure, status = error, {InputError: 2, HostsError: joined.LOST}.get(type(error), 1)
    except OSError as error:  # of a disk, a folder or a pipe, which say what it is
        print(f"error: {printable(str(error))}", file=sys.stderr)
        failure, status = error, 2
    except KeyboardInterrupt as error:
        failure, status = error, terminal.INTERRUPTED
    except Exception as error:
        if not joined.is_joined():
            raise
        failure, status = error, 1
    finally:
        terminal.settle()
    if failure and joined.is_joined():
        _end_joined(failure, status)
    sys.exit(status)


def _quietly(unraisable: Any) -> None:
    """Passes over what tensorstore's threads say once more of a file that could not be read or written."""
    if not any(said in str(unraisable.exc_value) for said in ("Event loop is closed", "'_ssock'")):
        sys.__unraisablehook__(unraisable)


def _end_joined(failure: BaseException, status: int) -> NoReturn:
    """Ends one of several hosts alone, without the wait for the others that JAX has at the end of a process."""
    joined.fail(failure)
    if not isinstance(failure, InputError | DivergedError | HostsError | KeyboardInterrupt):  # these have been told of
        traceback.print_exception(failure)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def spoken(name: str) -> str:
    """How a command is called, as this one was: by the scripts of a clone or by what is installed."""
    started = Path(sys.argv[0])
    if started.name in ("train.py", "sample.py") and name in ("train", "sample"):
        return written("python", started.with_name(f"{name}.py"))
    return f"python -m gan_jax {name}" if started.suffix == ".py" else f"gan-jax {name}"


def written(*words: object) -> str:
    """A command's words as a shell reads them."""
    return shlex.join(map(str, words))


class _Formatter(argparse.ArgumentDefaultsHelpFormatter):
    """Tells a default only where there is one to tell and the text does not."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        none = action.default is None or action.default is False or action.default in ("", [], ())
        return action.help if none else super()._get_help_string(action)


class _Parser(argparse.ArgumentParser):
    """Tells of bad arguments in one message, and first of those that there are not: one of them may be mistyped."""

    free = ""  # how arguments begin that the command reads by itself

    def __init__(self, **given: Any) -> None:
        """Also of parsers below it, which argparse makes of the same class with its own defaults."""
        super().__init__(**{"allow_abbrev": False, "formatter_class": _Formatter} | given)

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:
        given = list(sys.argv[1:] if args is None else args)
        known = self._option_string_actions
        if self._subparsers:  # whose own parsers see to it
            return super().parse_known_args(given, namespace)
        for word in given[: given.index("--")] if "--" in given else given:
            flag = word.partition("=")[0]
            if flag.startswith("--") and flag not in known and not (self.free and flag.startswith(self.free)):
                valid = [name for name in known if name.startswith("--")]
                raise InputError(f"{flag}: there is no such argument. {nearest(flag, valid)}")
        return super().parse_known_args(given, namespace)

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (--help lists the arguments)")


def parser(name: str, description: str, epilog: str = "", free: str = "") -> argparse.ArgumentParser:
    """An argument parser whose errors are an InputError: one line, not the usage; `name` is the command's.

    Arguments that begin with `free` are left to the command.
    """
    made = _Parser(prog=spoken(name), description=description, epilog=epilog)
    made.free = free
    return made


def path(text: str) -> Path:
    """The type of arguments that are paths: `~` is the home, and what no file can be called is refused."""
    if not text:
        raise argparse.ArgumentTypeError("a path is missing")
    found = Path(os.path.expanduser(text))
    try:
        found.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{text[:80]}: {getattr(error, 'strerror', None) or error}") from None
    return found


def check_out(out: Path, flag: str = "--out", *, appended: bool = False) -> None:
    """Refuses what cannot be written, before anything is computed for it."""
    device = out.is_char_device() and appended  # such as /dev/null
    if out.exists() and not (out.is_file() or out.is_dir() or device):
        raise InputError(f"{flag}={out} is neither a file nor a folder.")
    place = next(folder for folder in out.absolute().parents if folder.exists())
    if not place.is_dir():
        raise InputError(f"{flag}={out}: {place} is a file.")
    if not os.access(out if out.exists() else place, os.W_OK):
        raise InputError(f"{flag}={out}: nothing may be written there.")


def check_file(out: Path, flag: str = "--out") -> None:
    """Refuses a file that cannot be written, or to which nothing can be appended, before anything is computed."""
    if out.is_dir():
        raise InputError(f"{flag}={out} is a folder: name a file.")
    check_out(out, flag, appended=True)


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Tells that a file could not be written, such as for want of space."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error).partition("\n")[0]
        raise InputError(f"--out={out} cannot be written: {reason}.") from error


def add_hosts(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of a command that can run on several hosts."""
    parser.add_argument("--distributed", action="store_true", help="join the other hosts; docs/pods.md says how")
    parser.add_argument("--coordinator", help="host:port of process 0, where the cluster does not tell")
    parser.add_argument("--num_processes", type=int, help="processes, where the cluster does not tell")
    parser.add_argument("--process_id", type=int, help="this one's number from 0, where the cluster does not tell")
    parser.add_argument(
        "--local_devices", help="this process's GPUs, such as 0-3; or all (default: its share of a node's)"
    )
    parser.add_argument("--join_timeout", type=float, help="seconds to wait for the others at the start (default: 120)")
    parser.add_argument(
        "--meet_timeout", type=float, help="seconds to wait before checkpoints and evals (default: 600)"
    )


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
    given = {name: getattr(flags, name) for name in joined.Wishes._fields if getattr(flags, name) is not None}
    if not flags.distributed:
        if given:
            raise InputError(f"--{next(iter(given))} is for runs on several hosts: add --distributed.")
        return
    for name in ("join_timeout", "meet_timeout"):
        if given.get(name, 1) <= 0:
            raise InputError(f"--{name}={given[name]:g} should be above 0.")
    if "local_devices" in given:
        text = given["local_devices"]
        given["local_devices"] = [] if text == "all" else ranges.parse(text, "--local_devices", 1024).tolist()
    joined.join(joined.Wishes(**given))
