"""MiniLM, or any sentence encoder of BERT's form, as what reads captions: from its own safetensors file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import traverse_util
from jaxtyping import Array, Float, Int, PyTree

from gan_jax.bounds import Positive
from gan_jax.errors import InputError
from gan_jax.features import weights as weight_files
from gan_jax.nets import bert
from gan_jax.nets.normalization import unit_length
from gan_jax.nets.reading import masked_mean
from gan_jax.runs.kept import Kept
from gan_jax.types import NOTHING, Frozen

NEEDED = ("embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight", "embeddings.LayerNorm.weight")


def make(*, weights: str = "", heads: Positive = 12, words: bool = False, kept: Kept | None = None) -> Frozen:
    """(tokens [B, L]) -> embeddings [B, width] of length 1, means over the tokens; with `words` one for each token.

    Tokens are those of `data.tokenizer=dict(name="wordpiece", vocabulary=...)`, with the checkpoint's own vocabulary.
    weights: a file .safetensors, such as all-MiniLM-L6-v2's `model.safetensors`. heads: of its attention, which the
    file does not tell: 12 of MiniLM-L6's 384 numbers.
    """
    if kept is not None:
        return Frozen(Reader(kept.variables, kept.identity), kept.variables, kept.identity)
    if not weights:
        raise InputError(
            "frozen: minilm needs weights=FILE.safetensors, which holds a sentence encoder of BERT's form."
        )
    file = weight_files.read(Path(weights))
    arrays = {name.removeprefix("bert."): x for name, x in file.arrays.items() if ".pooler." not in f".{name}"}
    missing = [name for name in NEEDED if name not in arrays]
    if missing or not bert.depth_of(arrays):
        raise InputError(
            f"frozen: {weights} has no {(missing or ['encoder.layer.0'])[0]}: it is no encoder of BERT's form."
        )
    width = arrays[NEEDED[0]].shape[1]
    if width % heads:
        raise InputError(f"frozen: heads = {heads} does not divide the {width} numbers of {weights}'s embeddings.")
    identity = {
        "name": "minilm",
        "sha256": weight_files.fingerprint(arrays),
        "heads": heads,
        "words": words,
    }
    variables = traverse_util.unflatten_dict({name: np.asarray(x, np.float32) for name, x in arrays.items()}, sep=".")
    return Frozen(Reader(variables, identity), variables, identity)


class Reader:
    """A checkpoint as a function of its variables; it says their `shapes` and how many tokens it knows."""

    def __init__(self, variables: PyTree, identity: Mapping[str, Any]) -> None:
        self.heads, self.words = identity["heads"], identity["words"]
        self.shapes = jax.eval_shape(lambda: variables)
        flat = traverse_util.flatten_dict(self.shapes, sep=".")
        self.vocabulary, self.longest = (flat[name].shape[0] for name in NEEDED[:2])

    def __call__(
        self, variables: PyTree, tokens: Int[Array, "batch length"]
    ) -> Float[Array, "batch width"] | Float[Array, "batch length width"]:
        """What fills a text up becomes zeros."""
        if tokens.shape[1] > self.longest:
            raise InputError(
                f"frozen: minilm reads {self.longest} tokens at most, and captions have {tokens.shape[1]}."
            )
        there = tokens != NOTHING
        states = bert.states(traverse_util.flatten_dict(variables, sep="."), tokens, there, self.heads)
        if self.words:
            return jnp.where(there[:, :, None], states, 0.0)
        return unit_length(masked_mean(states, there))
