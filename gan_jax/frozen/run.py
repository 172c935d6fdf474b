"""A trained run as a network that does not learn: its draws are its functions."""

from pathlib import Path
from typing import Any

import jax
from jaxtyping import Array, PyTree

from gan_jax.bounds import Count
from gan_jax.config import experiment, files, trust
from gan_jax.errors import InputError
from gan_jax.runs.kept import Kept
from gan_jax.runs.trained import open_run
from gan_jax.types import Condition, Frozen, Objective, Variables


def make(*, workdir: str, step: Count = 0, kept: Kept | None = None) -> Frozen:
    """(draw, latent, condition, **options) -> the draw's outputs before they are quantised.

    workdir: of the run. step: of the checkpoint; 0: the newest.
    """
    if kept is not None:
        about = files.tuples(kept.identity["run"])
        trust.check(about["config"], "A frozen run")
        inner = {name: Kept(kept.variables[name], known) for name, known in about["frozen"].items()}
        frozen = experiment.make_frozen(about["config"], inner)
        objective = experiment.make_objective(about["config"], about["facts"], None, about["stage"], frozen)
        return Frozen(Asked(objective, kept.variables), kept.variables, kept.identity)
    run = open_run(Path(workdir).expanduser(), step or None)
    inner = {name: network.identity for name, network in run.frozen.items()}
    about = {"config": run.config, "facts": run.facts, "step": run.step, "stage": run.stage, "frozen": inner}
    variables = {name: _plain(values) for name, values in run.variables.items()}
    return Frozen(Asked(run.objective, variables), variables, {"name": "run", "run": about})


class Asked:
    """A run as a function of its variables; it says what `draws` there are, and the `shapes` of the variables."""

    def __init__(self, objective: Objective, variables: PyTree) -> None:
        self._averaged = objective.averaged
        self.draws = objective.draws
        self.shapes = jax.eval_shape(lambda: variables)

    def __call__(self, variables: PyTree, draw: str, latent: PyTree, condition: Condition, **options: Any) -> Array:
        """What the draw gives, before it is quantised."""
        if draw not in self.draws:
            raise InputError(f"draw = {draw!r}: this frozen run has {', '.join(self.draws)}.")
        whole = {
            name: Variables(values["params"], values.get("state", {})) if name in self._averaged else values
            for name, values in variables.items()
        }
        return self.draws[draw].sample(whole, latent, condition, **options)


def _plain(values: PyTree) -> PyTree:
    """Variables as dicts, without what is empty: a copy in a file cannot tell it from what is not there."""
    return {name: part for name, part in values._asdict().items() if part} if isinstance(values, Variables) else values
