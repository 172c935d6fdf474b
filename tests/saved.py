"""What the checkpoints of a run hold."""

import shutil
from functools import partial
from pathlib import Path

import jax
import numpy as np

from gan_jax.config import experiment
from gan_jax.config import files as config
from gan_jax.runs.checkpoint import Checkpoints
from gan_jax.training import assembly, parallel
from gan_jax.training import step as steps


def states(workdir: Path, *wanted: int) -> list[dict[str, np.ndarray]]:
    """Every array of the states of these steps, by its path, verified by its digest."""
    resolved = config.read(workdir / "config.json")
    facts = experiment.make_facts(experiment.make_data(resolved))
    objective, turns = experiment.make_objective(resolved, facts), assembly.make_turns(resolved)
    batch = experiment.example_batch(facts, resolved["batch_size"])
    shapes = jax.eval_shape(partial(steps.init, objective, turns), jax.random.key(0), batch)
    with Checkpoints(workdir, read_only=True) as checkpoints:
        found = [checkpoints.restore(step, parallel.make_devices().template(shapes)).state for step in wanted]
    return [arrays(state.replace(key=jax.random.key_data(state.key))) for state in found]


def stopped(run: Path, step: int, workdir: Path) -> Path:
    """A copy of a run's folder as it was when it had saved that step."""
    shutil.copytree(run, workdir)
    for folder in (workdir / "checkpoints").iterdir():
        if folder.name.isdecimal() and int(folder.name) > step:
            shutil.rmtree(folder)
    return workdir


def arrays(tree) -> dict[str, np.ndarray]:
    """The leaves of a tree by their paths."""
    return {jax.tree_util.keystr(path): np.asarray(x) for path, x in jax.tree_util.tree_leaves_with_path(tree)}


def assert_identical(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> None:
    """Equal in every bit, type and place."""
    assert a.keys() == b.keys()
    for key in a:
        assert a[key].dtype == b[key].dtype, key
        assert a[key].tobytes() == b[key].tobytes(), key
