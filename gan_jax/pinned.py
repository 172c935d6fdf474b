"""Settings of JAX that a seed's picture depends on, at one value each, whatever the environment says of them."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

SETTINGS = {
    "jax_enable_x64": False,
    "jax_default_prng_impl": "threefry2x32",
    "jax_threefry_partitionable": True,
    "jax_random_seed_offset": 0,
    "jax_disable_jit": False,  # what is fused is rounded less often
    "jax_numpy_dtype_promotion": "standard",
    "jax_numpy_rank_promotion": "allow",
}


def pin() -> None:
    """Sets them for this process, and says so where the environment has another value."""
    for name, value in SETTINGS.items():
        variable, wanted = name.upper(), str(value).lower()
        found = os.environ.get(variable, wanted)
        if found.lower() not in (wanted, str(int(value)) if isinstance(value, bool) else wanted):
            log.info("%s=%s is not heeded: results must not depend on it.", variable, found)
        os.environ[variable] = wanted  # JAX reads it when it is imported
    if "jax" in sys.modules:
        import jax

        for name, value in SETTINGS.items():
            jax.config.update(name, value)


@contextmanager
def held() -> Iterator[None]:
    """The same for the time of a call, in a process that is somebody else's."""
    import jax

    with (
        jax.enable_x64(SETTINGS["jax_enable_x64"]),
        jax.default_prng_impl(SETTINGS["jax_default_prng_impl"]),
        jax.threefry_partitionable(SETTINGS["jax_threefry_partitionable"]),
        jax.disable_jit(SETTINGS["jax_disable_jit"]),
        jax.numpy_dtype_promotion(SETTINGS["jax_numpy_dtype_promotion"]),
        jax.numpy_rank_promotion(SETTINGS["jax_numpy_rank_promotion"]),
    ):
        yield
