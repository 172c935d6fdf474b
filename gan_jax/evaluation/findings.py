"""What an audit finds: a value with its interval, and what it would be of a model that does nothing wrong."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import numpy as np

import gan_jax
from gan_jax import terminal


class Finding(NamedTuple):
    """One number of an audit."""

    name: str
    value: float | None  # None: of too few images
    low: float | None  # of its 95 % interval
    high: float | None
    null: float | None  # what an innocent model would have
    n: int  # images that it is of
    settings: dict[str, Any] = {}  # noqa: RUF012  # never changed

    def told(self) -> str:
        """As a line of a table."""
        interval = f"[{self.low:.4g}, {self.high:.4g}]" if self.low is not None and self.high is not None else ""
        value, null = ("" if x is None else f"{x:.4g}" for x in (self.value, self.null))
        more = ", ".join(f"{name} {_short(value)}" for name, value in self.settings.items())
        return f"  {self.name:<44}{value:>9}  {interval:<20}{null:>9}{self.n:>8}  {more}"


HEADER = f"  {'':<44}{'value':>9}  {'95 % interval':<20}{'null':>9}{'n':>8}"


class Origin(NamedTuple):
    """What all findings of an audit depend on."""

    seed: int
    features: dict[str, Any]
    real: str
    fake: str
    data_sha256: str  # of the training images' pixels and labels
    generated_sha256: str | None  # of the generated ones'; None where they are drawn on the way
    checkpoint_sha256: str | None  # of the model's variables; None of a folder


def rows(findings: Iterator[Finding], origin: Origin) -> Iterator[tuple[Finding, dict[str, Any]]]:
    """Each finding, with the line of JSON that is kept of it; seconds are those since the first was asked for."""
    began = time.monotonic()
    versions = {package.__name__: package.__version__ for package in (gan_jax, jax, np)}
    for finding in findings:
        seconds = round(time.monotonic() - began, 3)
        yield finding, {**finding._asdict(), **origin._asdict(), "seconds": seconds, "versions": versions}


def show(title: str) -> None:
    """Begins a table of findings."""
    terminal.show(f"\n{title}\n{HEADER}")


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
