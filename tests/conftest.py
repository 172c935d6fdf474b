"""Run-time checks of every jaxtyping signature in the package, throughout the tests."""

from jaxtyping import install_import_hook

install_import_hook("gan_jax", "beartype.beartype")
