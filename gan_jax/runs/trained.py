"""Opening a run: its config, what it was trained on, and the verified variables of one of its checkpoints."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from gan_jax.config import experiment, files, trust
from gan_jax.errors import InputError
from gan_jax.runs import digests, kept
from gan_jax.runs.checkpoint import Checkpoints
from gan_jax.types import Frozen, Objective, Variables


class Trained(NamedTuple):
    """A model as a checkpoint has it."""

    name: str  # of the run's folder
    step: int
    digest: str  # of all that the checkpoint holds, and of the frozen networks that it was trained with
    stage: int
    config: dict[str, Any]
    facts: dict[str, Any]  # of the data, as plain values
    objective: Objective
    frozen: dict[str, Frozen]  # the networks that did not learn
    variables: dict[str, PyTree]  # of averaged players and frozen networks, by name: what draws are evaluated with


def open_run(workdir: str | Path, step: int | None = None, best: bool = False) -> Trained:
    """The model of a run's newest checkpoint, of a given step, or of the best by the run's own metric.

    Of a run that trains meanwhile the checkpoint may be gone before it is read; then it is the newest by that time.
    """
    workdir = Path(workdir).expanduser()
    while True:
        with open_checkpoints(workdir, best) as checkpoints:
            chosen = _chosen(workdir, checkpoints, step, best)
            try:
                return _open(workdir, checkpoints, chosen)
            except InputError:
                if step is not None or (checkpoints.directory / str(chosen)).is_dir():
                    raise


def _open(workdir: Path, checkpoints: Checkpoints, step: int) -> Trained:
    def read(method: Callable, *arguments: Any) -> Any:
        try:
            return method(step, *arguments)
        except Exception as error:  # whatever tensorstore, Orbax and JSON say of damaged files
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            others = [other for other in checkpoints.steps if other != step]
            message = f"Checkpoint {step} of {workdir} cannot be restored ({reason}). Others: {others}."
            raise InputError(message) from error

    description = files.tuples(read(checkpoints.describe))
    if "frozen" not in description:
        raise InputError(f"{workdir} holds a run of an older gan_jax, which cannot be read: train anew.")
    config, facts = description["config"], description["facts"]
    trust.check(config, f"The run {workdir}")
    copies = _copies(workdir, description["frozen"])
    frozen = experiment.make_frozen(config, copies)
    stage = experiment.stage_of(config, max(step - 1, 0))  # of the last step that was made
    objective = experiment.make_objective(config, facts, None, stage, frozen)
    averages = read(checkpoints.restore_ema, ema_template(objective, facts, config["batch_size"]))
    variables = {**{name: copy.variables for name, copy in copies.items()}, **averages}
    digest = digests.of_text(description["digest"])
    return Trained(workdir.resolve().name, step, digest, stage, config, facts, objective, frozen, variables)


def open_checkpoints(workdir: Path, best: bool = False) -> Checkpoints:
    """A run's checkpoints, for reading."""
    if not (workdir / "checkpoints").is_dir():
        raise InputError(f"{workdir} holds no run: there is no folder 'checkpoints' in it.")
    return Checkpoints(workdir, best=_best_metric(workdir) if best else "", read_only=True)


def players_of(workdir: Path, step: int) -> dict[str, Variables]:
    """The variables of all players as a run's checkpoint has them, not their averages."""
    with open_checkpoints(workdir) as checkpoints:
        return jax.tree.map(jnp.asarray, checkpoints.restore_players(step))


def ema_template(objective: Objective, facts: Mapping[str, Any], batch_size: int) -> dict[str, Variables]:
    """The shapes of the variables that a checkpoint's `ema` holds, of a run with that batch size."""

    def variables(key: Array) -> dict[str, Variables]:
        players = objective.init(key, experiment.example_batch(facts, batch_size))[0]
        return {name: players[name] for name in objective.averaged}

    shapes = jax.eval_shape(variables, jax.random.key(0))
    sharding = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
    return jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=sharding), shapes)


def _chosen(workdir: Path, checkpoints: Checkpoints, step: int | None, best: bool) -> int:
    if not checkpoints.steps:
        raise InputError(f"{workdir} holds no complete checkpoint yet.")
    if step is None:
        step = checkpoints.best_step() if best else checkpoints.steps[-1]
    if step not in checkpoints.steps:
        raise InputError(f"step = {step}: the checkpoints of {workdir} are of the steps {checkpoints.steps}.")
    return step


def _copies(workdir: Path, identities: Mapping[str, str]) -> dict[str, kept.Kept]:
    """The run's copies of its frozen networks, those that the checkpoint was trained with."""
    kept.check_present(workdir, identities)
    copies = kept.read_all(workdir, list(identities))
    kept.check_same(workdir, {name: copy.identity["sha256"] for name, copy in copies.items()}, identities)
    return copies


def _best_metric(workdir: Path) -> str:
    best = files.read(workdir / "config.json")["checkpoint"]["best"]
    if not best:
        raise InputError(f"{workdir} has no best checkpoint: its config sets no checkpoint.best.")
    return best
