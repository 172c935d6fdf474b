from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import views

from gan_jax import rng
from gan_jax.errors import InputError
from gan_jax.losses.combine import Term, initial_carry, total
from gan_jax.losses.views import View

BATCH = {"position": jnp.arange(4)}


@dataclass(frozen=True, kw_only=True)
class NumbersView(View):
    x: Any


def view_of(x):
    return views.view(NumbersView, x=x, batch=BATCH, key=jax.random.key(1))


def values(view):
    return jnp.float32([1, 2, 3, 6]) * view.x


class Counter:
    """A term that remembers how often it was asked."""

    def init(self):
        return jnp.zeros((), jnp.int32)

    def __call__(self, view):
        return values(view), view.carry + 1


@partial(jax.jit, static_argnums=0)
def run(terms, x, step, carry):
    def loss(x):
        value, *rest = total("critic", dict(terms), view_of(x), step, carry)
        return value, rest

    (value, (carry, metrics)), gradient = jax.value_and_grad(loss, has_aux=True)(x)
    return value, gradient, carry, metrics


def curve(term, steps):
    """Loss and gradient at x = 1 over the first steps."""
    results = [run((("term", term),), 1.0, step, {}) for step in range(steps)]
    return [float(result[0]) for result in results], [float(result[1]) for result in results]


def test_weighted_sum_of_batch_means():
    terms = (("a", Term(values, weight=2.0)), ("b", Term(lambda view: values(view) ** 2)))
    loss, gradient, _, metrics = run(terms, 1.0, 0, {})
    assert loss == 2 * 3 + 12.5 and gradient == 2 * 3 + 2 * 12.5
    assert {name: (float(m.total), float(m.count)) for name, m in metrics.items()} == {"a": (3, 1), "b": (12.5, 1)}


def test_lazy_term_counts_its_interval_on_every_kth_step():
    losses, gradients = curve(Term(values, weight=2.0, every=3), 7)
    assert losses == gradients == [18, 0, 0, 18, 0, 0, 18]
    assert np.mean(losses[:6]) == curve(Term(values, weight=2.0), 1)[0][0]


def test_lazy_metric_is_averaged_over_its_own_steps():
    seen = [run((("term", Term(values, every=3)),), 1.0 + step, step, {})[3]["term"] for step in range(6)]
    assert [float(mean.count) for mean in seen] == [1, 0, 0, 1, 0, 0]
    assert sum(seen[1:], seen[0]).value == (3 * 1 + 3 * 4) / 2


def test_warmup_is_a_line_from_zero():
    losses, gradients = curve(Term(values, weight=2.0, warmup=4), 7)
    assert losses == gradients == [0, 1.5, 3, 4.5, 6, 6, 6]


@pytest.mark.parametrize(("every", "counts"), [(1, [1, 2, 3, 4]), (3, [1, 1, 1, 2])])
def test_memory_advances_when_its_term_is_evaluated(every, counts):
    terms = {"counter": Term(Counter(), every=every), "plain": Term(values)}
    carry = initial_carry(terms)
    assert list(carry) == ["counter"]
    for step, count in enumerate(counts):
        *_, carry, _ = run(tuple(terms.items()), 1.0, step, carry)
        assert {name: int(value) for name, value in carry.items()} == {"counter": count}


def test_each_term_is_given_a_key_and_a_memory_of_its_own():
    seen = {}

    def look(name):
        def term(view):
            seen[name] = (jax.random.key_data(view.key).tolist(), view.carry)
            return values(view)

        return term

    class Looking(Counter):
        def __call__(self, view):
            return look("c")(view), view.carry

    total("critic", {"b": Term(look("b")), "c": Term(Looking())}, view_of(1.0), jnp.int32(0), {"c": jnp.int32(5)})
    expected = {name: jax.random.key_data(rng.stream(jax.random.key(1), 0, name)).tolist() for name in "bc"}
    assert seen == {"b": (expected["b"], None), "c": (expected["c"], 5)}


def test_a_weight_can_be_a_schedule():
    losses, gradients = curve(Term(values, weight=lambda step: 2.0 * step), 4)
    assert losses == gradients == [0, 6, 12, 18]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda view: values(view).mean(), r"critic.losses.odd .* of shape \(4,\).* of shape \(\)"),
        (lambda view: values(view)[:, None], r"critic.losses.odd .* of shape \(4, 1\)"),
        (lambda view: values(view)[:2], r"critic.losses.odd .* of shape \(2,\)"),
        (lambda view: values(view).astype(jnp.bfloat16), "losses.odd .* bfloat16"),
        (lambda view: (values(view), view.carry), "losses.odd .* values alone"),
    ],
)
@pytest.mark.parametrize("every", [1, 2])
def test_wrong_values_are_refused_by_name_when_traced(function, message, every):
    with pytest.raises(InputError, match=message):
        jax.eval_shape(
            lambda step: total("critic", {"odd": Term(function, every=every)}, view_of(1.0), step, {})[0], jnp.int32(0)
        )


def test_a_term_that_forgets_to_return_its_memory_is_refused():
    class Forgetful(Counter):
        def __call__(self, view):
            return values(view)

    with pytest.raises(InputError, match=r"losses.odd should return \(values, carry\)"):
        total("critic", {"odd": Term(Forgetful())}, view_of(1.0), jnp.int32(0), {"odd": jnp.int32(0)})


@pytest.mark.parametrize("schedule", [{"every": 0}, {"warmup": -1}])
def test_schedules_that_mean_nothing_are_refused(schedule):
    with pytest.raises(InputError, match=r"losses.odd.(every|warmup) ="):
        total("critic", {"odd": Term(values, **schedule)}, view_of(1.0), jnp.int32(0), {})


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda view: view.y, r"test_combine\.py, line \d+, in <lambda>: AttributeError.*Valid: axis_name, batch"),
        (lambda view: view.carri, r"Did you mean 'carry'\?"),
        (lambda view: view.batch["positoin"], r"KeyError: 'positoin'\. Did you mean 'position'\?"),
        (lambda view: values(view) @ jnp.ones(3), r"test_combine\.py, line \d+, in <lambda>: TypeError"),
    ],
)
def test_a_mistake_in_a_term_is_told_with_its_section_and_line(function, message):
    with pytest.raises(InputError, match=r"^critic\.losses\.own: .*" + message):
        total("critic", {"own": Term(function)}, view_of(1.0), jnp.int32(0), {})
