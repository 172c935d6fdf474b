"""Which software a process runs: the versions that decide what it computes, and the code of this package."""

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path


def identity() -> dict[str, str]:
    """By name, to be the same on all hosts."""
    versions = {name: version(name) for name in ("jax", "jaxlib", "flax", "optax", "numpy")}
    return {"Python": platform.python_version(), **versions, "code": _code()}


def _code() -> str:
    """A digest of the package's files."""
    folder = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
