"""Rivals in processes of their own that are timed in turns, so that a busy moment of the machine hits all alike.

A rival says its facts in a line of JSON when it is warm, then does as many steps as each line of its input says and
answers with the seconds they took. This file needs neither jax nor torch, which may live in different environments.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any


class Rival:
    """A process to be timed, on that many cores (0: all); it runs from `with` to `with`'s end."""

    def __init__(self, command: Sequence[str], cores: int = 0, environment: Mapping[str, str] | None = None) -> None:
        chosen = ",".join(map(str, sorted(os.sched_getaffinity(0))[: cores or None]))
        self._process = subprocess.Popen(
            ["taskset", "--cpu-list", chosen, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_WAIT_POLICY": "passive"} | dict(environment or {}),  # nobody spins out of turn
        )

    def __enter__(self) -> "Rival":
        self.facts: dict[str, Any] = self._answer()
        return self

    def __exit__(self, *error: object) -> None:
        self._process.stdin.close()
        self._process.wait()

    def seconds(self, steps: int) -> float:
        """Seconds of one step, the mean of that many."""
        self._process.stdin.write(f"{steps}\n")
        self._process.stdin.flush()
        return self._answer() / steps

    def _answer(self) -> Any:
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self._process.args)} ended with status {self._process.wait()}")
        return json.loads(line)


def serve(facts: Mapping[str, Any], run: Callable[[int], None]) -> None:
    """What a rival does: `run(n)` does n steps and returns when they are done."""
    run(2)
    print(json.dumps(facts), flush=True)
    for line in sys.stdin:
        run(1)  # takes back the caches and the memory that the others' turns have emptied
        start = time.perf_counter()
        run(int(line))
        print(json.dumps(time.perf_counter() - start), flush=True)


def enough(rival: Rival, seconds: float, multiple: int = 1) -> int:
    """How many steps make a turn of about so many seconds, in multiples."""
    return multiple * max(1, round(seconds / rival.seconds(1) / multiple))


def race(rivals: Mapping[str, Rival], rounds: int, steps: int) -> dict[str, float]:
    """Seconds of one step of each: the minimum over rounds in which everybody has a turn."""
    turns = [{name: rival.seconds(steps) for name, rival in rivals.items()} for _ in range(rounds)]
    return {name: min(turn[name] for turn in turns) for name in rivals}
