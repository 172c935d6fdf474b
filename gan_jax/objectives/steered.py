"""A trained generator that stays as it is, and a small network that steers it: its latents, or a change of low rank."""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key, PyTree

from gan_jax import rng
from gan_jax.errors import InputError, nearest
from gan_jax.losses.steered import SteeredView
from gan_jax.losses.views import common_fields
from gan_jax.objectives import alone
from gan_jax.types import Batch, Condition, Draw, Facts, Objective, Role, TrainState, Variables


def make(policy: Role, facts: Facts, *, source: str = "source") -> Objective:
    """The game of a policy that is rewarded for the images of a frozen run (`nets/steering.py`).

    Args:
        policy: its network maps (latents [B, ...], the generator's params) to (shift, log_scale, params): images are
            those of shift + exp(log_scale) * latent, with these params.
        facts: of the data and the devices.
        source: the network of the section `frozen`, a run of a generator.
    """
    if source not in facts.frozen:
        raise InputError(f"objective.source = {source!r} is none of `frozen`. {nearest(source, facts.frozen)}")
    run = facts.frozen[source]
    if "generator" not in getattr(run, "shapes", {}):
        raise InputError(f"frozen.{source} should be a run with a generator, dict(name='run', workdir=...).")
    name, draw = next(iter(run.draws.items()))
    network = policy.network()

    def steered(own: Variables, known: Mapping[str, PyTree], latent: PyTree, condition: Condition) -> tuple:
        numbers, rest = _numbers(latent)
        generator = known["generator"]
        (shift, log_scale, params), state = network.apply(own, numbers, generator["params"])
        moved = shift + jnp.exp(log_scale) * numbers
        changed = {**known, "generator": {**generator, "params": params}}
        return run(changed, name, rest(moved), condition), moved, shift, log_scale, state

    def begin(key: Key[Array, ""], batch: Batch) -> Variables:
        latent = draw.latent(rng.per_example(key, batch["position"]))
        params = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), run.shapes["generator"]["params"])
        return network.init(key, _numbers(latent)[0], params)

    def view(variables: Variables, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[SteeredView, PyTree]:
        known = state.frozen[source]
        keys = {use: rng.per_example(rng.stream(key, 0, use), batch["position"]) for use in ("latent", "condition")}
        latent, condition = draw.latent(keys["latent"]), draw.condition(batch, keys["condition"])
        generated, moved, shift, log_scale, network_state = steered(variables, known, latent, condition)
        view = SteeredView(
            generated=generated,
            latent=latent,
            moved=moved,
            shift=shift,
            log_scale=log_scale,
            generator=lambda latent: steered(variables, known, latent, condition)[0],
            remade=lambda params: steered(variables._replace(params=params), known, latent, condition)[0],
            **common_fields(facts, state, batch, key, variables.params),
        )
        return view, network_state

    def sample(variables: Mapping[str, PyTree], latent: PyTree, condition: Condition) -> Array:
        return steered(variables["policy"], variables[source], latent, condition)[0]

    game = alone.game("policy", policy, begin=begin, view=view)
    draws = {"image": Draw(sample, draw.latent, draw.condition)}
    return Objective(game.init, game.losses, averaged=("policy",), draws=draws)


def _numbers(latent: PyTree) -> tuple[Array, Callable]:
    """A latent's numbers, and what puts others in their place."""
    leaves, tree = jax.tree.flatten(latent)
    places = [place for place, leaf in enumerate(leaves) if jnp.issubdtype(leaf.dtype, jnp.floating)]
    if len(places) != 1:
        raise InputError(f"a latent that is steered has one array of numbers; that of this run has {len(places)}.")
    [place] = places
    return leaves[place], lambda numbers: tree.unflatten([*leaves[:place], numbers, *leaves[place + 1 :]])
