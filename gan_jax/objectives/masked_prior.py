"""The second stage over maps of codes: MaskGIT (Chang et al. 2022)."""

from collections.abc import Callable, Mapping
from functools import cache, partial, wraps
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, PyTree

from gan_jax import rng
from gan_jax.bounds import Amount, Positive, Share
from gan_jax.errors import InputError, nearest
from gan_jax.losses.views import MaskedView, bound, common_fields
from gan_jax.objectives import alone
from gan_jax.objectives.classes import condition_on, label_of, seen_classes
from gan_jax.objectives.decoding import halton_order, hidden_counts, least_confident
from gan_jax.types import Batch, Condition, Draw, Facts, Objective, Role, TrainState, Variables

Codes = Int[Array, "batch height width"]


def make(
    prior: Role,
    facts: Facts,
    *,
    first_stage: str = "first_stage",
    conditional: bool = False,
    label_dropout: Share = 0.1,
) -> Objective:
    """One player that guesses hidden codes; what it draws, the frozen first stage decodes.

    Args:
        prior: its network maps (codes [B, h, w], label [B] or None) to logits [B, h, w, codes], is built with
            `num_codes`, and takes that number for a hidden code and `num_classes` for any class.
        facts: of the data and the devices.
        first_stage: the network of the section `frozen` with the draws `codes` and `from_codes`, as a run of `vq` has.
        conditional: whether the prior sees the class.
        label_dropout: the share of examples whose class it is not told in training, which guidance needs.
    """
    if first_stage not in facts.frozen:
        raise InputError(
            f"objective.first_stage = {first_stage!r} is none of `frozen`. {nearest(first_stage, facts.frozen)}"
        )
    stage = facts.frozen[first_stage]
    missing = {"codes", "from_codes"} - getattr(stage, "draws", {}).keys()
    if missing:
        raise InputError(f"frozen.{first_stage} has no draw {min(missing)!r}: it should be a run of vq or vq_gan.")
    num_codes = stage.draws["codes"].size
    num_classes = seen_classes(conditional, facts)
    network = prior.network(num_classes=num_classes, num_codes=num_codes)

    def codes_of(ask: Callable, batch: Mapping[str, Array]) -> Codes:
        given = {name: batch[name] for name in ("image", "label") if name in batch}
        return ask("codes", {}, given)

    def begin(key: Key[Array, ""], batch: Batch) -> Variables:
        codes = jnp.zeros((len(batch["position"]), *grid()), jnp.int32)
        return network.init(rng.stream(key, 0, "prior"), codes, label_of(batch, num_classes))

    def hide(keys: Key[Array, "batch"]) -> Bool[Array, "batch height width"]:
        """A share cos(pi u / 2) of the places, u uniform; at least one."""
        places = grid()[0] * grid()[1]

        def one(key: Array) -> Array:
            share, order = jax.random.split(key)
            count = jnp.ceil(places * jnp.cos(jnp.pi / 2 * jax.random.uniform(share)))
            rank = jnp.argsort(jax.random.uniform(order, (places,))).argsort()
            return (rank < jnp.maximum(count, 1)).reshape(grid())

        return jax.vmap(one)(keys)

    def view(variables: Variables, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[MaskedView, PyTree]:
        frozen = bound(facts.frozen, state)

        def keys(name: str) -> Key[Array, "batch"]:
            return rng.per_example(rng.stream(key, 0, name), batch["position"])

        codes = codes_of(frozen[first_stage], batch)
        hidden = hide(keys("hidden"))
        label = label_of(batch, num_classes)
        if label is not None:
            untold = jax.vmap(lambda key: jax.random.bernoulli(key, label_dropout))(keys("label"))
            label = jnp.where(untold, num_classes, label)
        logits, network_state = network.apply(variables, jnp.where(hidden, num_codes, codes), label, train=True)
        seen = MaskedView(
            logits=logits,
            codes=codes,
            hidden=hidden,
            **common_fields(facts, state, batch, key, variables.params),
        )
        return seen, network_state

    @cache
    def grid() -> tuple[int, int]:
        """Rows and columns of a map of codes."""
        example = {"image": jnp.zeros((1, *facts.image_shape), jnp.uint8), "label": jnp.zeros(1, jnp.int32)}
        return jax.eval_shape(lambda variables: codes_of(partial(stage, variables), example), stage.shapes).shape[1:]

    def latent(keys: Key[Array, "batch"]) -> Array:
        """A key for each example, from which all its codes are drawn."""
        return jax.random.key_data(keys)

    def draw_codes(
        variables: Mapping[str, PyTree],
        latent: Array,
        condition: Condition,
        *,
        steps: Positive = 8,
        temperature: Amount = 4.5,
        guidance: Amount = 0.0,
        order: Literal["confidence", "halton"] = "confidence",
    ) -> Codes:
        """All codes, decided in `steps`; `temperature` is of the noise of confidence, which falls to 0 with the steps.

        With `guidance`, logits are moved on by so many times the way from those of no class to those of the class.
        """
        label, places = condition.get("label"), grid()[0] * grid()[1]
        if guidance and label is None:
            raise InputError("options.guidance is for a prior that sees classes.")
        batch, roots = len(latent), rng.wrapped(latent)
        late = jnp.argsort(jnp.asarray(halton_order(*grid())))  # when each place is decided

        def told(codes: Array) -> Array:
            codes = codes.reshape(batch, *grid())
            logits = network.apply(variables["prior"], codes, label)[0]
            if guidance:
                anyone = jnp.full_like(label, num_classes)
                logits = logits + guidance * (logits - network.apply(variables["prior"], codes, anyone)[0])
            return logits.reshape(batch, places, num_codes)

        codes = jnp.full((batch, places), num_codes, jnp.int32)
        for step, count in enumerate(hidden_counts(places, steps)):
            keys = jax.vmap(lambda key, step=step: jax.random.split(jax.random.fold_in(key, step)))(roots)
            log_p = jax.nn.log_softmax(told(codes))
            guess = jax.vmap(jax.random.categorical)(keys[:, 0], log_p).astype(jnp.int32)
            known = codes < num_codes
            guess = jnp.where(known, codes, guess)
            if order == "halton":
                again = jnp.broadcast_to(late >= places - count, known.shape)
            else:
                own = jnp.take_along_axis(log_p, guess[..., None], axis=-1)[..., 0]
                again = least_confident(own, known, count, temperature * (1 - (step + 1) / steps), keys[:, 1])
            codes = jnp.where(again, num_codes, guess)
        return codes.reshape(batch, *grid())

    @wraps(draw_codes, assigned=())  # so that it has the same options
    def sample(
        variables: Mapping[str, PyTree], latent: Array, condition: Condition, **options: Any
    ) -> Float[Array, "batch height width channels"]:
        """The image of `codes` with the same options."""
        codes = draw_codes(variables, latent, condition, **options)
        return stage(variables[first_stage], "from_codes", {}, {"codes": codes, **condition})

    game = alone.game("prior", prior, begin=begin, view=view)
    classes = condition_on(num_classes)
    return Objective(
        init=game.init,
        losses=game.losses,
        averaged=("prior",),
        draws={
            "image": Draw(sample, latent, classes),
            "codes": Draw(draw_codes, latent, classes, output="codes", size=num_codes),
        },
    )
