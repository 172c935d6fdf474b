import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, softmax

from gan_jax.losses.likelihoods import bernoulli, discretized_logistic, discretized_logistic_mixture, gaussian

LEVELS = np.linspace(-1, 1, 256).astype(np.float32)
RANDOM = np.random.default_rng(0)
ALL = {
    "bernoulli": bernoulli(),
    "gaussian": gaussian(),
    "gaussian of fixed scale": gaussian(scale=0.3),
    "discretized logistic": discretized_logistic(),
    "mixture": discretized_logistic_mixture(components=3),
}


def nats(likelihood, parameters, image):
    """The negative log-likelihood of one-pixel images [N, C] under the same parameters [P] or one each [N, P]."""
    image = jnp.asarray(image, jnp.float32)[:, None, None, :]
    parameters = jnp.broadcast_to(jnp.asarray(parameters, jnp.float32), (len(image), np.shape(parameters)[-1]))
    return np.asarray(likelihood.negative_log_likelihood(parameters[:, None, None, :], image))


def level_probability(level, mean, scale):
    """The definition, in float64: the logistic mass half a level around, and beyond at both ends.

    On the side of the mean where it is the difference of small numbers: of two near 1 it would be rounding.
    """
    upper = np.where(level > 0.999, np.inf, level + 1 / 255)
    lower = np.where(level < -0.999, -np.inf, level - 1 / 255)
    below, above = ([f(x, mean, scale) for x in (lower, upper)] for f in (stats.logistic.cdf, stats.logistic.sf))
    return np.where(level < mean, below[1] - below[0], above[0] - above[1])


def test_bernoulli_against_scipy():
    logits = np.linspace(-5, 5, 9)
    for bit in (0, 1):
        ours = nats(bernoulli(), logits[:, None], np.full((9, 1), 2 * bit - 1))
        np.testing.assert_allclose(ours, -stats.bernoulli.logpmf(bit, expit(logits)), rtol=1e-5)


def test_gaussian_against_scipy():
    image, mean, log_scale = RANDOM.uniform(-1, 1, (3, 5, 2))
    fixed = nats(gaussian(scale=0.3), mean, image)
    np.testing.assert_allclose(fixed, -stats.norm.logpdf(image, mean, 0.3).sum(axis=1), rtol=1e-4)
    learned = nats(gaussian(), np.concatenate([mean, log_scale], axis=1), image)
    scale = np.exp(np.log1p(np.exp(log_scale + 6)) - 6)
    np.testing.assert_allclose(learned, -stats.norm.logpdf(image, mean, scale).sum(axis=1), rtol=1e-4)


def test_learned_gaussian_scale_has_a_floor():
    assert nats(gaussian(), [0.0, -1e6], [[0.0]]) == pytest.approx(-6 + np.log(2 * np.pi) / 2, rel=1e-5)


@pytest.mark.parametrize("mean", [-1.3, 0.2, 1.0, 40.0])
@pytest.mark.parametrize("log_scale", [-20.0, -7.0, -4.0, 0.0, 3.0, 12.0])
def test_probabilities_of_all_levels_sum_to_one(mean, log_scale):
    probabilities = np.exp(-nats(discretized_logistic(), [mean, log_scale], LEVELS[:, None]).astype(np.float64))
    assert probabilities.sum() == pytest.approx(1, abs=3e-5)


@pytest.mark.parametrize("bits", [1, 5, 7])
def test_probabilities_of_fewer_levels_sum_to_one_and_are_of_the_highest_bits(bits):
    each = 2 ** (8 - bits)
    for likelihood, parameters in (
        (discretized_logistic(bits=bits), [0.2, -2.0]),
        (discretized_logistic_mixture(components=2, bits=bits), RANDOM.normal(size=6)),
    ):
        by_value = np.exp(-nats(likelihood, parameters, LEVELS[:, None]).astype(np.float64)).reshape(-1, each)
        assert len(by_value) == 2**bits
        np.testing.assert_array_equal(by_value, by_value[:, :1].repeat(each, axis=1))
        assert by_value[:, 0].sum() == pytest.approx(1, abs=1e-5)
        assert likelihood.log_weight == f"log_probability_of_{bits}_bit"


def test_five_bits_against_scipy():
    """The definition: the logistic mass between the middles of 32 levels from -1 to 1, and beyond at both ends."""
    levels = np.linspace(-1, 1, 32)
    edges = np.concatenate([[-np.inf], (levels[1:] + levels[:-1]) / 2, [np.inf]])
    expected = np.diff(stats.logistic.cdf(edges, 0.3, np.exp(-1.5)))
    ours = nats(discretized_logistic(bits=5), [0.3, -1.5], LEVELS[3::8, None])
    np.testing.assert_allclose(ours, -np.log(expected), rtol=1e-4)


@pytest.mark.parametrize("bits", [2, 4])
def test_probabilities_of_all_colours_sum_to_one(bits):
    """With the coupling of channels: green depends on red, and blue on both."""
    raw, *_ = colour_parameters(3)
    values = LEVELS[:: 2 ** (8 - bits)]
    colours = np.stack(np.meshgrid(values, values, values), axis=-1).reshape(-1, 3)
    likelihood = discretized_logistic_mixture(components=3, bits=bits)
    probabilities = np.exp(-nats(likelihood, raw.ravel(), colours).astype(np.float64))
    assert len(probabilities) == 8**bits
    assert probabilities.sum() == pytest.approx(1, abs=1e-4)


