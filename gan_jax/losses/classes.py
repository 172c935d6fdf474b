"""Terms by which a discriminator learns what class an image has, and a generator to make images of it."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from gan_jax.errors import InputError
from gan_jax.losses.adversarial import AdversarialLoss
from gan_jax.losses.reductions import gather
from gan_jax.losses.views import GanView
from gan_jax.schedules import Scalar


def _said(view: GanView, kind: str, name: str, head: str) -> Array:
    said = view.real_judged if kind == "real" else view.fake_judged
    if name not in said:
        raise InputError(f"This term needs {name}: discriminator.network.head = {head!r}.")
    return said[name]


def _cross_entropy(logits: Float[Array, "batch classes"], label: Int[Array, "batch"]) -> Float[Array, "batch"]:
    wanted = jax.nn.one_hot(label, logits.shape[1])
    return -(wanted * jax.nn.log_softmax(logits)).sum(axis=1)


def _classified(kind: str) -> Callable:
    def value(view: GanView) -> Float[Array, "batch"]:
        return _cross_entropy(_said(view, kind, "class_logits", "auxiliary"), view.batch["label"])

    value.__doc__ = "ACGAN (Odena et al. 2017): -log p(class | image), of real images or of generated ones."
    return value


auxiliary_classifier = AdversarialLoss(_classified("real"), _classified("fake"))


def _contrast(view: GanView, kind: str, temperature: Scalar, margin: Scalar) -> Float[Array, "batch"]:
    embedding, proxy = (_said(view, kind, name, "contrastive") for name in ("embedding", "proxy"))
    label = view.batch["label"]
    others, their_labels = gather(embedding, view.axis_name), gather(label, view.axis_name)
    own = jnp.minimum((embedding * proxy).sum(axis=1) - margin, 0) / temperature
    alike = jnp.maximum(embedding @ others.T - (1 - margin), 0) / temperature
    unlike = jnp.where(label[:, None] != their_labels, alike, -jnp.inf)
    return jax.nn.logsumexp(jnp.concatenate([own[:, None], unlike], axis=1), axis=1) - own


def data_to_data(*, temperature: Scalar = 0.5, margin: Scalar = 0.98) -> AdversarialLoss:
    """ReACGAN's data-to-data cross-entropy (Kang et al. 2021, equation 8), of real images or of generated ones.

    An image's embedding is drawn to the proxy of its class, until their cosine is `margin`, and away from images of
    other classes in the global batch, until theirs is 1 - margin.
    """
    return AdversarialLoss(
        lambda view: _contrast(view, "real", temperature, margin),
        lambda view: _contrast(view, "fake", temperature, margin),
    )
