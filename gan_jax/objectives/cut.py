"""Pictures in the look of others, with nothing to come back to: CUT and FastCUT (Park et al. 2020)."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key, PyTree

from gan_jax import rng
from gan_jax.images import from_uint8
from gan_jax.losses import combine
from gan_jax.losses.views import ContrastiveView, common_fields
from gan_jax.objectives.pictures import check_source, make_styles, translate
from gan_jax.objectives.two_players import both_sides, judge, logits_of, variables_of
from gan_jax.types import Batch, Facts, Objective, Out, Role, TrainState, Variables

Pictures = Float[Array, "batch height width channels"]


def make(
    generator: Role,
    discriminator: Role,
    facts: Facts,
    *,
    source: str = "source",
    equivariant: bool = False,
    styles: bool = False,
) -> Objective:
    """A game in which the generator's own features tell how much an answer has kept of its source.

    Args:
        generator: its network maps (pictures, None, shares of styles) to pictures in [-1, 1], of pictures alone where
            there are no styles; its method `described` maps (pictures, keys, mirrored) to unit vectors of patches
            (`nets.contrastive`).
        discriminator: its network maps pictures to logits, one for each or a map of them; where there are several
            styles it is given the label too.
        facts: of the data and the devices.
        source: the column of pictures that `image` is to be made of.
        equivariant: whether half of the sources are mirrored before they are translated, and their answers compared
            with them place by place as if they were not (FastCUT).
        styles: whether the generator is told of a style: of one for each class of `image`, or of one. A draw may then
            ask for more or less of it, and the term `unstyled` teaches what nothing of it is.
    """
    check_source(source, facts)
    style = make_styles(styles, facts)
    network = generator.network(num_classes=style.count)
    critics = discriminator.network(num_classes=style.classes)
    terms = {"generator": generator.terms, "discriminator": discriminator.terms}

    def init(key: Key[Array, ""], batch: Batch) -> tuple[dict[str, Variables], dict[str, PyTree]]:
        image, given = from_uint8(batch["image"]), from_uint8(batch[source])
        players = {
            "generator": network.init(rng.stream(key, 0, "generator"), given, *style.asked(batch, len(given))),
            "discriminator": critics.init(rng.stream(key, 0, "discriminator"), image, *style.judged(batch)),
        }
        return players, {name: combine.initial_carry(terms[name]) for name in players}

    def play(side: str, params: PyTree, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[Array, Out]:
        """The loss of one side, the other held fixed, and that side's new network state."""
        variables = variables_of(state, side, params)
        maker, critic = variables["generator"], variables["discriminator"]
        real, given = from_uint8(batch["image"]), from_uint8(batch[source])
        asked, seen = style.asked(batch, len(real)), style.judged(batch)

        def keys(name: str) -> Key[Array, "batch"]:
            return rng.per_example(rng.stream(key, 0, name), batch["position"])

        def generated(pictures: Pictures, *asked: Array | None) -> Pictures:
            return network.apply(maker, pictures, *asked, train=True)[0]

        def described(pictures: Pictures, mirrored: Bool[Array, "batch"] | None) -> dict[str, Array]:
            places = jax.random.key_data(keys("places"))
            return network.apply(maker, pictures, places, mirrored, train=True, method="described")[0]

        mirrored = jax.vmap(jax.random.bernoulli)(keys("mirrored")) if equivariant else None
        shown = jnp.where(mirrored[:, None, None, None], given[:, :, ::-1], given) if equivariant else given
        fake, generator_state = network.apply(maker, shown, *asked, train=True)
        real_judged, fake_judged, critic_state = judge(critics, critic, real, fake, *seen)
        view = ContrastiveView(
            real=real,
            fake=fake,
            source=given,
            mirrored=mirrored,
            generator=lambda pictures: generated(pictures, *asked),
            described=described,
            unstyled=(lambda pictures: generated(pictures, *style.none(len(pictures)))) if styles else None,
            real_judged=real_judged,
            fake_judged=fake_judged,
            discriminator=logits_of(critics, critic, *seen),
            **common_fields(facts, state, batch, key, params),
        )
        loss, carry, metrics = combine.total(side, terms[side], view, state.step, state.carry[side])
        new_state = {"discriminator": critic_state, "generator": generator_state}[side]
        return loss, Out(new_state, carry, metrics)

    def answer(variables: Mapping[str, PyTree], pictures: Pictures, *asked: Array | None) -> Pictures:
        return network.apply(variables["generator"], pictures, *asked, train=False)[0]

    return Objective(
        init=init,
        losses=both_sides(play),
        averaged=("generator",),
        draws={"image": translate(answer, style, of=source, into="image")},
    )
