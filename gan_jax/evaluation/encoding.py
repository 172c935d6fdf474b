"""Metrics of a model against examples one by one, by name: how well it explains them, and how close its answers are."""

import itertools
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from jaxtyping import Float, Integer, Shaped
from tqdm import tqdm

from gan_jax.bounds import Bounds, Positive
from gan_jax.errors import InputError
from gan_jax.evaluation import likelihood
from gan_jax.evaluation.comparison import Result, Value, results
from gan_jax.evaluation.disentanglement import disentanglement
from gan_jax.evaluation.examples import Examples
from gan_jax.evaluation.restored import restoration
from gan_jax.features import lpips
from gan_jax.metrics.reconstruction import WINDOW, l1, psnr, ssim
from gan_jax.metrics.samples import Estimate
from gan_jax.sampling.sampler import Sampler

log = logging.getLogger(__name__)

BLOCK = 1024  # images in memory at a time
COLLAPSED = 0.1  # nats; a KL below them is as good as none
FEW = 0.05  # of all latent units


def evidence_lower_bound(
    sampler: Sampler, examples: Examples, draws: Positive = 1, progress: bool = False
) -> Iterator[Value]:
    """The evidence lower bound with `draws` of the latent for each image, and its parts.

    `elbo` in nats per image; of a discrete likelihood the same as bits per dimension. It is `elbo/reconstruction` less
    `elbo/kl`, which is in closed form where the prior is one Gaussian; of several levels `elbo/kl/level_00` is the
    first.
    """
    parts = _told(sampler, examples, "evidence", draws, progress).astype(np.float64).mean(axis=1)
    reconstruction, levels = parts[:, 0], parts[:, 1:]
    kl = levels.sum(axis=1)
    name = f"elbo{_suffix(sampler)}"
    yield from _bound(name, reconstruction - kl, sampler, draws)
    by_level = {f"kl/level_{number:02}": level for number, level in enumerate(levels.T)} if levels.shape[1] > 1 else {}
    for part, nats in {"reconstruction": reconstruction, "kl": kl, **by_level}.items():
        yield Value(f"{name}/{part}", _mean(nats), {"draws": draws})
    if kl.mean() < COLLAPSED:
        log.warning("Posterior collapse: KL is %.2g nats, so that latents say nothing of an image.", kl.mean())


def importance_weighted_bound(
    sampler: Sampler, examples: Examples, draws: Positive = 50, progress: bool = False
) -> Iterator[Value]:
    """The importance-weighted bound (Burda et al. 2016) with K = `draws`, which stands in its name: `iw50`."""
    weights = _told(sampler, examples, "log_weights", draws, progress)
    yield from _bound(f"iw{draws}{_suffix(sampler)}", likelihood.importance_weighted(weights), sampler, draws)