def test_discretized_logistic_against_scipy():
    for mean, log_scale in [(-0.9, -2.0), (0.1, -5.0), (0.7, 0.5)]:
        expected = level_probability(LEVELS.astype(np.float64), mean, np.exp(log_scale))
        ours = nats(discretized_logistic(), [mean, log_scale], LEVELS[:, None])
        seen = expected > 1e-9  # beyond, the difference of two float64 distribution functions is rounding
        np.testing.assert_allclose(ours[seen], -np.log(expected[seen]), rtol=1e-4, atol=1e-4)


def test_far_tail_of_discretized_logistic_is_the_exponential():
    """sigmoid(-t) = exp(-t) far out, so neighbours differ by the width of a level in units of the scale."""
    ours = nats(discretized_logistic(), [1.0, -5.0], LEVELS[100:110, None])
    np.testing.assert_allclose(np.diff(ours), -2 / 255 * np.exp(5), rtol=1e-3)


@pytest.mark.parametrize("channels", [1, 2])
def test_mixture_sums_to_one(channels):
    likelihood = discretized_logistic_mixture(components=3)
    parameters = RANDOM.normal(size=likelihood.channels(channels))
    grid = np.stack(np.meshgrid(*[LEVELS] * channels), axis=-1).reshape(-1, channels)
    assert np.exp(-nats(likelihood, parameters, grid).astype(np.float64)).sum() == pytest.approx(1, abs=1e-4)


def colour_parameters(components):
    """Raw decoder outputs [K, 10], and what they mean: weights, means, scales, coefficients."""
    raw = RANDOM.normal(size=(components, 10))
    raw[:, 4:7] -= 2
    return raw, softmax(raw[:, 0]), raw[:, 1:4], np.exp(raw[:, 4:7]), np.tanh(raw[:, 7:])


def test_colour_mixture_against_the_formulas_of_pixelcnn():
    raw, weights, means, scales, coefficients = colour_parameters(4)
    pixels = RANDOM.choice(LEVELS, (20, 3)).astype(np.float64)
    expected = []
    for red, green, blue in pixels:
        probability = 0.0
        for weight, m, s, c in zip(weights, means, scales, coefficients, strict=True):
            probability += (
                weight
                * level_probability(red, m[0], s[0])
                * level_probability(green, m[1] + c[0] * red, s[1])
                * level_probability(blue, m[2] + c[1] * red + c[2] * green, s[2])
            )
        expected.append(-np.log(probability))
    ours = nats(discretized_logistic_mixture(components=4), raw.ravel(), pixels)
    np.testing.assert_allclose(ours, expected, rtol=1e-3)


def test_colour_mixture_mean_is_that_of_its_samples():
    raw, weights, means, scales, coefficients = colour_parameters(2)
    means *= 0.1  # in place, the raw outputs too
    means[:, 0] += 0.4  # so that blue depends visibly on red through green
    k = RANDOM.choice(2, 200_000, p=weights)
    red, green, blue = (means[k] + 0.05 * scales[k] * RANDOM.logistic(size=(200_000, 3))).T
    green += coefficients[k, 0] * red
    blue += coefficients[k, 1] * red + coefficients[k, 2] * green
    ours = discretized_logistic_mixture(components=2).mean(jnp.float32(raw.ravel())[None, None, None])
    np.testing.assert_allclose(ours[0, 0, 0], [red.mean(), green.mean(), blue.mean()], atol=2e-3)


@pytest.mark.parametrize("name", sorted(ALL))
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_shapes_of_the_mean(name, channels):
    likelihood = ALL[name]
    outputs = 3 * RANDOM.normal(size=(2, 3, 4, likelihood.channels(channels))).astype(np.float32)
    mean = likelihood.mean(jnp.asarray(outputs))
    assert mean.shape == (2, 3, 4, channels)
    assert likelihood.negative_log_likelihood(jnp.asarray(outputs), mean).shape == (2,)


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_mean_beyond_the_range_is_called_back(name):
    likelihood = ALL[name]
    outputs = 3 * RANDOM.normal(size=(1, 8, 8, likelihood.channels(1))).astype(np.float32)

    def distance(outputs):
        return jnp.abs(likelihood.mean(outputs) - 0.9).sum()

    gradient = jax.grad(distance)(jnp.asarray(outputs))
    assert (np.abs(gradient).max(axis=-1) > 0).all()


def test_means_are_where_the_likelihood_has_its_peak():
    assert bernoulli().mean(jnp.full((1, 1, 1, 1), np.log(3.0)))[0, 0, 0, 0] == pytest.approx(0.5)
    for likelihood in (gaussian(), discretized_logistic(), discretized_logistic_mixture(components=1)):
        parameters = [0.3, -4.0] if likelihood.channels(1) == 2 else [0.0, 0.3, -4.0]
        mean = likelihood.mean(jnp.float32(parameters)[None, None, None])[0, 0, 0, 0]
        best = LEVELS[np.argmin(nats(likelihood, parameters, LEVELS[:, None]))]
        assert mean == pytest.approx(0.3, abs=1e-6) and abs(best - mean) < 1 / 255


@pytest.mark.parametrize("name", sorted(ALL))
def test_gradients_are_finite_at_extremes(name):
    likelihood = ALL[name]
    image = jnp.float32([-1, 0, 1, 0.6])[:, None, None, None]
    value_and_gradient = jax.jit(
        jax.value_and_grad(lambda outputs: likelihood.negative_log_likelihood(outputs, image).sum())
    )
    count = likelihood.channels(1)
    for corner in np.stack(np.meshgrid(*[[-1e4, 0.0, 1e4]] * min(count, 3)), axis=-1).reshape(-1, min(count, 3)):
        outputs = np.resize(corner, (4, 1, 1, count)).astype(np.float32)
        value, gradient = value_and_gradient(outputs)
        assert np.isfinite(value) and np.isfinite(gradient).all(), corner
