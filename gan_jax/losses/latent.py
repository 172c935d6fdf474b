"""Terms of latents: the two halves of the evidence lower bound (Kingma and Welling 2014), and what is made of them."""

from typing import Annotated

import jax
import jax.numpy as jnp
from jax.lax import stop_gradient
from jaxtyping import Array, Float

from gan_jax.bounds import Bounds
from gan_jax.errors import InputError
from gan_jax.losses.gaussians import divergence, divergence_by_number, log_density
from gan_jax.losses.reductions import batch_mean, example_sum, gather
from gan_jax.losses.views import CodesView, HierarchicalView, VaeView
from gan_jax.schedules import Scalar


def negative_log_likelihood(view: VaeView | HierarchicalView | CodesView) -> Float[Array, "batch"]:
    """-log p(x | z) of the image under the decoder's likelihood, summed over its pixels, in nats."""
    return view.negative_log_likelihood


def kl_divergence(view: VaeView, *, free_bits: Annotated[Scalar, Bounds(0)] = 0.0) -> Float[Array, "batch"]:
    """KL(q(z | x) || p(z)) in nats; `weight` is the beta of Higgins et al. 2017.

    In closed form where the prior is one Gaussian, else log q(z | x) - log p(z) of the latent that was drawn. With
    `free_bits`, in nats per latent dimension (Kingma et al. 2016, appendix C.8), the batch mean of the values is
    sum_j max(free_bits, mean_batch KL_j): a dimension below the floor has no gradient. A mixture has no such parts.
    """
    _, means, log_variances = view.prior
    if len(means) > 1:
        if not isinstance(free_bits, float | int) or free_bits:
            raise InputError("free_bits: a floor by dimension is for a prior of one Gaussian, not for a mixture.")
        return divergence(view.latent, view.mean, view.log_variance, view.prior)
    by_dimension = divergence_by_number(view.mean, view.log_variance, means, log_variances)
    below_floor = batch_mean(by_dimension, view.axis_name) < free_bits
    return example_sum(jnp.where(below_floor, free_bits, by_dimension))


def total_correlation(view: VaeView) -> Float[Array, "batch"]:
    """KL(q(z) || prod_j q(z_j)) by minibatch-weighted sampling (Chen et al. 2018), beside `kl_divergence`.

    The beta of their beta-TCVAE is one more than this term's `weight`. The estimate of log q(z) from the global batch
    of M examples of N, log sum_i q(z | x_i) - log NM, is biased, and so is the value: with many dimensions it is far
    from the true one, while its gradient is what the paper follows.
    """
    latent = view.latent.reshape(len(view.latent), 1, -1)
    means, log_variances = (
        gather(x, view.axis_name).reshape(1, -1, latent.shape[-1]) for x in (view.mean, view.log_variance)
    )
    by_dimension = log_density(latent, means, log_variances)  # [B, M, Z]
    drawn_from = jnp.log(view.num_examples) + jnp.log(means.shape[1])
    joint = jax.nn.logsumexp(by_dimension.sum(axis=-1), axis=1) - drawn_from
    product = (jax.nn.logsumexp(by_dimension, axis=1) - drawn_from).sum(axis=-1)
    return joint - product


def density_ratio(view: VaeView) -> Float[Array, "batch"]:
    """The total correlation as the critic of `factor_vae` tells it: its logits are log q(z) - sum_j log q(z_j).

    `weight` is the gamma of Kim and Mnih 2018.
    """
    if view.discriminator is None or view.real.shape != view.latent.shape:
        raise InputError("density_ratio is a term of the objective factor_vae, whose critic tells it.")
    return view.discriminator(view.latent)


def kl_by_level(
    view: HierarchicalView, *, free_bits: Annotated[Scalar, Bounds(0)] = 0.0, balanced: bool = False
) -> Float[Array, "batch"]:
    """The sum over levels of KL(q || p), in nats.

    With `free_bits`, in nats per number of a latent, a level whose batch mean is below them has no gradient. `balanced`
    weighs each level in proportion to its batch mean by number, to a mean of 1, so that those which say much per number
    are held and the others are not (Vahdat & Kautz 2020, appendix A, whose "proportional" to the size is a misprint for
    the inverse, as the authors say): for a term that a warm-up raises, beside one that is not balanced after it.
    """
    sizes = jnp.array(view.sizes, jnp.float32)
    means = stop_gradient(batch_mean(view.kl, view.axis_name))
    floor = free_bits * sizes
    values = jnp.where(means < floor, floor, view.kl)
    if balanced:
        share = (means + 0.01) / sizes  # of levels that say nothing yet all weigh something, as in the authors' code
        values = values * share / share.mean()
    return values.sum(axis=1)
