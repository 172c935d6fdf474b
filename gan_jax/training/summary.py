"""What is about to be trained, in numbers: parameters by player and network part, and the arithmetic of a step."""

from collections.abc import Mapping

import jax
from jaxtyping import PyTree


def summary(players: Mapping[str, PyTree], step: jax.stages.Compiled | None = None) -> str:
    """A table of the players' parameter trees, and below it the FLOPs of a compiled step.

    XLA counts the body of a loop once, and under a mesh the share of one device.
    """
    rows = [("player", "part", "arrays", "parameters")]
    for player, params in sorted(players.items()):
        parts = sorted(params.items()) if isinstance(params, Mapping) else [("", params)]
        rows += [(player, part, *_count(tree)) for part, tree in parts]
        rows.append((player, "total", *_count(params)))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}" for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    flops = (step.cost_analysis() or {}).get("flops", 0) if step is not None else 0
    if flops > 0:  # not every backend counts
        lines.append(f"One compiled step: {flops / 1e9:,.3f} GFLOP on each device.")
    return "\n".join(lines)


def _count(tree: PyTree) -> tuple[str, str]:
    leaves = jax.tree.leaves(tree)
    return str(len(leaves)), f"{sum(leaf.size for leaf in leaves):,}"
