"""What there is to name in a config."""

import importlib
import inspect
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from gan_jax import command, terminal
from gan_jax.config import files
from gan_jax.config.calls import PACKAGES
from gan_jax.config.names import public_names
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
    "sources": PACKAGES["source"],
}
WHOLE = ("Generator", "Discriminator", "VAE", "Encoder", "Decoder")  # networks, and not the layers of one


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
    package = importlib.import_module(KINDS[kind])
    if kind == "networks":
        return {
            f"{module}.{name}": _line(value)
            for module in public_names(package)
            for name, value in vars(importlib.import_module(f"{package.__name__}.{module}")).items()
            if inspect.isclass(value) and hasattr(value, "init_with_output")
            if value.__module__ == f"{package.__name__}.{module}" and name in WHOLE
        }
    found = {}
    for name in public_names(package):
        value = getattr(package, name, None) or importlib.import_module(f"{package.__name__}.{name}")
        if isinstance(value, ModuleType):
            if hasattr(value, "make"):
                found[name] = _line(value.make)
        elif name.islower() and getattr(value, "__module__", package.__name__).startswith(package.__name__):
            found[name] = _line(value)
    return found


def _line(value: Any) -> str:
    """The first line of what it says of itself; a game says it of its sides."""
    text = inspect.getdoc(value.discriminator if isinstance(value, AdversarialLoss) else value)
    return (text or "").partition("\n")[0]
