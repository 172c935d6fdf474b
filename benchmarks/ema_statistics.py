"""Do the averaged generator's batch statistics matter?    python benchmarks/ema_statistics.py runs/A [runs/B ...]

The trainer averages the generator's parameters and copies the live generator's batch statistics. Here samples of that
are held against samples of the same parameters with the statistics recomputed for them: batches of latents are run
through the generator in training mode, and the statistics after each, behind the first twenty, are averaged. The live
generator is measured with both statistics too: it tells stale statistics, which only the average has, from noisy ones.
The features are `random`; the reference is the run's own training data.
"""

import functools
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from tables import Row, parser, publish

import gan_jax
from gan_jax.config import experiment
from gan_jax.config import files as configs
from gan_jax.evaluation.comparison import Compared, compare
from gan_jax.evaluation.extraction import Extracted, extract
from gan_jax.evaluation.image_sets import data_of_run, of_sampler
from gan_jax.features import Features, random
from gan_jax.runs.checkpoint import Checkpoints
from gan_jax.sampling.sampler import Sampler
from gan_jax.training import assembly, parallel
from gan_jax.training import step as steps
from gan_jax.types import TrainState, Variables

METRICS = ("fd", "precision_recall", "density_coverage")
BLOCKS = 3  # of seeds, for the spread of a value over samples
WARM_UP = 20  # batches, in which the momentum forgets the statistics that it began with


def initial_state(sampler: Sampler, config: dict[str, Any]) -> TrainState:
    """A state of the run's shapes, for its game and for restoring what the sampler does not read."""
    batch = experiment.example_batch(sampler.facts, config["batch_size"])
    return jax.jit(partial(steps.init, sampler.objective, assembly.make_turns(config)))(jax.random.key(0), batch)


def live(workdir: Path, step: int, sampler: Sampler, config: dict[str, Any]) -> Variables:
    """The generator itself, which the average follows."""
    template = parallel.make_devices("jit").template(jax.eval_shape(lambda: initial_state(sampler, config)))
    with Checkpoints(workdir, read_only=True) as checkpoints:
        state = checkpoints.restore(step, template).state
    return state.players[sampler.objective.averaged[0]].variables


def recomputed(variables: Variables, sampler: Sampler, config: dict[str, Any], batches: int) -> Variables:
    """The same parameters with statistics of their own."""
    objective, size = sampler.objective, config["batch_size"]
    batch, state = experiment.example_batch(sampler.facts, size), initial_state(sampler, config)
    player = objective.averaged[0]

    @jax.jit
    def update(network_state: Any, number: int) -> Any:
        current = Variables(variables.params, network_state)
        players = {**state.players, player: state.players[player].replace(variables=current)}
        label = (jnp.arange(size) + number * size) % max(sampler.num_classes, 1)
        seen = {**batch, "label": label.astype(jnp.int32), "position": batch["position"] + number * size}
        key = jax.random.key(1)
        return objective.losses[player](current.params, state.replace(players=players), seen, key)[1].state

    network_state, total = variables.state, None
    for number in range(WARM_UP + batches):
        network_state = update(network_state, number)
        if number >= WARM_UP:
            total = network_state if total is None else jax.tree.map(jnp.add, total, network_state)
    return Variables(variables.params, jax.tree.map(lambda x: x / batches, total))


def rows_of(workdir: Path, step: int | None, features: Features, count: int, batches: int) -> Iterator[Row]:
    """Means and deviations over blocks of seeds, of the average and the live generator, with either statistics."""
    sampler = gan_jax.load(workdir, step=step)
    config = configs.from_json((workdir / "config.json").read_text())
    real = reference(workdir, features)
    player = sampler.objective.averaged[0]
    average = sampler.variables[player]
    now = live(workdir, int(sampler.origin["step"]), sampler, config)
    for parameters, variables in (("average", average), ("live", now)):
        for statistics in ("copied", "recomputed"):
            own = statistics == "recomputed"
            mine = recomputed(variables, sampler, config, batches) if own else variables
            sampler.variables = {player: mine}
            fake = extract(of_sampler(sampler, BLOCKS * count), features)
            shape = sampler.facts["image_shape"]
            parts = [fake.features[i * count : (i + 1) * count] for i in range(BLOCKS)]
            blocks = [values_of(real, features, part, shape) for part in parts]
            spread = {metric: [block[metric] for block in blocks] for metric in blocks[0]}
            found = {
                metric: f"{np.mean(values):.4g} ± {np.std(values, ddof=1):.2g}" for metric, values in spread.items()
            }
            yield {"run": sampler.name, "parameters": parameters, "statistics": statistics, **found}


def values_of(
    real: Extracted, features: Features, fake: np.ndarray, image_shape: tuple[int, int, int]
) -> dict[str, float]:
    compared = Compared(real, Extracted(fake, None, None), None, features, image_shape)
    found = {result.metric: result.value for result in compare(compared, METRICS)}
    return {metric: found[metric] for metric in ("fd_random", "recall", "coverage")}


@functools.cache
def reference(workdir: Path, features: Features) -> Extracted:
    return extract(data_of_run(f"run:{workdir}", 10_000), features)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("runs", type=Path, nargs="+", help="folders of runs")
    arguments.add_argument("--steps", type=int, nargs="+", help="checkpoints (default: the newest)")
    arguments.add_argument("--count", type=int, default=2000, help="samples in a block")
    arguments.add_argument("--batches", type=int, default=50, help="over which statistics are averaged")
    flags = arguments.parse_args()
    features, rows = random.make(), []
    for run in flags.runs:
        for step in flags.steps or [None]:
            rows += rows_of(run, step, features, flags.count, flags.batches)
            publish(rows, flags.out)


if __name__ == "__main__":
    main()
