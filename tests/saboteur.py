"""Evaluations that interrupt the run they belong to, or fail."""

import os
import signal as signals
import time
from pathlib import Path


def strike(sampler, data, *, signal: str, note: str, process: int = 0) -> dict[str, float]:
    """Sends this process a signal, once, and notes when."""
    import jax

    if is_tried(sampler):
        return {}
    if jax.process_index() == process and not Path(note).exists():
        Path(note).write_text(str(time.time()))
        os.kill(os.getpid(), signals.Signals[signal])
    return {}


def is_tried(sampler) -> bool:
    """Whether training has not begun: the evaluation is called once with a blank model."""
    from gan_jax.training.rehearsal import Blank

    return isinstance(sampler, Blank)


def wait(sampler, data, *, seconds: float, process: int | None = None) -> dict[str, float]:
    """Takes its time; of one process alone where that is given, and not before training."""
    import jax

    if process is None or (jax.process_index() == process and not is_tried(sampler)):
        time.sleep(seconds)
    return {}


def fail(sampler, data) -> dict[str, float]:
    """Cannot be done once there is a model."""
    if is_tried(sampler):
        return {}
    raise ValueError("this evaluation fails")


def slow(view):
    """A term that keeps the device busy for three seconds."""
    import jax
    import jax.numpy as jnp

    def wait(values):
        time.sleep(3.0)
        return values

    values = jnp.zeros(len(view.fake))
    return jax.pure_callback(wait, values, values)
