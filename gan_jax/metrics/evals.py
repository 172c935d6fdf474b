"""Metrics in the training loop: functions of (sampler, data) that `config.evals` names.

Images come from the average by seed, so that an evaluation cannot change the run, nor depend on its devices.
"""

import functools
from collections.abc import Callable

import numpy as np

from gan_jax.build import PACKAGES, build, resolve
from gan_jax.data import dataset as datasets
from gan_jax.data.dataset import Dataset
from gan_jax.data.sources import Source
from gan_jax.errors import InputError
from gan_jax.metrics import likelihood
from gan_jax.metrics.comparison import Compared, compare
from gan_jax.metrics.extraction import Extracted, extract
from gan_jax.metrics.features import Features
from gan_jax.metrics.image_sets import of_data, of_sampler
from gan_jax.metrics.reconstruction import psnr, ssim
from gan_jax.sampling import Sampler

Values = dict[str, float]


def _comparison(*metrics: str) -> Callable[..., Values]:
    def evaluation(
        sampler: Sampler,
        data: Dataset,
        *,
        features: str | Features = "random",
        num_images: int = 2000,
        held_out: Source | None = None,
    ) -> Values:
        """Compares `num_images` generated images with the training set, and with `held_out` where it is given.

        features: a name without weights, or a section `dict(name="squeezenet", weights=...)`.
        """
        network = _network(features) if isinstance(features, str) else features
        references = {"train": data} | ({} if held_out is None else {"held_out": _like(data, held_out)})
        real = {name: _reference(reference, network) for name, reference in references.items()}
        fake = extract(of_sampler(sampler, num_images), network)
        return {
            f"{result.metric}/{name}": result.value
            for name in references
            for result in compare(Compared(real[name], fake, real.get("held_out"), network), metrics)
        }

    return evaluation


accuracy = _comparison("accuracy")
density_coverage = _comparison("density_coverage")
frechet_distance = _comparison("fd")
frechet_distance_infinite = _comparison("fd_infinite")
frechet_distance_per_class = _comparison("fd_per_class")
kernel_distance = _comparison("kid")
memorization = _comparison("authenticity", "calibrated_neighbours", "copying_score")
mind = _comparison("mind")
precision_recall = _comparison("precision_recall")


@functools.lru_cache(maxsize=4)
def _network(name: str) -> Features:
    section = resolve({"name": name}, "features", PACKAGES["features"])
    return build(section, "features", PACKAGES["features"], {})


@functools.lru_cache(maxsize=4)
def _like(data: Dataset, source: Source) -> Dataset:
    height, width, channels = data.image_shape
    return datasets.make(source, resolution=(height, width), channels=channels)


@functools.lru_cache(maxsize=4)
def _reference(data: Dataset, network: Features) -> Extracted:
    return extract(of_data(data, "data"), network)


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
    sampler: Sampler, data: Dataset, *, held_out: Source | None = None, num_images: int = 1000
) -> Values:
    """PSNR (dB) and SSIM between `num_images` held-out images, else training ones, and their reconstructions."""
    images, labels = _examples(sampler, data, held_out, num_images)
    rebuilt = sampler.reconstruct(images, labels)
    return {"psnr": float(np.mean(psnr(images, rebuilt))), "ssim": float(np.mean(ssim(images, rebuilt)))}


def _examples(
    sampler: Sampler, data: Dataset, held_out: Source | None, num_images: int
) -> tuple[np.ndarray, np.ndarray | None]:
    if sampler.objective.reconstruct is None:
        raise InputError("This evaluation is for models that encode images, such as the objective vae.")
    images = of_data(data if held_out is None else _like(data, held_out), "held out", 0)
    count = min(num_images, images.count)
    block = np.concatenate(list(images.blocks()))[:count]
    return block, images.labels[:count] if sampler.num_classes else None
