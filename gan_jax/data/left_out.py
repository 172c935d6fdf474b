"""What a source finds and does not read, told in one line: how many of each kind, and names of some."""

import logging
from pathlib import PurePosixPath

from gan_jax.errors import printable

log = logging.getLogger(__name__)

SHOWN = 3  # names of each kind


class LeftOut:
    """Names by the reason for which they are left out, such as `hidden`."""

    def __init__(self):
        self._names: dict[str, list[str]] = {}

    def add(self, reason: str, name: str) -> None:
        """Counts one more."""
        self._names.setdefault(reason, []).append(name)

    def add_file(self, name: str) -> None:
        """Counts one more of the files that are not of a kind that is read."""
        suffix = PurePosixPath(name).suffix.lower()
        self.add(f"files {suffix}" if suffix else "files without a suffix", name)

    def __str__(self) -> str:
        return "; ".join(f"{reason}: {len(names):,} ({_some(names)})" for reason, names in sorted(self._names.items()))

    def warn(self, origin: str) -> None:
        """Logs all of it as one warning, if there is anything."""
        if self._names:
            log.warning("%s: left out: %s", printable(origin), printable(str(self)))


def _some(names: list[str]) -> str:
    shown = sorted(names)[:SHOWN]
    return ", ".join(shown + ["..."] * (len(names) > len(shown)))
