"""Terms of sets of pictures without pairs: what is to stay as it is, and what an answer has to keep of its source."""

from collections.abc import Callable, Mapping
from typing import Annotated

import jax
import jax.numpy as jnp
from jax.lax import stop_gradient
from jaxtyping import Array, Float

from gan_jax.bounds import Bounds
from gan_jax.errors import InputError
from gan_jax.losses.reductions import example_mean
from gan_jax.losses.views import ContrastiveView, CycleView, Pictures

Unpaired = CycleView | ContrastiveView
Described = Mapping[str, Float[Array, "batch patches features"]]
Temperature = Annotated[float, Bounds(1e-6)]


def identity(view: Unpaired) -> Float[Array, "batch"]:
    """The mean of |G(y) - y| over the pictures y that answers are to look like (Zhu et al. 2017, section 5.2).

    It keeps the generator from turning colours around. The paper's weight is half of that of the cycle, 5.
    """
    return _left_alone(view.generator, view.real, "identity")


def unstyled(view: ContrastiveView) -> Float[Array, "batch"]:
    """The mean of |G(x) - x| over sources x without a style: what `strength` 0 of a draw is to be."""
    if view.unstyled is None:
        raise InputError("unstyled is about generators that are told of a style: objective.styles = True.")
    return _left_alone(view.unstyled, view.source, "unstyled")


def _left_alone(generator: Callable, pictures: Pictures, term: str) -> Float[Array, "batch"]:
    answers = generator(pictures)
    if answers.shape != pictures.shape:
        raise InputError(
            f"{term} compares pictures of one set with those of the other, which have the shapes {pictures.shape[1:]} "
            f"and {answers.shape[1:]}: leave it out, or give both sets the same channels."
        )
    return example_mean(jnp.abs(answers - pictures))


def patch_nce(view: ContrastiveView, *, temperature: Temperature = 0.07) -> Float[Array, "batch"]:
    """How hard it is to tell, by a patch of the answer, its place in the source (Park et al. 2020, PatchNCE).

    Of n patches that are all alike it is ln n. CUT weighs this term and `identity_nce` a half each, FastCUT this one
    alone by 10.
    """
    return contrast(view.described(view.fake, view.mirrored), view.described(view.source, None), temperature)


def identity_nce(view: ContrastiveView, *, temperature: Temperature = 0.07) -> Float[Array, "batch"]:
    """The same of pictures that answers are to look like, and what becomes of them: they are to stay as they are."""
    return contrast(view.described(view.generator(view.real), None), view.described(view.real, None), temperature)


def contrast(queries: Described, keys: Described, temperature: float) -> Float[Array, "batch"]:
    """The mean over layers and places of -log softmax(query . keys / temperature) at the query's own place.

    The other places of the same picture are all that there is to mistake it for; keys are held.
    """
    values = []
    for layer in queries:
        alike = jnp.einsum("bqf,bkf->bqk", queries[layer], stop_gradient(keys[layer])) / temperature
        right = jnp.diagonal(alike, axis1=1, axis2=2)
        values.append(example_mean(jax.nn.logsumexp(alike, axis=2) - right))
    return sum(values) / len(values)
