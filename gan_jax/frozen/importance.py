"""How much each parameter of a trained generator matters: the Fisher information of Li et al. 2020."""

from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from flax import traverse_util
from jaxtyping import Array, Float, Key, PyTree

from gan_jax import paths, rng
from gan_jax.bounds import Count, Positive
from gan_jax.errors import InputError
from gan_jax.objectives.two_players import as_judged
from gan_jax.runs import judge
from gan_jax.runs.kept import Kept
from gan_jax.runs.trained import Trained, open_run
from gan_jax.types import Frozen, Variables


def make(*, workdir: str, step: Count = 0, samples: Positive = 256, kept: Kept | None = None) -> Frozen:
    """(a generator's params) -> the sum of F (params - those of the run)^2: elastic weight consolidation.

    F is the mean over `samples` images G(z) of the squared gradient of log sigmoid(D(G(z))), of one image at a time:
    the square of a batch's mean gradient would be smaller by the size of the batch.
    workdir: of the run, whose averaged generator it is. step: of the checkpoint; 0: the newest.
    """
    if kept is not None:
        return Frozen(distance, kept.variables, kept.identity)
    run = open_run(Path(workdir).expanduser(), step or None)
    found = judge.of_run(Path(workdir).expanduser(), run)
    if found is None:
        raise InputError(
            f"importance.workdir = {workdir!r} should be a run of {' or '.join(judge.GAMES)}, whose discriminator sees "
            f"images and their classes alone."
        )
    generator = run.variables["generator"]
    importance = fisher(partial(_log_likelihood, run, found, generator.state), generator.params, samples)
    variables = {"params": dict(generator.params), "importance": dict(importance)}
    return Frozen(distance, variables, {"name": "importance", "step": run.step, "samples": samples})


def fisher(log_likelihood: Any, params: PyTree, samples: int) -> PyTree:
    """The mean over samples of the squared gradient of `log_likelihood(params, key, number)`, one sample at a time."""

    def add(total: PyTree, number: Array) -> tuple[PyTree, None]:
        key = rng.per_example(rng.key(0), number[None])
        slope = jax.grad(log_likelihood)(params, key, number)
        return jax.tree.map(lambda so_far, x: so_far + x**2 / samples, total, slope), None

    zeros = jax.tree.map(jnp.zeros_like, params)
    return jax.jit(lambda: jax.lax.scan(add, zeros, jnp.arange(samples))[0])()


def _log_likelihood(
    run: Trained, found: judge.Judge, state: PyTree, params: PyTree, key: Key[Array, "1"], number: Array
) -> Float[Array, ""]:
    """What the run's discriminator gives for the odds of one image of its generator."""
    condition = {"label": (number % found.classes)[None]} if found.classes else {}
    draw = run.objective.draws["image"]
    image = draw.sample({**run.variables, "generator": Variables(params, state)}, draw.latent(key), condition)
    group = run.config["discriminator"]["network"].get("minibatch_stddev") or 1  # of copies of the one image
    given = (jnp.repeat(x, group, axis=0) for x in (image, *condition.values()))
    said, _ = found.network.apply(found.variables, *given, *(() if found.classes else (None,)), train=False)
    return jax.nn.log_sigmoid(as_judged(said)["logits"][0]).mean()


def distance(variables: PyTree, params: PyTree) -> Float[Array, ""]:
    """The sum over parameters of F (params - start)^2, both of the same network."""
    found = {name: x.shape for name, x in paths.by_name(params).items()}
    known = {name: x.shape for name, x in traverse_util.flatten_dict(variables["params"], sep="/").items()}
    if found != known:
        other = next(iter(sorted(set(found.items()) ^ set(known.items()))))
        raise InputError(f"the importance is that of another network, by {other[0]} {list(other[1])}: take the run's.")
    parts = jax.tree.map(
        lambda f, x, start: (f * (x - start) ** 2).sum(), variables["importance"], dict(params), variables["params"]
    )
    return sum(jax.tree.leaves(parts))
