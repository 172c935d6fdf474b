"""An autoencoder whose latents are maps of codes, as every game that trains one sees it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from gan_jax import rng
from gan_jax.images import from_uint8, held
from gan_jax.losses.codes import perplexity
from gan_jax.losses.likelihoods import Likelihood
from gan_jax.losses.views import CodesView, common_fields
from gan_jax.objectives.classes import condition_on, label_of, seen_classes
from gan_jax.objectives.observed import observed, observed_and
from gan_jax.types import Batch, Condition, Draw, Facts, Mean, Role, TrainState, Variables


class Autoencoder(NamedTuple):
    """What a game needs to know of it."""

    num_classes: int  # that its networks see
    init: Callable  # (key, batch) -> Variables
    view: Callable  # (variables, state, batch, key) -> (CodesView, new network state)
    usage: Callable  # CodesView -> {name: Mean}: how many codes are in use
    draws: dict[str, Draw]


def of_network(autoencoder: Role, facts: Facts, likelihood: Likelihood, conditional: bool) -> Autoencoder:
    """Of a network with the methods `encode`, `decode`, `lookup` and `num_codes`, such as `nets.vq.VQ`."""
    num_classes = seen_classes(conditional, facts)
    network = autoencoder.network(num_classes=num_classes, out_channels=likelihood.channels(facts.image_shape[-1]))
    num_codes = network.apply(Variables({}, {}), method="num_codes")[0]

    def init(key: Key[Array, ""], batch: Batch) -> Variables:
        return network.init(rng.stream(key, 0, "autoencoder"), from_uint8(batch["image"]), label_of(batch, num_classes))

    def view(variables: Variables, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[CodesView, PyTree]:
        image, label = observed(batch, likelihood, key), label_of(batch, num_classes)
        (vectors, quantized), network_state = network.apply(variables, image, label, train=True, method="encode")

        def decoded(variables: Variables, values: Array) -> tuple[Array, PyTree]:
            return network.apply(variables, values, label, train=True, method="decode")

        def redecoded(params: PyTree) -> Array:
            still = jax.lax.stop_gradient(quantized.values)
            return held(likelihood.mean(decoded(variables._replace(params=params), still)[0]))

        outputs, network_state = decoded(variables._replace(state=network_state), quantized.values)
        view = CodesView(
            image=image,
            outputs=outputs,
            reconstruction=held(likelihood.mean(outputs)),
            negative_log_likelihood=likelihood.negative_log_likelihood(outputs, image),
            vectors=vectors,
            quantized=quantized.values,
            chosen=quantized.chosen,
            codes=quantized.codes,
            redecoded=redecoded,
            **common_fields(facts, state, batch, key, variables.params),
        )
        return view, network_state

    def usage(view: CodesView) -> dict[str, Mean]:
        told = perplexity(view.codes, num_codes, facts.axis_name)
        return {name: Mean(value, jnp.float32(1)) for name, value in zip(("perplexity", "usage"), told, strict=True)}

    classes = condition_on(num_classes)
    images = observed_and(likelihood, num_classes)

    def some_codes(batch: Batch, keys: Key[Array, "batch"]) -> Condition:
        shape = jax.eval_shape(
            lambda: codes_of({"autoencoder": init(rng.key(0), batch)}, {}, images(batch, keys))
        ).shape
        return {"codes": jnp.zeros(shape, jnp.int32), **classes(batch, keys)}

    def codes_of(
        variables: Mapping[str, PyTree], latent: PyTree, condition: Condition
    ) -> Int[Array, "batch height width"]:
        """The codes of an image."""
        image = from_uint8(condition["image"])
        return network.apply(variables["autoencoder"], image, condition.get("label"), method="encode")[0][1].codes

    def from_codes(
        variables: Mapping[str, PyTree], latent: PyTree, condition: Condition
    ) -> Float[Array, "batch height width channels"]:
        """The image of some codes."""
        own = variables["autoencoder"]
        values = network.apply(own, condition["codes"], method="lookup")[0]
        return likelihood.mean(network.apply(own, values, condition.get("label"), method="decode")[0])

    def reconstruct(variables: Mapping[str, PyTree], latent: PyTree, condition: Condition) -> Array:
        """The image of the codes of an image."""
        codes = codes_of(variables, latent, condition)
        return from_codes(variables, latent, {**condition, "codes": codes})

    return Autoencoder(
        num_classes=num_classes,
        init=init,
        view=view,
        usage=usage,
        draws={
            "reconstruction": Draw(reconstruct, condition=images),
            "codes": Draw(codes_of, condition=images, output="codes", size=num_codes),
            "from_codes": Draw(from_codes, condition=some_codes, given=("codes",)),
        },
    )
