"""Metrics of models that encode, by name: how well they explain and rebuild images."""

import functools
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from gan_jax.errors import InputError
from gan_jax.evaluation import likelihood
from gan_jax.evaluation.comparison import Result, Value, results
from gan_jax.evaluation.image_sets import BLOCK, Block
from gan_jax.features import lpips
from gan_jax.metrics.reconstruction import WINDOW, psnr, ssim
from gan_jax.metrics.samples import Estimate
from gan_jax.sampling.sampler import Sampler


def evidence_lower_bound(sampler: Sampler, examples: Block, draws: int = 1, progress: bool = False) -> Iterator[Value]:
    """The evidence lower bound with `draws` of the latent for each image.

    `elbo` in nats per image; of a discrete likelihood the same as bits per dimension.
    """
    weights = likelihood.log_weights(sampler, condition_of(sampler, examples, "log_weights"), draws, progress=progress)
    yield from _bound("elbo", weights.mean(axis=1), sampler, draws)


def importance_weighted_bound(
    sampler: Sampler, examples: Block, draws: int = 50, progress: bool = False
) -> Iterator[Value]:
    """The importance-weighted bound (Burda et al. 2016) with K = `draws`, which stands in its name: `iw50`."""
    weights = likelihood.log_weights(sampler, condition_of(sampler, examples, "log_weights"), draws, progress=progress)
    yield from _bound(f"iw{draws}", likelihood.importance_weighted(weights), sampler, draws)


def _bound(name: str, nats: Float[np.ndarray, "n"], sampler: Sampler, draws: int) -> Iterator[Value]:
    yield Value(name, _mean(nats), {"draws": draws})
    if sampler.request("log_weights").draw.output == "log_probability":
        bits = likelihood.bits_per_dimension(nats, sampler.facts["image_shape"])
        yield Value(f"{name}_bits_per_dimension", _mean(bits), {"draws": draws})


def reconstruction(sampler: Sampler, examples: Block, weights: str = "", progress: bool = False) -> Iterator[Value]:
    """PSNR (dB), SSIM and LPIPS between images and their reconstructions.

    LPIPS needs SqueezeNet's weights with its heads: the file `weights`, or `squeezenet` in the weights folder, without
    which it is left out. So are SSIM and LPIPS of images that are smaller than SSIM's window or LPIPS's network takes.
    """
    images = examples.images
    seeds, condition = np.arange(len(images)), condition_of(sampler, examples, "reconstruction")
    parts = sampler.stream(seeds, condition, draw="reconstruction", batch_size=BLOCK)
    rebuilt = np.concatenate(list(tqdm(parts, desc="Reconstructing", disable=not progress)))
    yield Value("psnr", _mean(psnr(images, rebuilt)))
    if min(images.shape[1:3]) >= WINDOW:
        yield Value("ssim", _mean(ssim(images, rebuilt)))
    perceptual = _lpips(weights)
    if perceptual and min(images.shape[1:3]) >= lpips.SMALLEST:
        yield Value("lpips_squeeze", _mean(perceptual(images, rebuilt)))


@functools.lru_cache(maxsize=1)  # compiled once
def _lpips(weights: str) -> lpips.Lpips | None:
    try:
        return lpips.make(weights)
    except InputError:
        if weights:
            raise
        return None


def _mean(per_image: Float[np.ndarray, "n"]) -> Estimate:
    """The mean over images, with its standard error."""
    return Estimate(float(np.mean(per_image)), float(np.std(per_image) / np.sqrt(len(per_image))))


ENCODER_METRICS: dict[str, Callable[..., Iterator[Value]]] = {
    "evidence_lower_bound": evidence_lower_bound,
    "importance_weighted_bound": importance_weighted_bound,
    "reconstruction": reconstruction,
}


def explain(sampler: Sampler, examples: Block, metrics: Iterable[str]) -> Iterator[Result]:
    """Each metric's results as it has them."""
    for name in metrics:
        identity = {"image_shape": list(sampler.facts["image_shape"])}
        yield from results(ENCODER_METRICS[name](sampler, examples, progress=True), identity)


def condition_of(sampler: Sampler, examples: Block, draw: str) -> dict[str, np.ndarray]:
    """What an encoding draw is asked with: images, and labels where the model has classes."""
    if draw not in sampler.objective.draws:
        raise InputError("This metric is for models that encode images, such as the objective vae.")
    available = {"image": examples.images} | ({} if examples.labels is None else {"label": examples.labels})
    missing = [name for name in sampler.conditions(draw) if name not in available]
    if missing:
        raise InputError(f"The draw {draw!r} is asked with {missing[0]!r}, which the images come without.")
    return {name: available[name] for name in sampler.conditions(draw)}
