"""What evaluations found of a run's checkpoints: `measured.json`, {step: {evaluation: {metric: value}}}."""

import json
import math
import os
from pathlib import Path

import jax

from gan_jax.errors import InputError

Values = dict[str, float | None]  # None: no finite number


class Scores:
    """The values of a run, read once and written, by process 0, when there are new ones."""

    def __init__(self, workdir: Path) -> None:
        self._file = workdir / "measured.json"
        self._found = _read(self._file)

    def evaluations(self, step: int) -> set[str]:
        """The evaluations that were made of that step's parameters."""
        return set(self._found.get(step, {}))

    def add(self, step: int, evaluation: str, values: dict[str, float]) -> None:
        """Keeps what an evaluation found."""
        finite = {name: float(value) if math.isfinite(value) else None for name, value in values.items()}
        self._found.setdefault(step, {})[evaluation] = finite
        if jax.process_index() == 0:
            new = self._file.with_suffix(".tmp")
            new.write_text(json.dumps(self._found) + "\n")
            os.replace(new, self._file)

    def forget_after(self, step: int) -> None:
        """Drops what belongs to steps that are made anew."""
        self._found = {known: values for known, values in self._found.items() if known <= step}

    def value(self, step: int, metric: str) -> float | None:
        """Of a metric by its name, EVALUATION/METRIC or EVALUATION."""
        named = {name: value for values in self._found.get(step, {}).values() for name, value in values.items()}
        return named.get(metric)


def _read(file: Path) -> dict[int, dict[str, Values]]:
    if not file.is_file():
        return {}
    try:
        return {int(step): dict(found) for step, found in json.loads(file.read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{file} cannot be read: {error}. Without it the run measures anew; move it away.") from error
