"""From terms to a player's loss: weights, warm-up, laziness, memory and metrics, in one place for every objective."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

from gan_jax import rng
from gan_jax.errors import InputError, told_of
from gan_jax.schedules import Number, at
from gan_jax.types import Mean


class Term(NamedTuple):
    """One term of a player's loss: its function of a View, and how it counts.

    `warmup` is the number of steps in which the weight rises linearly from 0. A lazy term (Karras et al. 2020,
    StyleGAN2, appendix B) is evaluated on every `every`-th step and counts `every` times there, so its gradient is the
    same on average. It shares the step of the other terms, and so Adam's second moment sees its larger, rarer
    gradients; the paper gives it optimizer steps of its own, and rescales Adam's learning rate and betas to match.
    """

    function: Callable  # View -> values [B], or (values [B], new carry) where the function has a method `init`
    weight: Number = 1.0
    every: int = 1
    warmup: int = 0


def check(name: str, term: Term) -> None:
    """Refuses a schedule that means nothing."""
    if term.every < 1:
        raise InputError(f"losses.{name}.every = {term.every}: a term is evaluated every 1, 2, 3, ... steps.")
    if term.warmup < 0:
        raise InputError(f"losses.{name}.warmup = {term.warmup}: a number of steps, 0 or more.")


def initial_carry(terms: dict[str, Term]) -> dict[str, PyTree]:
    """The memory, by name, of those terms that have one."""
    return {name: term.function.init() for name, term in terms.items() if _remembers(term)}


def total(
    player: str, terms: dict[str, Term], view: Any, step: Int[Array, ""], carry: dict[str, PyTree]
) -> tuple[Float[Array, ""], dict[str, PyTree], dict[str, Mean]]:
    """The weighted sum of a player's terms' batch means, their new memory, and each term's own mean, unweighted.

    Every term is given the view with a random key of its own and its memory (None without one) as `carry`. A lazy term
    adds nothing to its metric in the steps that it sits out.
    """
    loss = jnp.zeros(())
    new_carry = dict(carry)
    metrics = {}
    for name in sorted(terms):
        term = terms[name]
        check(name, term)
        memory = carry.get(name)
        own = view.replace(key=rng.stream(view.key, 0, name), carry=memory)

        def evaluate(name=name, term=term, own=own):
            return _evaluate(f"{player}.losses.{name}", term, own)

        def sit_out(memory=memory):
            return jnp.zeros(()), memory

        if term.every == 1:
            is_on = jnp.array(True)
            mean, memory = evaluate()
        else:
            is_on = step % term.every == 0
            # XLA:CPU runs the gradient of a plain nn.Conv in a branch 30 times slower: networks need nets.convolution.
            mean, memory = jax.lax.cond(is_on, evaluate, sit_out)
        ramp = jnp.minimum(step / term.warmup, 1.0) if term.warmup else 1.0
        loss += at(term.weight, step) * term.every * ramp * mean
        if _remembers(term):
            new_carry[name] = memory
        metrics[name] = Mean(mean, is_on.astype(jnp.float32))
    return loss, new_carry, metrics


def _remembers(term: Term) -> bool:
    return hasattr(term.function, "init")


def _evaluate(section: str, term: Term, view: Any) -> tuple[Float[Array, ""], PyTree]:
    with told_of(section, view):
        result = term.function(view)
    if _remembers(term) != isinstance(result, tuple):
        expected = (
            "(values, carry), having a method init" if _remembers(term) else "values alone, having no method init"
        )
        raise InputError(f"{section} should return {expected}; it returned a {type(result).__name__}.")
    values, memory = result if isinstance(result, tuple) else (result, None)
    batch_shape = view.batch["position"].shape
    if jnp.shape(values) != batch_shape or jnp.result_type(values) != jnp.float32:
        hint = "; losses.reductions.example_mean averages the rest" if jnp.ndim(values) > 1 else ""
        raise InputError(
            f"{section} should return one float32 value per example, of shape {batch_shape}; "
            f"it returned {jnp.result_type(values)} of shape {jnp.shape(values)}{hint}."
        )
    return values.mean(), memory
