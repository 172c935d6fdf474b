"""The three forms of a convolution on a CPU, beside the plain operations of lax.    python benchmarks/convolutions.py

Milliseconds of each, `nets/convolution.py`'s behind lax's, alone in a program of their own and in turns: the
convolution itself, its adjoint, which takes gradients back, and the gradient of its kernel.
"""

import time
from collections.abc import Callable
from functools import partial

import jax
import numpy as np
import tables

from gan_jax import compiler
from gan_jax.nets import convolution, trilinear

# images, their side, inputs, outputs, window, stride
SHAPES = (
    (64, 32, 3, 64, 4, 2),
    (64, 16, 64, 128, 4, 2),
    (64, 32, 16, 32, 4, 2),
    (32, 32, 32, 32, 3, 1),
    (32, 32, 64, 3, 3, 1),
    (4, 64, 3, 16, 7, 1),
    (4, 64, 16, 3, 7, 1),
    (16, 48, 64, 3, 9, 1),
    (32, 32, 64, 12, 3, 1),
    (1, 64, 32, 32, 3, 1),
)
FORMS = ("convolve", "adjoint", "kernel_gradient")
ROUNDS, SECONDS = 5, 0.1  # turns, and how long about one is


def compiled(form: Callable, *operands: np.ndarray) -> Callable[[], jax.Array]:
    program = jax.jit(form, compiler_options=compiler.options()).lower(*operands).compile()
    return partial(program, *map(jax.device_put, operands))


def milliseconds(call: Callable[[], jax.Array]) -> float:
    call().block_until_ready()
    start = time.perf_counter()
    call().block_until_ready()
    count = max(1, round(SECONDS / (time.perf_counter() - start)))
    start = time.perf_counter()
    for _ in range(count):
        made = call()
    made.block_until_ready()
    return 1e3 * (time.perf_counter() - start) / count


def row(images: int, side: int, inputs: int, outputs: int, window: int, stride: int) -> tables.Row:
    geometry = trilinear.geometry_of((side, side), (window, window), stride, "SAME")
    random = np.random.default_rng(0)
    x = random.normal(size=(images, *geometry.large, inputs)).astype(np.float32)
    y = random.normal(size=(images, *geometry.small, outputs)).astype(np.float32)
    kernel = random.normal(size=(window, window, inputs, outputs)).astype(np.float32)
    operands = {"convolve": (x, kernel), "adjoint": (y, kernel), "kernel_gradient": (x, y)}
    made = {"images": f"{images} of {side}x{side}", "channels": f"{inputs} to {outputs}"}
    made |= {"window": f"{window}x{window}", "stride": stride}
    for form in FORMS:
        rivals = (getattr(trilinear, form), getattr(convolution, f"_{form}"))
        calls = [compiled(partial(rival, geometry), *operands[form]) for rival in rivals]
        turns = [[milliseconds(call) for call in calls] for _ in range(ROUNDS)]
        made[form] = " to ".join(f"{min(times):.3g}" for times in zip(*turns, strict=True))
    return made


def main() -> None:
    flags = tables.parser(__doc__).parse_args()
    tables.publish([row(*shape) for shape in SHAPES], flags.out)


if __name__ == "__main__":
    main()
