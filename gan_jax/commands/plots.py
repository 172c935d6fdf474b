"""Pictures that commands draw beside their numbers: what they are asked for is checked before there are any."""

from collections.abc import Sequence
from pathlib import Path

from gan_jax import command
from gan_jax.errors import InputError
from gan_jax.training import curves

PLOTS = (".png", ".pdf", ".svg")


def check(out: Path, flag: str, suffixes: Sequence[str] = PLOTS) -> None:
    """Refuses a picture that cannot be drawn or written; plots are drawn by matplotlib, a gallery (.png) is not."""
    if out.suffix.lower() not in suffixes:
        raise InputError(f"{flag}={out}: a picture is a file {', '.join(suffixes)}.")
    command.check_file(out, flag)
    if suffixes == PLOTS and not curves.available():
        raise InputError(f"{flag}={out}: plots are drawn by matplotlib: pip install 'gan-jax[plots]'.")
