import socket
import subprocess
import sys
from functools import reduce

import numpy as np
import pytest

from gan_jax.errors import InputError
from gan_jax.metrics.moments import Moments, measure, merge, merge_hosts, update

FEATURES = np.random.default_rng(0).normal(3, 2, (1000, 24)) @ np.diag(np.geomspace(1, 1e-3, 24))


def assert_near(first: Moments, second: Moments, tolerance: float = 1e-12) -> None:
    assert first.count == second.count
    np.testing.assert_allclose(first.mean, second.mean, rtol=tolerance)
    np.testing.assert_allclose(first.scatter, second.scatter, rtol=0, atol=tolerance * np.abs(first.scatter).max())


def streamed(features: np.ndarray, batch_size: int) -> Moments:
    batches = (features[start : start + batch_size] for start in range(0, len(features), batch_size))
    return reduce(update, batches, None)


def test_moments_are_numpys():
    moments = measure(FEATURES)
    np.testing.assert_allclose(moments.mean, FEATURES.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, np.cov(FEATURES, rowvar=False), rtol=1e-10)


def test_a_covariance_divided_by_the_count_is_caught():
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(measure(FEATURES).covariance, np.cov(FEATURES, rowvar=False, ddof=0), rtol=1e-10)


@pytest.mark.parametrize("batch_size", [1, 7, 64, 999])
def test_the_batch_size_does_not_matter(batch_size):
    assert_near(streamed(FEATURES, batch_size), measure(FEATURES))


def test_a_dropped_last_batch_is_caught():
    kept = FEATURES[: len(FEATURES) // 64 * 64]
    with pytest.raises(AssertionError):
        assert_near(streamed(kept, 64), measure(FEATURES))


def test_scaling_each_batch_by_its_extremes_is_caught():
    def stretched(batch: np.ndarray) -> np.ndarray:
        return (batch - batch.min()) / (batch.max() - batch.min())

    def moments(batch_size: int) -> Moments:
        batches = (stretched(FEATURES[start : start + batch_size]) for start in range(0, 1000, batch_size))
        return reduce(update, batches, None)

    with pytest.raises(AssertionError):
        assert_near(moments(50), moments(1000))


def test_order_and_grouping_do_not_matter():
    shuffled = np.random.default_rng(1).permutation(FEATURES)
    halves = merge(measure(FEATURES[:300]), measure(FEATURES[300:]))
    assert_near(halves, measure(FEATURES))
    assert_near(streamed(shuffled, 50), measure(FEATURES))


def test_features_far_from_the_origin_keep_their_digits():
    far = measure(FEATURES + 1e6)
    np.testing.assert_allclose(far.scatter, measure(FEATURES).scatter, rtol=0, atol=1e-7 * far.scatter.max())


def test_sums_of_float32_squares_are_caught():
    far = (FEATURES + 1e4).astype(np.float32)
    raw = far.T @ far - len(far) * np.outer(far.mean(axis=0), far.mean(axis=0))
    with pytest.raises(AssertionError):
        assert_near(Moments(1000, far.mean(axis=0, dtype=np.float64), raw.astype(np.float64)), measure(far), 1e-6)


def test_one_host_merges_with_itself_bit_by_bit():
    moments = measure(FEATURES)
    assert all(np.array_equal(ours, sent) for ours, sent in zip(moments, merge_hosts(moments), strict=True))


HOST = """
import sys, jax, numpy as np
jax.distributed.initialize("127.0.0.1:" + sys.argv[2], 2, int(sys.argv[1]))
from gan_jax.metrics.moments import measure, merge_hosts
features = np.random.default_rng(0).normal(size=(301, 5))
whole, merged = measure(features), merge_hosts(measure(features[:100] if sys.argv[1] == "0" else features[100:]))
assert merged.count == whole.count
np.testing.assert_allclose(merged.mean, whole.mean, rtol=1e-12, atol=1e-14)
np.testing.assert_allclose(merged.scatter, whole.scatter, rtol=1e-12, atol=1e-11)
"""


def test_two_hosts_merge_to_one_run():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    hosts = [
        subprocess.Popen([sys.executable, "-c", HOST, str(host), str(port)], stderr=subprocess.PIPE)
        for host in range(2)
    ]
    try:
        errors = [host.communicate(timeout=100)[1].decode() for host in hosts]
    finally:
        for host in hosts:
            host.kill()
    assert [host.returncode for host in hosts] == [0, 0], errors


def test_one_sample_has_no_covariance():
    with pytest.raises(InputError, match="at least 2 samples"):
        _ = measure(FEATURES[:1]).covariance
