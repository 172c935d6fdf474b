"""What both networks of a game are told beside images and latents: a class, or a column that they read themselves."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key, PyTree

from gan_jax.errors import InputError, nearest
from gan_jax.objectives.classes import condition_on, label_of, seen_classes
from gan_jax.types import Batch, Condition, Facts


class Told(NamedTuple):
    """The condition of a game, for networks and for draws."""

    facts: Mapping[str, Any]  # that networks are given
    of: Callable  # (columns, {name: frozen network}) -> what networks are given: a label, an array, or None
    example: Callable  # columns -> something of its shape, before there are frozen networks
    condition: Callable  # of a draw
    drawn: Callable  # (condition, variables by name) -> what the generator is given in a draw
    is_read: bool = False  # by the networks, as a column; not a class


def of_classes(num_classes: int) -> Told:
    """The class, or nothing where there are none."""
    return Told(
        facts={"num_classes": num_classes},
        of=lambda columns, frozen: label_of(columns, num_classes),
        example=lambda columns: label_of(columns, num_classes),
        condition=condition_on(num_classes),
        drawn=lambda condition, variables: condition.get("label"),
    )


def of_column(column: str, encoder: str, facts: Facts) -> Told:
    """A column of the data, as it is or as a frozen network reads it."""
    if column not in facts.columns or column == "image":
        raise InputError(
            f"objective.condition = {column!r} is no column of the data beside the image. "
            f"{nearest(column, facts.columns.keys() - {'image'})} A source says what else it gives, such as images by "
            "captions or sound_rate, and npz by columns."
        )
    if facts.columns[column].kind == "label":
        raise InputError(
            f"objective.condition = {column!r} is a class: objective.conditional = True tells networks that."
        )
    if encoder and encoder not in facts.frozen:
        raise InputError(f"objective.encoder = {encoder!r} is none of `frozen`. {nearest(encoder, facts.frozen)}")
    known, frozen = facts.columns[column], facts.frozen.get(encoder)
    words = getattr(frozen, "vocabulary", known.size)
    if encoder and not hasattr(frozen, "shapes"):
        raise InputError(f"objective.encoder = {encoder!r}: frozen.{encoder} is nothing that reads, as minilm does.")
    if words != known.size:
        raise InputError(
            f"objective.encoder = {encoder!r}: it knows {words} tokens, and the column {column!r} has {known.size}: "
            'data.tokenizer = dict(name="wordpiece", vocabulary=FILE) should name its own vocabulary.'
        )

    def read(values: Array, network: Callable | None) -> Array:
        return network(values) if network else values

    def example(columns: Mapping[str, Array]) -> Array:
        if frozen is None:
            return columns[column]
        shape = jax.eval_shape(frozen, frozen.shapes, columns[column])
        return jnp.zeros(shape.shape, shape.dtype)

    def drawn(condition: Condition, variables: Mapping[str, PyTree]) -> Array:
        return read(condition[column], frozen and partial(frozen, variables[encoder]))

    def condition(batch: Batch, keys: Key[Array, "batch"]) -> Condition:
        return {column: batch[column]}

    is_text = known.kind in ("text", "tokens") and not encoder
    is_sound = known.kind == "sound" and not encoder
    return Told(
        facts={
            "num_classes": 0,
            "vocabulary": known.size if is_text else 0,
            "rate": known.size if is_sound else 0,
        },
        of=lambda columns, networks: read(columns[column], networks.get(encoder)),
        example=example,
        condition=condition,
        drawn=drawn,
        is_read=True,
    )


def of_settings(facts: Facts, *, conditional: bool, condition: str, encoder: str) -> Told:
    """From an objective's settings: at most one of a class and a column."""
    if not condition:
        if encoder:
            raise InputError("objective.encoder reads objective.condition, which is not set.")
        return of_classes(seen_classes(conditional, facts))
    if conditional:
        raise InputError("objective.conditional and objective.condition: networks are told a class, or a column.")
    return of_column(condition, encoder, facts)
