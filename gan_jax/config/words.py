"""Sections of a config in the words of a command line: name(setting=value)."""

import ast
from typing import Any

from gan_jax.errors import InputError


def section(text: str) -> dict[str, Any]:
    """The section that name(setting=value) stands for: its name and its settings.

    Raises:
        InputError: it is something else, or a setting is no plain value.
    """
    try:
        return _of_call(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        raise InputError(f"{text!r} should be name(setting=value).") from None


def sections(text: str) -> list[dict[str, Any]]:
    """Those of several, with commas between them, of which some may be names alone."""
    try:
        parts = ast.parse(f"({text},)", mode="eval").body.elts
        return [{"name": part.id} if isinstance(part, ast.Name) else _of_call(part) for part in parts]
    except (SyntaxError, AttributeError, ValueError, TypeError, RecursionError, MemoryError):
        raise InputError(f"{text!r} should be names, or name(setting=value), with commas between them.") from None


def _of_call(call: ast.expr) -> dict[str, Any]:
    if not isinstance(call, ast.Call) or call.args or any(keyword.arg is None for keyword in call.keywords):
        raise ValueError
    return {"name": ast.unparse(call.func)} | {word.arg: ast.literal_eval(word.value) for word in call.keywords}
