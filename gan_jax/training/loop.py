"""The training loop: it knows an objective's init, losses and sample, and nothing else of the game."""

import logging
import signal
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Array

from gan_jax import config as configs
from gan_jax import experiment
from gan_jax.data import loader
from gan_jax.errors import InputError
from gan_jax.sampling import Sampler
from gan_jax.training import parallel
from gan_jax.training import step as steps
from gan_jax.training.checkpoint import Checkpoints
from gan_jax.training.reporting import Reporter
from gan_jax.types import Mean, TrainState

log = logging.getLogger(__name__)

IN_FLIGHT = 8  # calls that the host runs ahead of the device


class Signals:
    """Remembers SIGTERM and Ctrl-C until the loop is at a point where it can save; a second one takes effect at once."""

    def __init__(self) -> None:
        self.received = 0

    def __enter__(self) -> "Signals":
        self._previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        for number in self._previous:
            signal.signal(number, self._remember)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _remember(self, number: int, frame: object) -> None:
        self.received = number
        signal.signal(number, self._previous[number])


def run(config: dict[str, Any], workdir: Path) -> int:
    """Trains as the config says, going on from the newest checkpoint in `workdir`.

    Returns the exit status: 0, or 128 plus the number of the signal that stopped the run after saving.
    """
    config = experiment.resolve_config(config)
    data = experiment.make_data(config)
    facts = experiment.make_facts(config, data)
    experiment.check_shapes(config, facts)
    _check_workdir(config, workdir)
    run = Run(config, facts, data, workdir)
    return run.train()


def _check_workdir(config: dict[str, Any], workdir: Path) -> None:
    """Refuses to go on with a run under another config, but for what does not change what it computes."""
    file = workdir / "config.json"
    if not file.exists() or not (workdir / "checkpoints").is_dir():
        return
    changed = configs.changes(configs.from_json(file.read_text()), config)
    changed = {key: values for key, values in changed.items() if not key.startswith(experiment.HARMLESS)}
    if changed:
        listing = "\n".join(f"  {key}: {old!r} -> {new!r}" for key, (old, new) in changed.items())
        raise InputError(
            f"{workdir} holds a run with another config:\n{listing}\nGive another --workdir, or undo these."
        )


class Run:
    """A run while it trains: what it was built from, and what it writes to."""

    def __init__(self, config: dict[str, Any], facts: dict[str, Any], data: Any, workdir: Path) -> None:
        self.config, self.facts, self.data, self.workdir = config, facts, data, workdir
        self.devices = parallel.devices(config["parallel"]["mode"])
        self.turns = experiment.make_turns(config)
        self.objective = experiment.make_objective(config, facts, self.devices.axis_name)
        self.examples = config["batch_size"] * max(turn.repeats for turn in self.turns.values())
        step = steps.make(
            self.objective,
            self.turns,
            steps.Ema(**config["ema"]),
            config["batch_size"],
            config["micro_batches"],
            self.devices.axis_name,
        )
        self.call = self.devices.compile(parallel.make_run(step, config["data"]["flip"]))
        self.evals = experiment.make_evals(config)

    def initial_state(self) -> TrainState:
        """The state before the first step, on all devices."""
        objective = experiment.make_objective(self.config, self.facts)
        batch = experiment.example_batch(self.facts, min(self.config["batch_size"], 8))
        init = jax.jit(partial(steps.init, objective, self.turns), out_shardings=self.devices.replicated)
        return init(jax.random.key(self.config["seed"]), batch)

    def train(self) -> int:
        """Steps until the end or a signal; returns the exit status."""
        config, total = self.config, self.config["steps"]
        self.workdir.mkdir(parents=True, exist_ok=True)
        settings = experiment.Checkpoint(**config["checkpoint"])
        with Checkpoints(self.workdir, settings.keep, settings.best) as checkpoints, Signals() as signals:
            state = self._start(checkpoints)
            start = int(state.step)
            with Reporter(self.workdir, total, start, config["batch_size"]) as self.reporter:
                self._write_config()
                resident = self.devices.replicate(self.data.arrays()) if self.data.fits_in_memory else {}
                self.sampler = Sampler(self.objective_for_sampling, state.ema, self.facts)
                if start == 0:
                    self._show_real()
                state = self._steps(state, start, resident, checkpoints, signals)
            if signals.received:
                log.info("Stopped by %s at step %d, saved.", signal.Signals(signals.received).name, int(state.step))
                return 128 + signals.received
        return 0
