"""What a data set is: enough of it to notice that a run goes on with another."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from gan_jax.data.dataset import Dataset

SAMPLED = 32  # examples that are read of a source without names


def identity(data: Dataset) -> dict[str, Any]:
    """Plain values: digests of names and labels where a source tells them, else of some examples, and class counts."""
    names = getattr(data.source, "names", None) or None
    labels = getattr(data.source, "labels", None)
    labels = labels if isinstance(labels, np.ndarray) and len(labels) == len(data) else None
    counts = Counter(labels.tolist()) if labels is not None else {}
    return {
        "names": _digest(map(str, names)) if names is not None else "",
        "labels": _digest(map(str, labels.tolist())) if labels is not None else "",
        "examples": _digest(_sampled(data)) if names is None else "",
        "per_class": tuple(counts.get(number, 0) for number in range(data.num_classes)) if counts else (),
    }


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What two runs' facts of their data say otherwise, a line each."""
    found = _of_classes(old["classes"], new["classes"])
    for name in ("num_examples", "image_shape"):
        if old[name] != new[name]:
            found.append(f"{name}: {old[name]} -> {new[name]}")
    found += [
        f"column {name}: {old['columns'].get(name, 'none')} -> {new['columns'].get(name, 'none')}"
        for name in sorted(old["columns"].keys() | new["columns"].keys())
        if old["columns"].get(name) != new["columns"].get(name) and name != "label"
    ]
    if old.get("tokenizers", {}) != new.get("tokenizers", {}):
        found.append("the words of captions, or their numbers (data.tokenizer)")
    before, after = old.get("data"), new["data"]
    if before is None:
        return found
    if old["classes"] == new["classes"]:
        counts = zip(new["classes"], before["per_class"], after["per_class"], strict=False)
        found += [f"class {name!r}: {a} examples -> {b}" for name, a, b in counts if a != b]
    if not found:
        said = {"names": "the files' names", "labels": "the examples' labels", "examples": "what examples hold"}
        found = [f"{what}, or their order" for key, what in said.items() if before[key] != after[key]]
    return found


def _of_classes(old: tuple[str, ...], new: tuple[str, ...]) -> list[str]:
    if old == new:
        return []
    gone, come = ([name for name in a if name not in b] for a, b in ((old, new), (new, old)))
    found = [f"classes gone: {', '.join(map(repr, gone))}"] if gone else []
    found += [f"classes new: {', '.join(map(repr, come))}"] if come else []
    return found or ["classes: their order"]


def _sampled(data: Dataset) -> Iterable[str]:
    """Digests of some examples; of those that come out otherwise each time nothing."""
    for i in np.unique(np.linspace(0, len(data) - 1, SAMPLED).astype(int)).tolist():
        once, again = (_example(data, i) for _ in range(2))
        yield once if once == again else ""


def _example(data: Dataset, i: int) -> str:
    return _digest(f"{name} {value.dtype} {value.tobytes().hex()}" for name, value in sorted(_arrays(data, i).items()))


def _arrays(data: Dataset, i: int) -> dict[str, np.ndarray]:
    return {name: np.asarray(value) for name, value in data.example(i, (i,)).items()}


def _digest(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode(errors="surrogateescape") + b"\0")
    return digest.hexdigest()
