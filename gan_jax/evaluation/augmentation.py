"""Whether a generator's images make a classifier better than classical augmentation does, in the same steps.

The unit of analysis is the seed, which fixes the subset, the generator and the classifier's start together: all arms of
a seed are paired.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Integer, UInt8
from scipy.special import log_softmax, softmax
from sklearn.metrics import recall_score, roc_auc_score

from gan_jax.data.sources.subset import in_order, size
from gan_jax.errors import InputError
from gan_jax.evaluation.findings import Finding
from gan_jax.evaluation.small_classifiers import AS_THEY_ARE, Classical, Labelled, Trained, fit, joined
from gan_jax.metrics import intervals

LEAST_OF_CLASS = 5  # examples of a subset
CANDIDATES = (AS_THEY_ARE, Classical(0.04), Classical(0.08), Classical(0.08, flip=True))
POOL = 4  # images that are drawn for each one that a filter leaves
BASES = ("real", "classical")  # arms that others have to be better than
KNOWN = (*BASES, "duplicates", "held_out")  # arms without a generator

# Images of these classes, from this seed on.
Draw = Callable[[Integer[np.ndarray, "n"], int], UInt8[np.ndarray, "n height width channels"]]


class Plan(NamedTuple):
    """What is compared, and how."""

    family: str
    steps: int
    ratios: tuple[float, ...] = (1.0, 2.0)  # synthetic images for each real one
    confidence: float = 0.9  # of a teacher in the class that was asked for; 0: no arm with a filter
    redraw: int = 1  # sets of synthetic images, one after another


class Cell(NamedTuple):
    """A subset of the training data, with the same number of further real images and the generator of the subset."""

    subset: Labelled
    more: Labelled | None  # None: there are not as many left
    draw: Draw | None  # None: there is no generator
    seed: int


class Score(NamedTuple):
    """What a classifier reaches."""

    balanced_accuracy: float
    rare_recall: float  # of the rarest class of the subset
    auc: float  # of several classes the mean of one against the rest


def cell(train: Labelled, share: float, seed: int, draw: Draw | None = None) -> Cell:
    """The subset of a share and a seed, as the data source `subset` makes it."""
    order = in_order(train.labels, seed)
    n = size(share, len(order))
    first, second = order[:n], order[n : 2 * n]
    whole = np.bincount(train.labels)
    counts = np.bincount(train.labels[first], minlength=len(whole))
    for label in np.flatnonzero(counts < LEAST_OF_CLASS)[:1]:
        least = f"{LEAST_OF_CLASS} are the least that a classifier is trained and tuned on"
        if whole[label] < LEAST_OF_CLASS:
            raise InputError(
                f"TRAIN has {whole[label]} images of class {label}, and {least}: leave the class out, and number the "
                "others from 0 without a gap."
            )
        enough = max(np.flatnonzero(train.labels[order] == c)[LEAST_OF_CLASS - 1] + 1 for c in range(len(whole)))
        raise InputError(
            f"--shares: of {share:g} of TRAIN {counts[label]} images are of class {label}, and {least}: give "
            f"{np.ceil(1000 * enough / len(order)) / 1000:g} or more."
        )
    more = Labelled(train.images[second], train.labels[second]) if len(second) == n else None
    return Cell(Labelled(train.images[first], train.labels[first]), more, draw, seed)


def scores(of: Cell, test: Labelled, plan: Plan) -> tuple[dict[str, Score], dict[str, Any]]:
    """The score of every arm on the test set, and what was chosen on the way."""
    real, num_classes = of.subset, int(max(of.subset.labels.max(), test.labels.max())) + 1
    rare = int(np.bincount(real.labels, minlength=num_classes).argmin())
    classical = _tuned(real, num_classes, plan, of.seed)

    def trained(*sets: Labelled, how: Classical = classical) -> Trained:
        return fit(plan.family, sets, num_classes, steps=plan.steps, seed=of.seed, classical=how)

    base = trained(real)
    arms = {"real": trained(real, how=AS_THEY_ARE), "classical": base, "duplicates": trained(joined(real, real))}
    if of.more is not None:
        arms["held_out"] = trained(joined(real, of.more))
    about: dict[str, Any] = {"classical": classical}
    found = {}
    if of.draw is not None:
        for ratio in plan.ratios:
            made = _sets(of, of.draw, ratio, plan)
            arms[f"synthetic_{ratio:g}"] = trained(*(joined(real, part) for part in made))
            if ratio == plan.ratios[0]:
                arms["without_classical"] = trained(*(joined(real, part) for part in made), how=AS_THEY_ARE)
        made = _sets(of, of.draw, 1.0, plan)
        arms["only_synthetic"] = trained(*made)
        found["on_synthetic"] = _score(base, made[0], rare)
        if plan.confidence:
            kept, about["confident"] = _filtered(of, of.draw, base, plan)
            arms["filtered_1"] = trained(*(joined(real, part) for part in kept))
    return {name: _score(logits, test, rare) for name, logits in arms.items()} | found, about


def _tuned(real: Labelled, num_classes: int, plan: Plan, seed: int) -> Classical:
    """The classical augmentation under which each half of the subset is told best by a classifier of the other half.

    By the log-likelihood, every class of the same weight: of few images accuracies are too coarse to choose by.
    """
    order = in_order(real.labels, seed + 1)
    halves = [Labelled(real.images[order[half::2]], real.labels[order[half::2]]) for half in (0, 1)]

    def likelihood(how: Classical, inner: Labelled, outer: Labelled) -> float:
        trained = fit(plan.family, [inner], num_classes, steps=plan.steps, seed=seed, classical=how)
        own = log_softmax(trained(outer.images).astype(np.float64), axis=1)[np.arange(len(outer.labels)), outer.labels]
        return float(np.mean([own[outer.labels == c].mean() for c in np.unique(outer.labels)]))

    def both(how: Classical) -> float:
        return likelihood(how, *halves) + likelihood(how, *halves[::-1])

    return max(CANDIDATES, key=both)  # the first of those that are alike


def _sets(of: Cell, draw: Draw, ratio: float, plan: Plan) -> list[Labelled]:
    """Synthetic sets whose classes are as frequent as the real ones; each has seeds of its own."""
    labels = np.resize(of.subset.labels, round(ratio * len(of.subset.labels)))
    return [Labelled(draw(labels, part * len(labels)), labels) for part in range(plan.redraw)]


def _filtered(of: Cell, draw: Draw, teacher: Trained, plan: Plan) -> tuple[list[Labelled], float]:
    """As many synthetic images as real ones, those that a teacher takes for what they were asked to be (GaFi's filter).

    Where too few are confident enough, the most confident of the others follow. Also the share that are.
    """
    real = of.subset.labels
    labels = np.repeat(real, POOL)
    kept, passed = [], []
    for part in range(plan.redraw):
        images = draw(labels, part * len(labels))
        confidence = softmax(teacher(images).astype(np.float64), axis=1)[np.arange(len(labels)), labels]
        passed.append(confidence >= plan.confidence)
        best = np.argsort(-np.minimum(confidence, plan.confidence), kind="stable")
        chosen = [best[labels[best] == c][:count] for c, count in enumerate(np.bincount(real))]
        kept.append(Labelled(images[np.concatenate(chosen)], labels[np.concatenate(chosen)]))
    return kept, float(np.mean(passed))


def _score(logits: Trained, test: Labelled, rare: int) -> Score:
    shares = softmax(logits(test.images).astype(np.float64), axis=1)
    classes = np.unique(test.labels)
    recalls = recall_score(test.labels, shares.argmax(axis=1), labels=classes, average=None, zero_division=0)
    auc = np.mean([roc_auc_score(test.labels == c, shares[:, c]) for c in classes])
    return Score(float(recalls.mean()), float(recalls[classes == rare].sum()), float(auc))


def reached(by_seed: Sequence[dict[str, Score]], settings: dict[str, Any], n: int) -> Iterator[Finding]:
    """The mean over seeds of every arm's scores, with Student's interval."""
    for arm in by_seed[0]:
        for name in Score._fields:
            values = np.array([getattr(one[arm], name) for one in by_seed])
            yield Finding(f"{name}/{arm}", *intervals.mean(values), None, n, settings)


class Gain(NamedTuple):
    """How much better an arm is than the best one without more images, by seed."""

    name: str  # of a score
    arm: str
    settings: dict[str, Any]
    differences: Float[np.ndarray, "seeds"]


def gains(by_seed: Sequence[dict[str, Score]], settings: dict[str, Any]) -> list[Gain]:
    """Of all arms that are trained on more than the subset, over real images as they are or augmented.

    Over the one of these two that is better on average: a poor choice of augmentation is no merit of a generator's.
    """
    arms = [arm for arm in by_seed[0] if arm not in (*BASES, "on_synthetic")]
    found = []
    for name in Score._fields:
        values = {arm: np.array([getattr(one[arm], name) for one in by_seed]) for arm in (*BASES, *arms)}
        best = max(BASES, key=lambda arm: values[arm].mean())
        for arm in arms:
            base = "classical" if arm == "duplicates" else best  # copies are augmented as the classical arm is
            found.append(Gain(name, arm, {**settings, "over": base}, values[arm] - values[base]))
    return found


def corrected(found: Sequence[Gain], n: int) -> list[Finding]:
    """Gains with their paired intervals; those of synthetic images are tested together, by Holm for each score."""
    p_values = np.array([intervals.p_of_mean(gain.differences) for gain in found])
    tested = np.array([gain.arm not in KNOWN for gain in found], bool)
    holm = np.full(len(found), np.nan)
    for name in Score._fields:
        those = tested & np.array([gain.name == name for gain in found], bool)
        holm[those] = intervals.holm(p_values[those])
    rows = []
    for gain, p, adjusted in zip(found, p_values, holm, strict=True):
        more = {"p": float(p)} | ({} if np.isnan(adjusted) else {"p_holm": float(adjusted)})
        spread = intervals.mean(gain.differences)
        rows.append(Finding(f"gain_{gain.name}/{gain.arm}", *spread, 0.0, n, {**gain.settings, **more}))
    return rows
