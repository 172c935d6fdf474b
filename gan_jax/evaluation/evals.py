"""Metrics in the training loop: functions of (sampler, data) that `config.evals` names.

Images come from the average by seed, so that an evaluation cannot change the run, nor depend on its devices.
"""

import functools
from collections.abc import Callable, Iterable
from typing import Annotated, Literal

import jax
import numpy as np

from gan_jax.bounds import Bounds, Count, Positive
from gan_jax.data.dataset import Dataset
from gan_jax.data.sources import Source
from gan_jax.evaluation import encoding, restored, stated
from gan_jax.evaluation import shapes as shape_evaluation
from gan_jax.evaluation.comparison import METRICS, Compared, Value, compare
from gan_jax.evaluation.examples import Examples, some_of
from gan_jax.evaluation.extraction import Extracted, extract
from gan_jax.evaluation.image_sets import of_data, of_sampler
from gan_jax.features import Features
from gan_jax.images import from_uint8
from gan_jax.losses.scoring import score
from gan_jax.metrics import spectrum as spectra
from gan_jax.metrics.adaptation import rank_correlation
from gan_jax.sampling.load import load
from gan_jax.sampling.sampler import Sampler

Values = dict[str, float]
Metric = Literal[tuple(METRICS)]


def comparison(
    sampler: Sampler,
    data: Dataset,
    *,
    metrics: tuple[Metric, ...],
    features: Features,
    num_images: Positive = 2000,
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
        for result in compare(Compared(real, fake, references.get("held_out"), features, data.image_shape), metrics)
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
        num_images: Positive = 2000,
        held_out: Source | None = None,
    ) -> Values:
        return comparison(sampler, data, metrics=metrics, features=features, num_images=num_images, held_out=held_out)

    evaluation.__doc__ = " ".join(METRICS[name].__doc__ or "" for name in metrics)
    return evaluation


# Each is `comparison` with its metrics settled.
accuracy = _comparison("accuracy")
cmmd = _comparison("cmmd")
density_coverage = _comparison("density_coverage")
frechet_distance = _comparison("fd")
frechet_distance_infinite = _comparison("fd_infinite")
frechet_distance_per_class = _comparison("fd_per_class")
inception_score = _comparison("inception_score")
intra_cluster = _comparison("intra_cluster")
kernel_distance = _comparison("kid")
memorization = _comparison("train_share", "membership", "authenticity", "calibrated_neighbours", "copying_score")
mind = _comparison("mind")
precision_recall = _comparison("precision_recall")


def same_seed(
    sampler: Sampler, data: Dataset, *, workdir: str, features: Features, num_images: Annotated[int, Bounds(3)] = 500
) -> Values:
    """How far the order of the run in `workdir` is kept: `rank_correlation` of as many images of the same seeds."""
    del data
    drawn = [extract(of_sampler(model, num_images), features).features for model in (load(workdir), sampler)]
    return {"rank_correlation": rank_correlation(*drawn).value}


def rewarded(
    sampler: Sampler, data: Dataset, *, reward: Callable, num_images: Annotated[int, Bounds(2)] = 500
) -> Values:
    """The mean reward of images, its deviation, and how far apart images are: a mean hides that all are alike.

    `apart` is the root of the mean squared difference of pixels, in [-1, 1], over all pairs.
    """
    del data
    images = np.concatenate([block.images for block in of_sampler(sampler, num_images).blocks()])
    values = np.asarray(jax.jit(lambda x: score(reward, from_uint8(x), {}))(images))
    apart = np.sqrt(2 * len(images) / (len(images) - 1) * (images / 127.5).var(axis=0).mean())
    return {"mean": float(values.mean()), "deviation": float(values.std()), "apart": float(apart)}


def disentanglement(
    sampler: Sampler, data: Dataset, *, held_out: Source | None = None, num_images: Positive = 10_000
) -> Values:
    """`encoding.disentanglement` on `num_images` held-out examples with known factors, else training ones."""
    return _numbers(encoding.disentanglement(sampler, _examples(data, held_out, num_images)))


def evidence_lower_bound(
    sampler: Sampler, data: Dataset, *, held_out: Source | None = None, num_images: Count = 1000, draws: Positive = 1
) -> Values:
    """`encoding.evidence_lower_bound` on `num_images` held-out images, else training ones; 0: on all."""
    examples = _examples(data, held_out, num_images)
    return _numbers(encoding.evidence_lower_bound(sampler, examples, draws))


