"""What there is to name in a config."""

import importlib
import inspect
from collections.abc import Sequence
from typing import Any

from gan_jax import command, terminal
from gan_jax.config import files
from gan_jax.config.offered import offered
from gan_jax.config.packages import PACKAGES
from gan_jax.losses import AdversarialLoss

KINDS = {
    "augmentations": PACKAGES["augment"],
    "derived": PACKAGES["derive"],
    "evals": PACKAGES["evals"],
    "features": PACKAGES["features"],
    "frozen": PACKAGES["frozen"],
    "likelihoods": PACKAGES["likelihood"],
    "losses": PACKAGES["losses"],
    "networks": PACKAGES["network"],
    "objectives": PACKAGES["objective"],
    "rewards": PACKAGES["reward"],
    "sources": PACKAGES["source"],
    "tokenizers": PACKAGES["tokenizer"],
}


def main(arguments: Sequence[str]) -> int:
    """Prints the names of a kind, each with the first line of what it says of itself."""
    parser = command.parser("list", "Tells what a config can name.")
    kinds = ["configs", "metrics", *KINDS]
    parser.add_argument("kind", nargs="?", choices=kinds, help="by default what kinds there are")
    flags = parser.parse_args(arguments)
    if flags.kind is None:
        terminal.show("\n".join(f"  {command.spoken('list')} {kind}" for kind in kinds))
        return 0
    rows = files.configs() if flags.kind == "configs" else _metrics() if flags.kind == "metrics" else _names(flags.kind)
    width = max(map(len, rows))
    terminal.show("\n".join(f"  {name:<{width}}  {line}".rstrip() for name, line in rows.items()))
    return 0


def _metrics() -> dict[str, str]:
    from gan_jax.evaluation.comparison import METRICS
    from gan_jax.evaluation.encoding import ENCODER_METRICS

    return {name: _line(function) for name, function in {**METRICS, **ENCODER_METRICS}.items()}


def _names(kind: str) -> dict[str, str]:
    return {name: _line(value) for name, value in offered(importlib.import_module(KINDS[kind])).items()}


def _line(value: Any) -> str:
    """The first line of what it says of itself; a game says it of its sides."""
    text = inspect.getdoc(value.discriminator if isinstance(value, AdversarialLoss) else value)
    return (text or "").partition("\n")[0]