def active_units(sampler: Sampler, examples: Examples, progress: bool = False) -> Iterator[Value]:
    """How many latent units the encoder uses: those whose posterior mean has a variance above 0.01 over images."""
    blocks = tqdm(
        _blocks(sampler, examples, "posterior_mean"),
        total=-(-len(examples.chosen) // BLOCK),
        desc="Drawing posterior_mean",
        unit="block",
        disable=not progress,
    )
    means = (sampler(block, condition, draw="posterior_mean") for block, condition in blocks)
    active, units = likelihood.active_units(means)
    yield Value("active_units", Estimate(active), {"of": units, "variance": likelihood.ACTIVE})
    if active < FEW * units:
        log.warning("Posterior collapse: %d of %d latent units are active.", active, units)


def _bound(name: str, nats: Float[np.ndarray, "n"], sampler: Sampler, draws: int) -> Iterator[Value]:
    yield Value(name, _mean(nats), {"draws": draws})
    if sampler.request("log_weights").draw.output.startswith("log_probability"):
        bits = likelihood.bits_per_dimension(nats, sampler.facts["image_shape"])
        yield Value(f"{name}_bits_per_dimension", _mean(bits), {"draws": draws})


def _suffix(sampler: Sampler) -> str:
    """What of an image is explained, as part of a metric's name: nothing where it is the image as it stands."""
    of = sampler.request("log_weights").draw.output.partition("_of_")[2]
    return of and f"_{of}"


def _told(
    sampler: Sampler, examples: Examples, draw: str, draws: int, progress: bool
) -> Shaped[np.ndarray, "n draws ..."]:
    """What a draw says of each example, some times: functions of the example's number, whatever is asked beside it."""
    total = draws * len(examples.chosen)
    with tqdm(total=total, desc=f"Drawing {draw}", unit="draw", disable=not progress) as bar:
        blocks = _blocks(sampler, examples, draw)
        told = [likelihood.several(sampler, draw, condition, draws, block, bar.update) for block, condition in blocks]
    return np.concatenate(told)


def _blocks(
    sampler: Sampler, examples: Examples, draw: str
) -> Iterator[tuple[Integer[np.ndarray, "n"], dict[str, np.ndarray]]]:
    """Some examples' numbers at a time, and what a draw is asked with for them."""
    likelihood.check(sampler, draw)
    own = sampler.on(examples.data)
    for start in range(0, len(examples.chosen), BLOCK):
        block = examples.chosen[start : start + BLOCK]
        yield block, own.of_data(block, draw)


def paired(
    sampler: Sampler,
    examples: Examples,
    weights: str = "",
    draw: str = "",
    progress: bool = False,
    **options: Any,
) -> Iterator[Value]:
    """L1 (of values in [-1, 1]), PSNR (dB), SSIM and LPIPS between what a draw makes of examples and what they are.

    LPIPS needs SqueezeNet's weights with its heads: the file `weights`, or `squeezenet` in the weights folder. Where
    neither is there it is left out; a file without heads is an InputError. SSIM and LPIPS are left out of images that
    are smaller than SSIM's window or LPIPS's network takes.
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
    perceptual = lpips.if_there(weights, right.shape[1:3])
    if perceptual:
        yield Value("lpips_squeeze", _mean(perceptual(right, answers)))


def reconstruction(sampler: Sampler, examples: Examples, weights: str = "", progress: bool = False) -> Iterator[Value]:
    """`paired` of images and their reconstructions."""
    yield from paired(sampler, examples, weights, "reconstruction", progress)


def variety(
    sampler: Sampler,
    examples: Examples,
    weights: str = "",
    draw: str = "",
    answers: Annotated[int, Bounds(2)] = 4,
    progress: bool = False,
) -> Iterator[Value]:
    """How far apart several `answers` to one and the same example are: the mean over all pairs of L1, and of LPIPS.

    It is 0 where a draw leaves its latent aside (Zhu et al. 2017, BicycleGAN, section 5). LPIPS as of `paired`.
    """
    request, count = sampler.request(draw), len(examples.chosen)
    condition = {
        name: np.repeat(values, answers, axis=0) for name, values in _condition(sampler, examples, draw).items()
    }
    parts = sampler.stream(range(count * answers), condition, draw=draw, batch_size=BLOCK)
    drawn = np.concatenate(list(tqdm(parts, desc=f"Drawing {request.name}", disable=not progress)))
    drawn = drawn.reshape(count, answers, *drawn.shape[1:])
    distances = {"l1_apart": l1}
    perceptual = lpips.if_there(weights, drawn.shape[2:4])
    if perceptual:
        distances["lpips_squeeze_apart"] = perceptual
    for name, distance in distances.items():
        pairs = itertools.combinations(range(answers), 2)
        yield Value(name, _mean(np.mean([distance(drawn[:, a], drawn[:, b]) for a, b in pairs], axis=0)))


def _condition(sampler: Sampler, examples: Examples, draw: str) -> dict[str, np.ndarray]:
    """What a draw is asked with for these examples, made of them."""
    return sampler.on(examples.data).of_data(examples.chosen, draw)


def _mean(per_image: Float[np.ndarray, "n"]) -> Estimate:
    """The mean over images, with its standard error."""
    return Estimate(float(np.mean(per_image)), float(np.std(per_image) / np.sqrt(len(per_image))))


ENCODER_METRICS: dict[str, Callable[..., Iterator[Value]]] = {
    "active_units": active_units,
    "disentanglement": disentanglement,
    "evidence_lower_bound": evidence_lower_bound,
    "importance_weighted_bound": importance_weighted_bound,
    "paired": paired,
    "reconstruction": reconstruction,
    "restoration": restoration,
    "variety": variety,
}


Asked = Sequence[tuple[str, Mapping[str, Any]]]  # metrics, and their settings


def explain(sampler: Sampler, examples: Examples, metrics: Asked) -> Iterator[Result]:
    """Each metric's results as it has them, with its settings."""
    for name, settings in metrics:
        identity = {"image_shape": list(sampler.facts["image_shape"])}
        yield from results(ENCODER_METRICS[name](sampler, examples, progress=True, **settings), identity)
