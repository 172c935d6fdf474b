"""Two sets of pictures without pairs, each turned into the other and back: CycleGAN (Zhu et al. 2017)."""

from collections.abc import Callable, Mapping

import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from gan_jax import rng
from gan_jax.bounds import Count
from gan_jax.images import from_uint8
from gan_jax.losses import combine
from gan_jax.losses.views import CycleView, common_fields
from gan_jax.network import join, part
from gan_jax.objectives import pool as pools
from gan_jax.objectives.pictures import check_source, translate
from gan_jax.objectives.two_players import both_sides, judge, logits_of, variables_of
from gan_jax.types import Batch, Facts, Mean, Objective, Out, Role, TrainState, Variables

Pictures = Float[Array, "batch height width channels"]


def make(generator: Role, discriminator: Role, facts: Facts, *, source: str = "source", pool: Count = 50) -> Objective:
    """Two games at once, one of the column `image` and one of `source`: the terms, and their metrics, are of each.

    Both players have two networks, one for the pictures of each column, and one optimizer for the two.

    Args:
        generator: its networks map pictures in [-1, 1] to pictures of the other column.
        discriminator: its networks map pictures to logits, one for each or a map of them.
        facts: of the data and the devices.
        source: the column of pictures that is the other set.
        pool: how many generated pictures each discriminator remembers (`pool.exchange`); 0: it is shown the newest.
    """
    check_source(source, facts)
    of = {"image": source, source: "image"}  # what the pictures of a column are made of
    shapes = {made: tuple(facts.columns[made].shape) for made in of}
    roles = {"generator": generator, "discriminator": discriminator}
    networks = {
        name: {made: role.network(image_shape=shapes[made], num_classes=0) for made in of}
        for name, role in roles.items()
    }
    terms = {name: role.terms for name, role in roles.items()}

    def answer(variables: Variables, made: str, pictures: Pictures, *, train: bool) -> tuple[Pictures, PyTree]:
        return networks["generator"][made].apply(part(variables, made), pictures, train=train)

    def init(key: Key[Array, ""], batch: Batch) -> tuple[dict[str, Variables], dict[str, PyTree]]:
        pictures = {made: from_uint8(batch[made]) for made in of}
        shown = {"generator": {made: pictures[of[made]] for made in of}, "discriminator": pictures}

        def begin(name: str, made: str) -> Variables:
            return networks[name][made].init(rng.stream(key, 0, f"{name}_{made}"), shown[name][made])

        players = {name: join({made: begin(name, made) for made in of}) for name in networks}
        carry = {name: {made: combine.initial_carry(terms[name]) for made in of} for name in networks}
        if pool:
            remembered = {made: {pools.NAME: pools.empty(pool, shapes[made])} for made in of}
            carry["discriminator"] = {made: carry["discriminator"][made] | remembered[made] for made in of}
        return players, carry

    def play_one(
        side: str, made: str, variables: Mapping[str, Variables], state: TrainState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[Array, Variables, PyTree, dict[str, Mean]]:
        """The loss of one side in the game of one column, its network there, its memory and metrics."""
        memory, network = state.carry[side][made], networks["discriminator"][made]
        critic = part(variables["discriminator"], made)
        real, given = from_uint8(batch[made]), from_uint8(batch[of[made]])
        fake, generator_state = answer(variables["generator"], made, given, train=True)
        if side == "discriminator" and pool:
            keys = rng.per_example(rng.stream(key, 0, "pool"), batch["position"])
            fake, remembered = pools.exchange(memory[pools.NAME], fake, keys, facts.axis_name)
            memory = {**memory, pools.NAME: remembered}
        real_judged, fake_judged, critic_state = judge(network, critic, real, fake)
        own = part(variables[side], made)
        view = CycleView(
            real=real,
            fake=fake,
            source=given,
            generator=lambda pictures: answer(variables["generator"], made, pictures, train=True)[0],
            back=lambda pictures: answer(variables["generator"], of[made], pictures, train=True)[0],
            real_judged=real_judged,
            fake_judged=fake_judged,
            discriminator=logits_of(network, critic),
            **common_fields(facts, state, batch, key, own.params),
        )
        loss, memory, metrics = combine.total(side, terms[side], view, state.step, memory)
        new_state = {"discriminator": critic_state, "generator": generator_state}[side]
        return loss, own._replace(state=new_state), memory, metrics

    def play(side: str, params: PyTree, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[Array, Out]:
        """The loss of one side in both games, the other held fixed, and that side's new network state."""
        variables = variables_of(state, side, params)
        total, after, carry, told = jnp.zeros(()), {}, {}, {}
        for made in of:
            loss, after[made], carry[made], metrics = play_one(
                side, made, variables, state, batch, rng.stream(key, 0, made)
            )
            total += loss
            told |= {f"{made}/{name}": value for name, value in metrics.items()}
        return total, Out(join(after).state, carry, told)

    def answers(made: str) -> Callable:
        return lambda variables, pictures: answer(variables["generator"], made, pictures, train=False)[0]

    return Objective(
        init=init,
        losses=both_sides(play),
        averaged=("generator",),
        draws={made: translate(answers(made), of=of[made], into=made) for made in of},
    )
