import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax.metrics import distances
from gan_jax.metrics.distances import count_in_balls, nearest, radii


def exact_distances(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Every distance by float64 differences."""
    return np.stack(
        [np.sqrt(np.sum((columns - row) ** 2, axis=1, dtype=np.float64)) for row in rows.astype(np.float64)]
    )


def sets(kind: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    first, second = rng.standard_normal((300, 48)), rng.standard_normal((520, 48))
    if kind == "far":  # |x|² is 10⁹ times the squared distances
        first, second = first + 5e3, second + 5e3
    if kind == "clusters":  # two tight clusters far apart, which no centring brings together
        first[150:] += 1e5
        second[260:] += 1e5
    if kind == "copies":  # and ties, exact in any arithmetic since the features are whole numbers
        first, second = np.round(first), np.round(second)
        second[:100], second[100:130] = second[0], first[250]
        first[:200] = second[:200]
    if kind == "tiny":
        first, second = 1e-25 * first, 1e-25 * second
    return first.astype(np.float32), second.astype(np.float32)


KINDS = ["plain", "far", "clusters", "copies", "tiny"]


def assert_neighbours(kind: str) -> None:
    first, second = sets(kind)
    reference = exact_distances(first, second)
    found = nearest(first, second, 5)
    np.testing.assert_allclose(found.distance, np.sort(reference, axis=1)[:, :5], rtol=1e-12)
    np.testing.assert_allclose(np.take_along_axis(reference, found.index, axis=1), found.distance, rtol=1e-12)
    own = exact_distances(second, second)
    np.fill_diagonal(own, np.inf)
    np.testing.assert_allclose(radii(second, 4), np.sort(own, axis=1)[:, 3], rtol=1e-12)


def assert_counts(kind: str, closed: bool) -> None:
    first, second = sets(kind)
    reference, radius = exact_distances(first, second), np.sort(exact_distances(first, first), axis=1)[:, 6]
    inside = reference <= radius[:, None] if closed else reference < radius[:, None]
    counts = count_in_balls(first, radius, second, closed=closed)
    np.testing.assert_array_equal(counts.balls_of_point, inside.sum(axis=0))
    np.testing.assert_array_equal(counts.points_of_ball, inside.sum(axis=1))


@pytest.mark.parametrize("kind", KINDS)
def test_neighbours_are_exact(kind):
    assert_neighbours(kind)


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_ball_counts_are_exact(kind, closed):
    assert_counts(kind, closed)


def test_copies_are_at_a_distance_of_zero():
    first, second = sets("copies")
    np.testing.assert_array_equal(nearest(first[:200], second, 1).distance, 0)


def test_blocks_do_not_change_a_bit(monkeypatch):
    first, second = sets("plain")
    radius = radii(first, 3)
    whole = nearest(first, second, 3), count_in_balls(first, radius, second, closed=True)
    monkeypatch.setattr(distances, "_ROWS", 17)
    blocked = nearest(first, second, 3), count_in_balls(first, radius, second, closed=True)
    for one, other in zip((*whole[0], *whole[1]), (*blocked[0], *blocked[1]), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def tf32(monkeypatch):
    """Matrix products as an Ampere GPU makes them by default: float32 with ten bits of mantissa."""

    def rounded(x):
        bits = jnp.asarray(x).view(jnp.uint32)
        return (bits & jnp.uint32(0xFFFFE000)).view(jnp.float32)

    def squared(rows, columns, column_norms):
        return jnp.sum(rows**2, axis=1)[:, None] + (column_norms - 2 * rounded(rows) @ rounded(columns).T)

    def forget():
        distances._candidates.clear_cache()
        distances._compare.clear_cache()

    forget()
    monkeypatch.setattr(distances, "_squared", squared)
    yield
    forget()


def test_tf32_is_caught(tf32):
    with pytest.raises(AssertionError):
        assert_counts("plain", closed=True)


def test_plain_float32_is_caught():
    first, second = sets("far")
    radius = np.sort(exact_distances(first, first), axis=1)[:, 6]
    squared = np.sum(first**2, axis=1)[:, None] + np.sum(second**2, axis=1) - 2 * first @ second.T
    right = count_in_balls(first, radius, second, closed=True).balls_of_point
    assert not np.array_equal(np.sum(squared <= radius[:, None] ** 2, axis=0), right)


def test_a_point_that_counts_itself_is_caught():
    _, second = sets("plain")
    assert not np.allclose(nearest(second, second, 4).distance[:, -1], radii(second, 4))
