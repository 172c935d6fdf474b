"""What objectives share about classes."""

from gan_jax.errors import InputError
from gan_jax.types import Facts


def seen_classes(conditional: bool, facts: Facts) -> int:
    """How many classes the networks see: 0 without a condition."""
    if conditional and not facts.num_classes:
        raise InputError(
            "objective.conditional = True, but the examples of data.source have no label: give them some, of files by "
            "a folder for each class or a labels.csv, or set objective.conditional = False."
        )
    return facts.num_classes if conditional else 0
