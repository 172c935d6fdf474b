"""What is written into every file of a model's outputs: that it is synthetic, and what it was made by."""

from collections.abc import Iterable, Mapping

from gan_jax import __version__
from gan_jax.types import Column

ARRAY = "provenance"  # of an npz: JSON of the marks
SOURCE_TYPE = "DigitalSourceType"  # IPTC's property of pictures, by its own name
TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SAMPLED = TERMS + "trainedAlgorithmicMedia"
COMPOSITE = TERMS + "compositeWithTrainedAlgorithmicMedia"


def marks(origin: Mapping[str, str], *, composite: bool) -> dict[str, str]:
    """What a model's outputs are said to be, and the run, step and digests that they come from.

    `composite` says whether they were made of pictures that somebody gave, and not out of numbers alone. There is
    nothing in it of the machine or of who uses it, and no time: the same seed is the same file.
    """
    return {SOURCE_TYPE: COMPOSITE if composite else SAMPLED, "Software": f"gan_jax {__version__}", **origin}


def asked_with_pictures(columns: Iterable[Column]) -> bool:
    """Whether a draw that is asked with these columns makes pictures out of pictures."""
    return any(column.is_visible for column in columns)
