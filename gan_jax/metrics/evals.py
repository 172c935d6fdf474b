"""Metrics in the training loop: functions of (sampler, data) that `config.evals` names.

Images come from the average by seed, so that an evaluation cannot change the run, nor depend on its devices.
"""

import functools
from collections.abc import Callable
from typing import Literal

import numpy as np

from gan_jax.data.dataset import Dataset
from gan_jax.data.sources import Source
from gan_jax.errors import InputError
from gan_jax.metrics import likelihood, lpips
from gan_jax.metrics.comparison import METRICS, Compared, compare
from gan_jax.metrics.extraction import Extracted, extract
from gan_jax.metrics.features import Features
from gan_jax.metrics.image_sets import Block, of_data, of_sampler
from gan_jax.metrics.reconstruction import WINDOW, psnr, ssim
from gan_jax.sampling import Sampler

Values = dict[str, float]
Metric = Literal[tuple(METRICS)]


def comparison(
    sampler: Sampler,
    data: Dataset,
    *,
    metrics: tuple[Metric, ...],
    features: Features,
    num_images: int = 2000,
    held_out: Source | None = None,
) -> Values:
    """Compares `num_images` generated images with the training set, and with `held_out` where it is given.

    The values are called METRIC/train and METRIC/held_out. Several metrics share the images and their features, which
    are a name, `pixels`, or a section, `dict(name="squeezenet", weights=...)`.
    """
    references = {"train": _reference(data, None, features)}
    if held_out is not None:
        references["held_out"] = _reference(data, held_out, features)
    fake = extract(of_sampler(sampler, num_images), features)
    values = {
        f"{result.metric}/{name}": result.value
        for name, real in references.items()
        for result in compare(Compared(real, fake, references.get("held_out"), features), metrics)
    }
    return dict(sorted(values.items()))  # the references side by side


@functools.lru_cache(maxsize=8)  # a run compares with the same references again and again
def _reference(data: Dataset, source: Source | None, features: Features) -> Extracted:
    return extract(of_data(data if source is None else data.like(source), "reference"), features)


def _comparison(*metrics: Metric) -> Callable[..., Values]:
    def evaluation(
        sampler: Sampler,
        data: Dataset,
        *,
        features: Features,
        num_images: int = 2000,
        held_out: Source | None = None,
    ) -> Values:
        return comparison(sampler, data, metrics=metrics, features=features, num_images=num_images, held_out=held_out)

    return evaluation


# Each is `comparison` with its metrics settled.
accuracy = _comparison("accuracy")
density_coverage = _comparison("density_coverage")
frechet_distance = _comparison("fd")
frechet_distance_infinite = _comparison("fd_infinite")
frechet_distance_per_class = _comparison("fd_per_class")
inception_score = _comparison("inception_score")
kernel_distance = _comparison("kid")
memorization = _comparison("authenticity", "calibrated_neighbours", "copying_score")
mind = _comparison("mind")
precision_recall = _comparison("precision_recall")


def evidence_lower_bound(
    sampler: Sampler, data: Dataset, *, held_out: Source | None = None, num_images: int = 1000, draws: int = 1
) -> Values:
    """The evidence lower bound on `num_images` held-out images, else training ones, with `draws` of the latent each.

    `elbo` in nats per image, and the same as bits per dimension, which papers give for discretised likelihoods.
    """
    images, labels = _examples(sampler, data, held_out, num_images)
    nats = float(likelihood.log_weights(sampler, images, labels, draws).mean())
    return {"elbo": nats, "elbo_bits_per_dimension": likelihood.bits_per_dimension(nats, data.image_shape)}


def importance_weighted_bound(
    sampler: Sampler, data: Dataset, *, held_out: Source | None = None, num_images: int = 1000, draws: int = 50
) -> Values:
    """The importance-weighted bound (Burda et al. 2016) with K = `draws`, which stands in its name: `iw50`."""
    images, labels = _examples(sampler, data, held_out, num_images)
    weights = likelihood.log_weights(sampler, images, labels, draws)
    nats = float(likelihood.importance_weighted(weights).mean())
    bits = likelihood.bits_per_dimension(nats, data.image_shape)
    return {f"iw{draws}": nats, f"iw{draws}_bits_per_dimension": bits}


def reconstruction(
    sampler: Sampler, data: Dataset, *, held_out: Source | None = None, num_images: int = 1000, weights: str = ""
) -> Values:
    """PSNR (dB), SSIM and LPIPS between `num_images` held-out images, else training ones, and their reconstructions.

    LPIPS needs SqueezeNet's weights with its heads: the file `weights`, or `squeezenet` in the weights folder, without
    which it is left out. So are SSIM and LPIPS of images that are smaller than SSIM's window or LPIPS's network takes.
    """
    images, labels = _examples(sampler, data, held_out, num_images)
    rebuilt = sampler.reconstruct(images, labels)
    values = {"psnr": psnr(images, rebuilt)}
    if min(images.shape[1:3]) >= WINDOW:
        values["ssim"] = ssim(images, rebuilt)
    perceptual = _lpips(weights)
    if perceptual and min(images.shape[1:3]) >= lpips.SMALLEST:
        values["lpips_squeeze"] = perceptual(images, rebuilt)
    return {name: float(np.mean(per_image)) for name, per_image in values.items()}


@functools.lru_cache(maxsize=1)  # compiled once
def _lpips(weights: str) -> lpips.Lpips | None:
    try:
        return lpips.make(weights)
    except InputError:
        if weights:
            raise
        return None


def _examples(sampler: Sampler, data: Dataset, held_out: Source | None, num_images: int) -> Block:
    if sampler.objective.reconstruct is None:
        raise InputError("This evaluation is for models that encode images, such as the objective vae.")
    blocks = list(of_data(data if held_out is None else data.like(held_out), "held out", count=num_images).blocks())
    labels = np.concatenate([block.labels for block in blocks]) if sampler.num_classes else None
    return Block(np.concatenate([block.images for block in blocks]), labels)
