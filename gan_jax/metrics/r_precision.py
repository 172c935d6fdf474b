"""Whether a picture finds its own caption among others."""

from collections.abc import Sequence

import numpy as np

from gan_jax.data import order
from gan_jax.errors import InputError
from gan_jax.metrics.samples import Estimate, Features, checked_pair, proportion


def r_precision(images: Features, texts: Features, captions: Sequence[str], candidates: int = 100) -> Estimate:
    """The share of pictures to which their own caption is nearer than `candidates` - 1 others (Xu et al. 2018).

    Features are of one space, a row for each picture and its caption; near is a high cosine. The others are drawn at
    random from all captions with other words, the same in each evaluation; chance is 1 / candidates. It should be asked
    of a network that no generator was trained against, and compared at equal `candidates` alone.
    """
    images, texts = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in checked_pair(images, texts))
    names = np.array([" ".join(caption.lower().split()) for caption in captions])
    different = len(set(names))
    if not len(images) == len(texts) == len(names):
        raise InputError(
            f"r_precision: {len(images)} images, {len(texts)} texts and {len(names)} captions: not as many."
        )
    if different < candidates:
        raise InputError(
            f"r_precision: {different} captions are different, and {candidates} are to choose from: more images, or "
            f"candidates={different} at most."
        )
    distinct, first = np.unique(names, return_index=True)
    hits = []
    for i, (image, name) in enumerate(zip(images, names, strict=True)):
        others = first[order.permutation(len(distinct), i)]
        others = others[names[others] != name][: candidates - 1]
        hits.append(image @ texts[i] > (texts[others] @ image).max())
    return proportion(np.array(hits))
