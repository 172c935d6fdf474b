"""What the discriminator of a run says of images: by how much it prefers those that it was trained on."""

from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Array, Float, UInt8

from gan_jax.evaluation.image_sets import Block, folder_of_run, load_run
from gan_jax.images import from_uint8
from gan_jax.metrics.membership import Scores
from gan_jax.objectives.two_players import as_judged
from gan_jax.runs import judge
from gan_jax.runs.trained import open_run
from gan_jax.types import Variables

BATCH = 64

Score = Callable[[UInt8[np.ndarray, "batch height width channels"], np.ndarray | None], Float[Array, "batch"]]


def of_run(spec: str) -> Score | None:
    """The logits of a run's discriminator; None where it has none, or one that sees more than images."""
    folder = folder_of_run(spec)
    found = judge.of_run(folder, open_run(folder, int(dict(load_run(spec).origin)["step"])))
    if found is None:
        return None

    @jax.jit
    def score(variables: Variables, images: Array, labels: Array | None) -> Array:
        return as_judged(found.network.apply(variables, from_uint8(images), labels, train=False)[0])["logits"]

    return lambda images, labels: score(found.variables, images, labels if found.classes else None)


def scores(score: Score, train: Block, held_out: Block, seed: int = 0) -> Scores:
    """The logits of as many training as held-out images.

    Batches hold both, by a fixed shuffle, so that what a discriminator takes from the rest of a batch tells nothing.
    """
    rng = np.random.default_rng(seed)
    size = min(len(train.images), len(held_out.images))
    chosen = [rng.permutation(len(side.images))[:size] for side in (train, held_out)]
    images = np.concatenate([side.images[i] for side, i in zip((train, held_out), chosen, strict=True)])
    labels = None
    if train.labels is not None and held_out.labels is not None:
        labels = np.concatenate([side.labels[i] for side, i in zip((train, held_out), chosen, strict=True)])
    order = rng.permutation(2 * size)
    rounds = -(-len(order) // BATCH) * BATCH
    padded = np.resize(order, rounds)  # the last batch is filled with the first images
    said = [
        np.asarray(score(images[part], None if labels is None else labels[part].astype(np.int32)), np.float64)
        for part in padded.reshape(-1, BATCH)
    ]
    logits = np.empty(2 * size)
    logits[order] = np.concatenate(said)[: 2 * size]
    return Scores(logits[:size], logits[size:])
