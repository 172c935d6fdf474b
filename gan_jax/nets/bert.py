"""BERT's transformer (Devlin et al. 2019) as a function of a published checkpoint, which is where its sizes stand."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

Weights = Mapping[str, Array]  # by PyTorch's names and in its layout
States = Float[Array, "batch length width"]


def states(
    weights: Weights, tokens: Int[Array, "batch length"], there: Bool[Array, "batch length"], heads: int
) -> States:
    """The last layer's states of tokens; those that are not `there` are not looked at."""
    length = tokens.shape[1]
    words = jnp.take(weights["embeddings.word_embeddings.weight"], tokens, axis=0)
    x = words + weights["embeddings.position_embeddings.weight"][:length]
    x = x + weights["embeddings.token_type_embeddings.weight"][0]
    x = _normalised(weights, "embeddings.LayerNorm", x)
    for number in range(depth_of(weights)):
        x = _layer(weights, f"encoder.layer.{number}", x, there, heads)
    return x


def depth_of(weights: Mapping[str, object]) -> int:
    """How many layers a checkpoint has."""
    ends = ".attention.self.query.weight"
    return sum(name.startswith("encoder.layer.") and name.endswith(ends) for name in weights)


def _layer(weights: Weights, name: str, x: States, there: Bool[Array, "batch length"], heads: int) -> States:
    batch, length, width = x.shape

    def split(part: str) -> Float[Array, "batch length heads size"]:
        return _dense(weights, f"{name}.attention.self.{part}", x).reshape(batch, length, heads, -1)

    query, key, value = map(split, ("query", "key", "value"))
    logits = jnp.einsum("bqhc,bkhc->bhqk", query, key) * (width // heads) ** -0.5
    attention = jax.nn.softmax(jnp.where(there[:, None, None], logits, -1e9))
    gathered = jnp.einsum("bhqk,bkhc->bqhc", attention, value).reshape(x.shape)
    x = _normalised(
        weights, f"{name}.attention.output.LayerNorm", x + _dense(weights, f"{name}.attention.output.dense", gathered)
    )
    y = jax.nn.gelu(_dense(weights, f"{name}.intermediate.dense", x), approximate=False)
    return _normalised(weights, f"{name}.output.LayerNorm", x + _dense(weights, f"{name}.output.dense", y))


def _dense(weights: Weights, name: str, x: Float[Array, "batch length inputs"]) -> Float[Array, "batch length outputs"]:
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def _normalised(weights: Weights, name: str, x: States) -> States:
    mean = x.mean(axis=-1, keepdims=True)
    variance = jnp.square(x - mean).mean(axis=-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-12) * weights[f"{name}.weight"] + weights[f"{name}.bias"]