def importance_weighted_bound(
    sampler: Sampler,
    data: Dataset,
    *,
    held_out: Source | None = None,
    num_images: Count = 1000,
    draws: Positive = 50,
) -> Values:
    """`encoding.importance_weighted_bound` on `num_images` held-out images, else training ones; 0: on all."""
    examples = _examples(data, held_out, num_images)
    return _numbers(encoding.importance_weighted_bound(sampler, examples, draws))


def active_units(
    sampler: Sampler, data: Dataset, *, held_out: Source | None = None, num_images: Count = 1000
) -> Values:
    """`encoding.active_units` on `num_images` held-out images, else training ones; 0: on all."""
    return _numbers(encoding.active_units(sampler, _examples(data, held_out, num_images)))


def reconstruction(
    sampler: Sampler, data: Dataset, *, held_out: Source | None = None, num_images: Count = 1000, weights: str = ""
) -> Values:
    """`encoding.reconstruction` of `num_images` held-out images, else training ones; 0: of all."""
    examples = _examples(data, held_out, num_images)
    return _numbers(encoding.reconstruction(sampler, examples, weights))


def paired(
    sampler: Sampler,
    data: Dataset,
    *,
    held_out: Source | None = None,
    num_images: Count = 1000,
    weights: str = "",
    draw: str = "",
) -> Values:
    """`encoding.paired` of a draw and `num_images` held-out examples, else training ones; 0: of all."""
    return _numbers(encoding.paired(sampler, _examples(data, held_out, num_images), weights, draw))


def restoration(
    sampler: Sampler,
    data: Dataset,
    *,
    held_out: Source | None = None,
    num_images: Positive = 100,
    weights: str = "",
    draw: str = "",
) -> Values:
    """`restored.restoration` by a draw of `num_images` held-out pictures at their own sizes, else training ones."""
    return _numbers(restored.restoration(sampler, _examples(data, held_out, num_images), weights, draw))


def shapes(sampler: Sampler, data: Dataset, *, held_out: Source | None = None, num_images: Positive = 400) -> Values:
    """`shapes.shape_sets` of `num_images` generated voxels and as many held-out ones, else training ones."""
    return _numbers(shape_evaluation.shape_sets(sampler, data, _examples(data, held_out, num_images)))


def occupancy(
    sampler: Sampler,
    data: Dataset,
    *,
    held_out: Source | None = None,
    num_images: Positive = 400,
    draw: str = "reconstruction",
) -> Values:
    """`shapes.occupancy` of `num_images` held-out voxels, else training ones, and what a draw makes of them."""
    return _numbers(shape_evaluation.occupancy(sampler, _examples(data, held_out, num_images), draw))


def variety(
    sampler: Sampler,
    data: Dataset,
    *,
    held_out: Source | None = None,
    num_images: Positive = 100,
    answers: Annotated[int, Bounds(2)] = 4,
    weights: str = "",
    draw: str = "",
) -> Values:
    """`encoding.variety` of a draw and `num_images` held-out examples, else training ones."""
    return _numbers(encoding.variety(sampler, _examples(data, held_out, num_images), weights, draw, answers))


def attribute_accuracy(
    sampler: Sampler, data: Dataset, *, held_out: Source | None = None, num_images: Positive = 500
) -> Values:
    """`stated.attribute_accuracy` of what the conditions of `num_images` held-out examples, else training ones, ask."""
    return _numbers(stated.attribute_accuracy(sampler, _examples(data, held_out, num_images)))


def r_precision(
    sampler: Sampler,
    data: Dataset,
    *,
    weights: str = "",
    held_out: Source | None = None,
    num_images: Positive = 1000,
    candidates: Annotated[int, Bounds(2)] = 100,
) -> Values:
    """`stated.precision` on `num_images` captions, with the tower of a file `weights` that `gan-jax tower` wrote."""
    return _numbers(stated.precision(sampler, _examples(data, held_out, num_images), weights, candidates))


def spectrum(sampler: Sampler, data: Dataset, *, num_images: Positive = 256) -> Values:
    """How far the mean spectrum of generated images is from that of real ones (Durall et al. 2020), in powers of 10."""
    real = some_of(data, num_images).column("image")
    return spectra.compared(real, sampler(range(len(real))))


def _examples(data: Dataset, held_out: Source | None, num_images: Count) -> Examples:
    return some_of(data if held_out is None else data.like(held_out), num_images)


def _numbers(values: Iterable[Value]) -> Values:
    return {value.name: value.estimate.value for value in values}
