"""Metrics of a model against examples one by one, by name: how well it explains them, and how close its answers are."""

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from gan_jax.errors import InputError
from gan_jax.evaluation import likelihood
from gan_jax.evaluation.comparison import Result, Value, results
from gan_jax.evaluation.examples import Examples
from gan_jax.evaluation.restored import restoration
from gan_jax.features import lpips
from gan_jax.metrics.reconstruction import WINDOW, l1, psnr, ssim
from gan_jax.metrics.samples import Estimate
from gan_jax.sampling.sampler import Sampler

BLOCK = 1024  # images in memory at a time


def evidence_lower_bound(
    sampler: Sampler, examples: Examples, draws: int = 1, progress: bool = False
) -> Iterator[Value]:
    """The evidence lower bound with `draws` of the latent for each image.

    `elbo` in nats per image; of a discrete likelihood the same as bits per dimension.
    """
    weights = likelihood.log_weights(sampler, _condition(sampler, examples, "log_weights"), draws, progress=progress)
    yield from _bound("elbo", weights.mean(axis=1), sampler, draws)


def importance_weighted_bound(
    sampler: Sampler, examples: Examples, draws: int = 50, progress: bool = False
) -> Iterator[Value]:
    """The importance-weighted bound (Burda et al. 2016) with K = `draws`, which stands in its name: `iw50`."""
    weights = likelihood.log_weights(sampler, _condition(sampler, examples, "log_weights"), draws, progress=progress)
    yield from _bound(f"iw{draws}", likelihood.importance_weighted(weights), sampler, draws)


def _bound(name: str, nats: Float[np.ndarray, "n"], sampler: Sampler, draws: int) -> Iterator[Value]:
    yield Value(name, _mean(nats), {"draws": draws})
    if sampler.request("log_weights").draw.output == "log_probability":
        bits = likelihood.bits_per_dimension(nats, sampler.facts["image_shape"])
        yield Value(f"{name}_bits_per_dimension", _mean(bits), {"draws": draws})


def paired(
    sampler: Sampler,
    examples: Examples,
    weights: str = "",
    draw: str = "",
    progress: bool = False,
    **options: Any,
) -> Iterator[Value]:
    """L1 (of values in [-1, 1]), PSNR (dB), SSIM and LPIPS between what a draw makes of examples and what they are.

    LPIPS needs SqueezeNet's weights with its heads: the file `weights`, or `squeezenet` in the weights folder, without
    which it is left out. So are SSIM and LPIPS of images that are smaller than SSIM's window or LPIPS's network takes.
    """
    request = sampler.request(draw)
    condition = _condition(sampler, examples, draw)
    if not condition.keys() - {"label"}:
        raise InputError(f"paired: the draw {request.name!r} is made of no example, so it has no right answer.")
    parts = sampler.stream(examples.chosen, condition, draw=draw, batch_size=BLOCK, **options)
    answers = np.concatenate(list(tqdm(parts, desc=f"Drawing {request.name}", disable=not progress)))
    right = examples.column(request.draw.output)
    yield Value("l1", _mean(l1(right, answers)))
    yield Value("psnr", _mean(psnr(right, answers)))
    if min(right.shape[1:3]) >= WINDOW:
        yield Value("ssim", _mean(ssim(right, answers)))
    perceptual = _lpips(weights)
    if perceptual and min(right.shape[1:3]) >= lpips.SMALLEST:
        yield Value("lpips_squeeze", _mean(perceptual(right, answers)))


def reconstruction(sampler: Sampler, examples: Examples, weights: str = "", progress: bool = False) -> Iterator[Value]:
    """`paired` of images and their reconstructions."""
    yield from paired(sampler, examples, weights, "reconstruction", progress)


def _condition(sampler: Sampler, examples: Examples, draw: str) -> dict[str, np.ndarray]:
    """What a draw is asked with for these examples, made of them."""
    return sampler.on(examples.data).of_data(examples.chosen, draw)


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
    "paired": paired,
    "reconstruction": reconstruction,
    "restoration": restoration,
}


def explain(sampler: Sampler, examples: Examples, metrics: Iterable[str]) -> Iterator[Result]:
    """Each metric's results as it has them."""
    for name in metrics:
        identity = {"image_shape": list(sampler.facts["image_shape"])}
        yield from results(ENCODER_METRICS[name](sampler, examples, progress=True), identity)
