"""Bits hidden in images so that whoever has the reader finds them again (Yu et al. 2021, Artificial GAN Fingerprints).

A generative model that is trained on marked images makes marked images: its samples carry the bits of its data.
"""

import re
from collections.abc import Mapping
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, PyTree

from gan_jax import rng
from gan_jax.bounds import Bounds
from gan_jax.errors import InputError
from gan_jax.images import from_uint8
from gan_jax.losses.views import common_fields
from gan_jax.losses.watermarks import WatermarkView
from gan_jax.objectives import alone
from gan_jax.objectives.disturbed import disturbed
from gan_jax.types import Batch, Condition, Draw, Facts, Mean, Objective, Role, TrainState, Variables


def make(coder: Role, facts: Facts, *, bits: Annotated[int, Bounds(8, most=256)] = 64) -> Objective:
    """The game of a network that hides other bits in every image, and has to read them after a disturbance.

    Args:
        coder: its network has the methods `encode(image, signs [B, bits])` -> image and `decode(image)` -> logits
            [B, bits], and is told `bits`.
        facts: of the data and the devices.
        bits: how many; a multiple of four, as messages are written in hexadecimal digits.
    """
    if bits % 4:
        raise InputError(f"objective.bits = {bits} should be a multiple of 4: a message is hexadecimal digits.")
    network = coder.network(bits=bits)

    def drawn(keys: Key[Array, "batch"]) -> Float[Array, "batch bits"]:
        return jax.vmap(lambda key: jax.random.rademacher(key, (bits,), jnp.float32))(keys)

    def begin(key: Key[Array, ""], batch: Batch) -> Variables:
        signs = drawn(rng.per_example(key, batch["position"]))
        return network.init(rng.stream(key, 0, "coder"), from_uint8(batch["image"]), signs)

    def view(
        variables: Variables, state: TrainState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[WatermarkView, PyTree]:
        image = from_uint8(batch["image"])
        keys = {name: rng.per_example(rng.stream(key, 0, name), batch["position"]) for name in ("bits", "disturbed")}
        signs = drawn(keys["bits"])
        marked, network_state = network.apply(variables, image, signs, train=True, method="encode")
        seen = disturbed(marked, keys["disturbed"])
        variables = variables._replace(state=network_state)
        logits, network_state = network.apply(variables, seen, train=True, method="decode")
        variables = variables._replace(state=network_state)
        unmarked, network_state = network.apply(variables, image, train=True, method="decode")
        view = WatermarkView(
            image=image,
            marked=marked,
            disturbed=seen,
            signs=signs,
            logits=logits,
            unmarked=unmarked,
            **common_fields(facts, state, batch, key, variables.params),
        )
        return view, network_state

    def told(view: WatermarkView) -> dict[str, Mean]:
        return {"bit_accuracy": Mean((view.signs * view.logits > 0).mean(), jnp.float32(1))}

    def latent(keys: Key[Array, "batch"], *, message: str = "") -> Float[Array, "batch bits"]:
        """The bits of a message, or without one those that a seed draws."""
        if not message:
            return drawn(keys)
        return jnp.broadcast_to(signs_of(message, bits, "options.message"), (len(keys), bits))

    def images(batch: Batch, keys: Key[Array, "batch"]) -> Condition:
        return {"image": batch["image"]}

    def mark(
        variables: Mapping[str, PyTree], latent: Float[Array, "batch bits"], condition: Condition
    ) -> Float[Array, "batch height width channels"]:
        return network.apply(variables["coder"], from_uint8(condition["image"]), latent, method="encode")[0]

    def read(variables: Mapping[str, PyTree], latent: PyTree, condition: Condition) -> Float[Array, "batch bits"]:
        return network.apply(variables["coder"], from_uint8(condition["image"]), method="decode")[0]

    game = alone.game("coder", coder, begin=begin, view=view, told=told)
    draws = {"image": Draw(mark, latent, images), "bits": Draw(read, condition=images, output="bits")}
    return Objective(game.init, game.losses, averaged=("coder",), draws=draws)


def signs_of(message: str, bits: int, key: str) -> Float[np.ndarray, "bits"]:
    """The bits of a message in hexadecimal digits as -1 and 1, the first digit's highest first.

    Raises:
        InputError: it has another number of digits, or others; `key` begins what is said of it.
    """
    if not re.fullmatch(f"[0-9a-fA-F]{{{bits // 4}}}", message):
        raise InputError(f"{key} = {message!r} should be {bits // 4} hexadecimal digits, for {bits} bits.")
    return np.array([2.0 * (digit == "1") - 1 for digit in f"{int(message, 16):0{bits}b}"], np.float32)
