"""What XLA is told wherever convolutions are compiled."""

import jax


def options() -> dict[str, str] | None:
    """Options of `jax.jit` that leave convolutions on CPUs to XLA itself.

    YNNPACK's, which stand in for it by default, take 1.5 times as long for gradients of kernels and do not spread over
    cores. Its sums and matrix products stay.
    """
    kept = "LIBRARY_FUSION_TYPE_DOT,LIBRARY_FUSION_TYPE_REDUCE"
    return {"xla_cpu_experimental_ynn_fusion_type": kept} if jax.default_backend() == "cpu" else None
