"""What XLA is told wherever convolutions are compiled."""

import jax


def options() -> dict[str, str] | None:
    """Options of `jax.jit` that leave convolutions on CPUs to XLA itself.

    YNNPACK's stand in for them by default. Without, on two cores with AVX-512, gradients of 3x3 kernels took 0.65 to
    0.76 times as long, SqueezeNet 0.7 and Inception 0.6 to 0.7 times. YNNPACK's sums and matrix products stay, these by
    themselves: fused with what stands around them they are given constants as whole arrays, and a transformer's step
    took 1.06 times as long.
    """
    kept = "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT,LIBRARY_FUSION_TYPE_REDUCE"
    return {"xla_cpu_experimental_ynn_fusion_type": kept} if jax.default_backend() == "cpu" else None
