"""What there is to know of one kind of column, a module each.

fit(value, column, *, crop, at, where) -> the value of one example, with the column's shape and type   (host)
flip(values [B, ...], mirrored bool [B]) -> values   (device), and of those that can be seen turn(values, quarters)
quantise(outputs [B, ...], column) -> (values of the column's type, finite bool [B])   (device)
picture(values [N, ...], turns) -> uint8 [N, H, W, C], or None where there is nothing to see; `turns` [N] or a number
    says how far what has more sides than one is turned about its vertical axis   (host)
parse(text, column, key) -> (values [N, *shape], names of the rows): what a user writes for the column   (host)
"""

from types import ModuleType

import numpy as np

from gan_jax.data.kinds import array, image, label, sound, text, tokens, voxels
from gan_jax.types import Column

KINDS = {
    "array": array,
    "image": image,
    "label": label,
    "sound": sound,
    "text": text,
    "tokens": tokens,
    "voxels": voxels,
}
SPACES = {3: "image", 4: "voxels"}  # by the dimensions of one example, channels last


def of(column: Column) -> ModuleType:
    """The module of a column's kind."""
    return KINDS[column.kind]


def words(column: Column) -> str:
    """What a column holds."""
    shape = "x".join(map(str, column.shape))
    if column.kind == "label":
        return f"a class, 0 to {column.size - 1}"
    if column.kind == "sound":
        return f"a sound of {column.shape[0] / max(column.size, 1):g} s, {column.size} samples in a second"
    if column.kind == "text":
        return f"text of at most {shape} tokens"
    if column.kind == "tokens":
        return f"{shape} tokens, 0 to {column.size - 1}"
    seen = {"image": "pixels", "voxels": "voxels"}
    return f"{shape} {seen[column.kind]}" if column.is_visible else f"{column.dtype} {list(column.shape)}"


def infer(name: str, value: np.ndarray | np.generic, kind: str = "", size: int = 0) -> Column:
    """The column that a value belongs to: a picture or voxels if it looks so, a label by its name, else an array."""
    value = np.asarray(value)
    if not kind:
        looks = value.dtype == np.uint8 and value.ndim in SPACES and 1 <= value.shape[-1] <= 4 and value.size > 0
        kind = SPACES[value.ndim] if looks else "label" if name == "label" else "array"
    return Column(tuple(value.shape), value.dtype.name, kind, size)
