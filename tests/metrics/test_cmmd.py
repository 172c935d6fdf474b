import numpy as np
import pytest

from gan_jax.metrics.cmmd import cmmd


def one_direction(place: int, sign: float = 1.0) -> np.ndarray:
    return sign * np.tile(np.eye(8)[place], (50, 1))


def by_definition(real: np.ndarray, fake: np.ndarray) -> float:
    real, fake = (side.astype(np.float64) / np.linalg.norm(side, axis=1, keepdims=True) for side in (real, fake))

    def mean(first, second):
        return np.mean([np.exp(-np.sum((x - second) ** 2, axis=1) / 200) for x in first])

    return 1000 * (mean(real, real) + mean(fake, fake) - 2 * mean(real, fake))


def test_known_values():
    assert cmmd(one_direction(0), one_direction(1)).value == pytest.approx(19.900333, rel=1e-6)
    assert cmmd(one_direction(0), one_direction(0, -1.0)).value == pytest.approx(39.602653, rel=1e-6)


def assert_definition(distance) -> None:
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((300, 32)), 0.3 + 2 * rng.standard_normal((250, 32))
    assert distance(real, fake) == pytest.approx(by_definition(real, fake), abs=1e-5)


def test_the_definition():
    assert_definition(lambda real, fake: cmmd(real, fake).value)


def test_an_unbiased_estimate_is_caught():
    def faulty(real, fake):
        return cmmd(real, fake).value - 20 / len(real)

    with pytest.raises(AssertionError):
        assert_definition(faulty)


def test_low_precision_kernels_are_caught():
    def faulty(real, fake):  # one plus a float16 kernel's small part
        sides = [(side / np.linalg.norm(side, axis=1, keepdims=True)) for side in (real, fake)]

        def mean(first, second):
            return np.mean(np.exp(-(2 - 2 * first @ second.T) / 200).astype(np.float16), dtype=np.float64)

        return 1000 * (mean(sides[0], sides[0]) + mean(sides[1], sides[1]) - 2 * mean(*sides))

    with pytest.raises(AssertionError):
        assert_definition(faulty)
