"""Pictures out of others by regression, without a discriminator: as near to the right answer as the losses ask."""

from collections.abc import Mapping

import jax
from jaxtyping import Array, Float, Key, PyTree, UInt32

from gan_jax import rng
from gan_jax.images import from_uint8
from gan_jax.losses.views import RegressionView, common_fields
from gan_jax.objectives import alone
from gan_jax.objectives.pictures import check_target, scale_of
from gan_jax.types import Batch, Condition, Draw, Facts, Objective, Role, TrainState, Variables


def make(generator: Role, facts: Facts, *, source: str = "source", target: str = "image") -> Objective:
    """The game of a generator that is shown the right answers, such as super-resolution's before any adversary.

    Args:
        generator: its network maps (source [B, *sides, S] in [-1, 1], keys uint32 [B, 2]) to images in [-1, 1], whose
            sides are `scale` times as long, which it is told.
        facts: of the data and the devices.
        source: the column of pictures that `image` is to be made of.
        target: the column of the right answers.
    """
    check_target(target, facts)
    network = generator.network(scale=scale_of(source, facts))

    def latent(keys: Key[Array, "batch"]) -> UInt32[Array, "batch words"]:
        """A key for each example, of a network with noise."""
        return jax.random.key_data(keys)

    def begin(key: Key[Array, ""], batch: Batch) -> Variables:
        noise = latent(rng.per_example(key, batch["position"]))
        return network.init(rng.stream(key, 0, "generator"), from_uint8(batch[source]), noise)

    def view(
        variables: Variables, state: TrainState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[RegressionView, PyTree]:
        given = from_uint8(batch[source])
        noise = latent(rng.per_example(rng.stream(key, 0, "latent"), batch["position"]))
        answer, network_state = network.apply(variables, given, noise, train=True)
        seen = RegressionView(
            image=from_uint8(batch[target]),
            answer=answer,
            source=given,
            **common_fields(facts, state, batch, key, variables.params),
        )
        return seen, network_state

    def sample(
        variables: Mapping[str, PyTree], latent: UInt32[Array, "batch words"], condition: Condition
    ) -> Float[Array, "batch *space channels"]:
        return network.apply(variables["generator"], from_uint8(condition[source]), latent)[0]

    game = alone.game("generator", generator, begin=begin, view=view)
    asked = Draw(sample, latent, lambda batch, keys: {source: batch[source]}, local=network.local)
    return Objective(game.init, game.losses, averaged=("generator",), draws={"image": asked})
