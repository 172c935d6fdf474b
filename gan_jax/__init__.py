"""Functional JAX/Flax training of GANs and VAEs: `sampler = gan_jax.load("runs/quickstart")` opens a trained run."""

from typing import Any

__version__ = "0.1.0"
__all__ = ["load"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from gan_jax.sampling import load  # here, so that `import gan_jax` stays light

    return load.load
