"""How well generated images are told from real ones, across generators, beside what a leak alone would give.

A detector that has learnt how files were written looks like one that has learnt what generators do. So the same
detector is asked to tell real images from real images, one half written as the real side is, the other as the
generated one: the same-population control. Where it can, no figure beside it is evidence of anything.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Float64, UInt8
from scipy.stats import mannwhitneyu
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gan_jax.errors import InputError
from gan_jax.evaluation import detectors, recoding
from gan_jax.evaluation.detectors import Detector
from gan_jax.evaluation.findings import Finding
from gan_jax.evaluation.recoding import LOSSLESS, Encoding
from gan_jax.metrics.intervals import Interval, area_under_curve, wilson

LEAST = 100  # images of a side
CERTAIN = 0.01  # of all controls of a table together: a false alarm
WIPED = 0.83  # of the sides: off the grid of what an image was written with before
RATE = 0.05  # of false positives

Images = UInt8[np.ndarray, "n height width channels"]

NOT_EVIDENCE = (
    "This is not evidence about any single image, nor about generators that are not in the table. Half of the images "
    "here are generated: where 1 % are, a detector that finds 95 % of them at 5 % false positives is right in 16 % of "
    "its alarms."
)


class Control(NamedTuple):
    """Whether one can tell what one should not be able to."""

    auc: Interval
    p: float  # of as much above .5 by chance
    n: int


class Parts(NamedTuple):
    """What a detector is trained on, calibrated by and tested on."""

    train: Images
    calibrate: Images
    test: Images


def parts(images: Images, name: str, seed: int = 0) -> Parts:
    """A half and two quarters, at random."""
    if len(images) < LEAST:
        raise InputError(f"{name}: {len(images)} images are too few for a detector: give {LEAST} at least.")
    shuffled = images[np.random.default_rng(seed).permutation(len(images))]
    return Parts(*np.split(shuffled, [len(images) // 2, len(images) * 3 // 4]))


def trained(kind: str, real: Parts, fake: Parts) -> Detector:
    """A detector with its threshold."""
    return detectors.calibrated(detectors.train(kind, real.train, fake.train), real.calibrate)


def same_population(kind: str, real: Images, encodings: tuple[Encoding, Encoding], seed: int = 0) -> Control:
    """The detector on two halves of the real images, each written as one of the sides is.

    They are made smaller first, by a share that breaks up the blocks of an earlier JPEG.
    """
    shuffled = real[np.random.default_rng(seed).permutation(len(real))]
    if encodings != (LOSSLESS, LOSSLESS):
        shuffled = recoding.resized(shuffled, WIPED, back=False)
    sides = [recoding.encoded(shuffled[half::2], how) for half, how in enumerate(encodings)]

    def fitted(a: Images, b: Images) -> Callable[[Images], np.ndarray]:
        return detectors.train(kind, a, b)

    return _crossed(*sides, fitted)


def by_metadata(real: Float64[np.ndarray, "n facts"], fake: Float64[np.ndarray, "m facts"]) -> Control:
    """Whether the files without their pixels tell the sides apart."""

    def fitted(a: np.ndarray, b: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        labels = np.repeat([0, 1], [len(a), len(b)])
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000, class_weight="balanced"))
        return model.fit(np.concatenate([a, b]), labels).decision_function

    return _crossed(real, fake, fitted)


def _crossed(a: np.ndarray, b: np.ndarray, fitted: Callable) -> Control:
    """Each half is scored by what was fitted on the other."""
    found: list[list[np.ndarray]] = [[], []]
    for fold in (0, 1):
        score = fitted(a[fold::2], b[fold::2])
        own = [score(side[1 - fold :: 2]) for side in (a, b)]
        pooled = np.concatenate(own)
        for place, values in enumerate(own):
            found[place].append((values - np.median(pooled)) / (pooled.std() + 1e-12))
    negative, positive = map(np.concatenate, found)
    alike = not np.ptp(np.concatenate([positive, negative]))  # of which no test knows what to say
    p = 1.0 if alike else float(mannwhitneyu(positive, negative, alternative="greater").pvalue)
    return Control(area_under_curve(positive, negative), p, len(a) + len(b))


class Figures(NamedTuple):
    """What a detector reaches where half of the images are generated."""

    auc: Interval
    average_precision: Interval
    accuracy: Interval  # at even odds
    accuracy_at_5: Interval  # at the threshold of 5 % false positives on held-out real images


def figures(
    real: Float[np.ndarray, "n"], fake: Float[np.ndarray, "m"], threshold: float, *, middle: float = 0.0
) -> Figures:
    """Of a detector's scores; as many of each."""
    n = min(len(real), len(fake))
    real, fake = real[:n], fake[:n]
    labels, said = np.repeat([0, 1], n), np.concatenate([real, fake])
    precision = float(average_precision_score(labels, said))
    accuracy, calibrated = (
        wilson(int(np.sum(real <= limit) + np.sum(fake > limit)), 2 * n) for limit in (middle, threshold)
    )
    nan = float("nan")
    return Figures(area_under_curve(fake, real), Interval(precision, nan, nan), accuracy, calibrated)


class Cell(NamedTuple):
    """One place of the matrix."""

    kind: str
    trained: str
    tested: str
    change: str
    figures: Figures
    n: int


def matrix(
    known: Mapping[tuple[str, str], Detector], real: Parts, fakes: Mapping[str, Parts], changes: Sequence[str]
) -> Iterator[Cell]:
    """Every detector, by kind and by what it was trained on, on every generator, under every change of both sides."""
    for change in changes:
        altered = recoding.CHANGES[change]
        tested_real = altered(real.test)
        tested = {name: altered(fake.test) for name, fake in fakes.items()}
        for (kind, name), detector in known.items():
            of_real = detector(tested_real)
            for other, images in tested.items():
                found = figures(of_real, detector(images), detector.threshold)
                yield Cell(kind, name, other, change, found, 2 * min(len(of_real), len(images)))


def leaks(
    controls: Mapping[str, Control | None], metadata: Control | None, unequal: Sequence[str]
) -> dict[str, list[str]]:
    """Of each kind of detector what it may have learnt in the place of what generators do; nothing of a clean one."""
    tested = [control for control in (*controls.values(), metadata) if control is not None]
    limit = CERTAIN / max(len(tested), 1)
    common = list(unequal)
    if metadata is not None and metadata.p < limit:
        common.append(f"files alone tell the sides apart (AUC {metadata.auc.value:.3f})")
    found = {}
    for kind, control in controls.items():
        own = []
        if control is not None and control.p < limit:
            own = [f"the same images, written as each side is, are told apart (AUC {control.auc.value:.3f})"]
        found[kind] = common + own
    return found


def of_control(name: str, control: Control, settings: dict[str, Any]) -> Finding:
    """A control as a line of a table."""
    return Finding(name, *control.auc, 0.5, control.n, {**settings, "p": control.p})


def of_cell(cell: Cell, leak: Sequence[str], control: Control | None) -> Iterator[Finding]:
    """A place of the matrix as lines; what may have leaked goes with each."""
    settings = {"trained": cell.trained, "tested": cell.tested, "change": cell.change}
    settings |= {"control": control.auc.value} if control else {}
    settings |= {"refused": "; ".join(leak)} if leak else {}
    for name, interval in cell.figures._asdict().items():
        low, high = (None if np.isnan(end) else end for end in interval[1:])
        yield Finding(f"{name}/{cell.kind}", interval.value, low, high, 0.5, cell.n, settings)
