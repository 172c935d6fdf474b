"""A tiny checkpoint of BERT's form, and what it says, in NumPy."""

import numpy as np
from scipy.special import erf, softmax


def bert(arrays, tokens, heads):
    """BERT in NumPy, one sequence without padding."""

    def dense(x, name):
        return x @ arrays[f"{name}.weight"].T + arrays[f"{name}.bias"]

    def norm(x, name):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return x * arrays[f"{name}.weight"] + arrays[f"{name}.bias"]

    places = arrays["embeddings.position_embeddings.weight"][: len(tokens)]
    x = arrays["embeddings.word_embeddings.weight"][tokens] + places
    x = norm(x + arrays["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in ("encoder.layer.0", "encoder.layer.1"):
        q, k, v = (dense(x, f"{layer}.attention.self.{part}") for part in ("query", "key", "value"))
        size, parts = q.shape[1] // heads, []
        for head in range(heads):
            own = slice(head * size, (head + 1) * size)
            parts.append(softmax(q[:, own] @ k[:, own].T / np.sqrt(size), axis=1) @ v[:, own])
        gathered = dense(np.concatenate(parts, 1), f"{layer}.attention.output.dense")
        x = norm(x + gathered, f"{layer}.attention.output.LayerNorm")
        y = dense(x, f"{layer}.intermediate.dense")
        y = 0.5 * y * (1 + erf(y / np.sqrt(2)))
        x = norm(x + dense(y, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    return x


def checkpoint(width=8, inner=16, words=12):
    random = np.random.default_rng(0)
    shapes = {
        f"embeddings.{n}_embeddings": (s, width) for n, s in (("word", words), ("position", 6), ("token_type", 2))
    }
    for layer in ("encoder.layer.0", "encoder.layer.1"):
        parts = ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"]
        shapes |= {f"{layer}.{part}": (width, width) for part in parts}
        shapes |= {f"{layer}.intermediate.dense": (inner, width), f"{layer}.output.dense": (width, inner)}
    shapes |= {"pooler.dense": (width, width)}
    arrays = {f"{name}.weight": random.normal(size=shape) for name, shape in shapes.items()}
    arrays |= {f"{name}.bias": random.normal(size=shape[:1]) for name, shape in shapes.items() if "embed" not in name}
    norms = [
        f"{layer}.{part}.LayerNorm"
        for layer in ("encoder.layer.0", "encoder.layer.1")
        for part in ("attention.output", "output")
    ]
    for name in ("embeddings.LayerNorm", *norms):
        arrays |= {f"{name}.weight": random.normal(size=width), f"{name}.bias": random.normal(size=width)}
    return {name: x.astype(np.float32) for name, x in arrays.items()}
