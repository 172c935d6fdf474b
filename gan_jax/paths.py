"""Names of a tree's arrays: the way to each, `block_0/conv/kernel`."""

from typing import Any

import jax
from jaxtyping import PyTree


def name(path: tuple) -> str:
    """A path of `jax.tree_util` in words."""
    return jax.tree_util.keystr(path, simple=True, separator="/")


def by_name(tree: PyTree) -> dict[str, Any]:
    """The leaves of a tree by their names."""
    return {name(path): leaf for path, leaf in jax.tree_util.tree_leaves_with_path(tree)}
