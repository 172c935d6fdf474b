"""Terms of a generator that began as another one's copy: what it is to keep of the run that it comes from.

Each names the network of the section `frozen` that it looks at: `run`, the source itself, or `importance`.
"""

from collections.abc import Callable
from typing import Annotated, Any

import jax
import jax.numpy as jnp
from jax.lax import stop_gradient
from jaxtyping import Array, Float, PyTree

from gan_jax import rng
from gan_jax.bounds import Bounds
from gan_jax.errors import InputError, nearest
from gan_jax.losses.reductions import example_mean
from gan_jax.losses.views import GanView, Pictures
from gan_jax.nets.normalization import unit_length
from gan_jax.network import layers_seen

Group = Annotated[int, Bounds(3)]


def elastic(view: Any, *, network: str = "importance") -> Float[Array, "batch"]:
    """The sum of F (params - start)^2, elastic weight consolidation (Li et al. 2020), the same for all examples.

    `network` is a frozen `importance`. F is small where a discriminator is sure of little: the published weight is 5e8.
    """
    return jnp.broadcast_to(_frozen(view, network, "elastic")(view.params), view.batch["position"].shape)


def correspondence(view: GanView, *, network: str = "source", group: Group = 4) -> Float[Array, "batch"]:
    """KL(source || now) of how alike an image is to the others of its group (Ojha et al. 2021, equation 2).

    How alike is a softmax over the cosines of one random layer's maps (vectors, of a network without maps), and a group
    is so many consecutive images.
    The published weight of 1000 is 1000 / (group - 1) here, for it counts the mean over the others, not the sum.
    `network` is a frozen `run`.
    """
    before, now = _layers(lambda: source_image(view, network)), _layers(lambda: view.generator(view.latent))
    shared = [name for name in now if name in before and now[name].shape == before[name].shape]
    shared = [name for name in shared if now[name].shape[-1] != view.generated.shape[-1]]  # an image is no feature
    shared = [name for name in shared if now[name].ndim > 2] or shared
    if not shared:
        raise InputError(f"correspondence: frozen.{network} has no layer like those of this generator.")
    size = len(view.generated)
    if size % group:
        raise InputError(
            f"correspondence: group = {group} needs a batch (of one device) that is a multiple, not {size}."
        )
    apart = jnp.stack([_divergence(stop_gradient(before[name]), now[name], group) for name in shared])
    keys = rng.per_example(view.key, view.batch["position"])
    chosen = jax.vmap(lambda key: jax.random.randint(key, (), 0, len(shared)))(keys)
    return (apart * (chosen == jnp.arange(len(shared))[:, None])).sum(axis=0)


def same_seed(view: GanView, *, network: str = "source", distance: str = "") -> Float[Array, "batch"]:
    """How far an image is from the one that the source makes of the same latent.

    The mean square, or what the frozen network `distance` finds, such as `lpips`. `network` is a frozen `run`.
    """
    before, now = stop_gradient(source_image(view, network)), view.generator(view.latent)
    if not distance:
        return example_mean((now - before) ** 2)
    return _frozen(view, distance, "same_seed")(before, now)


def source_image(view: Any, network: str, another: int | None = None) -> Pictures:
    """What a frozen run makes of the view's latents, asked with what it takes of the batch; or `another` of others."""
    run = _frozen(view, network, "the source")
    draws = getattr(getattr(run, "func", None), "draws", {})
    if not draws:
        raise InputError(f"frozen.{network} should be a run, dict(name='run', workdir=...).")
    name = next(iter(draws))
    keys = rng.per_example(rng.stream(view.key, another or 0, "another"), view.batch["position"])
    latent = view.latent if another is None else draws[name].latent(keys)
    try:
        condition = draws[name].condition(view.batch, keys)
    except KeyError as error:
        raise InputError(f"frozen.{network} is asked with the column {error}, which the data have not.") from error
    return run(name, latent, condition)


def _frozen(view: Any, name: str, what: str) -> Callable:
    if name not in view.frozen:
        raise InputError(f"{what}: {name!r} is none of `frozen`. {nearest(name, view.frozen)}")
    return view.frozen[name]


def _layers(draw: Callable[[], PyTree]) -> dict[str, Array]:
    """What layers give on the way, by their paths."""
    found = {}

    def see(path: str, output: Array) -> Array:
        found[path] = output
        return output

    with layers_seen(see):
        draw()
    return found


def _divergence(
    before: Float[Array, "batch *map"], now: Float[Array, "batch *map"], group: int
) -> Float[Array, "batch"]:
    a, b = _alike(before, group), _alike(now, group)
    return (jnp.exp(a) * (a - b)).sum(axis=-1).reshape(-1)


def _alike(maps: Float[Array, "batch *map"], group: int) -> Float[Array, "groups group others"]:
    """The logarithm of the softmax over the cosines of each image of a group with the others."""
    unit = unit_length(maps.reshape(-1, group, maps[0].size))
    cosines = jnp.einsum("gif,gjf->gij", unit, unit)
    others = jnp.array([[j for j in range(group) if j != i] for i in range(group)])
    return jax.nn.log_softmax(jnp.take_along_axis(cosines, others[None], axis=2), axis=-1)
