"""What objectives share about classes."""

from collections.abc import Callable

from jaxtyping import Array, Int, Key

from gan_jax.errors import InputError
from gan_jax.types import Batch, Condition, Facts, no_condition


def seen_classes(conditional: bool, facts: Facts) -> int:
    """How many classes the networks see: 0 without a condition."""
    if conditional and not facts.num_classes:
        raise InputError(
            "objective.conditional = True, but the examples of data.source have no label: give them some, of files by "
            "a folder for each class or a labels.csv, or set objective.conditional = False."
        )
    return facts.num_classes if conditional else 0


def label_of(batch: Batch, num_classes: int) -> Int[Array, "batch"] | None:
    """What a network is told of the examples' classes."""
    return batch["label"] if num_classes else None


def condition_on(num_classes: int) -> Callable[[Batch, Key[Array, "batch"]], Condition]:
    """The condition of a draw that is asked with a class, where the networks see any."""
    return (lambda batch, keys: {"label": batch["label"]}) if num_classes else no_condition
