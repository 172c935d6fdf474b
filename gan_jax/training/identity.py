"""What must be the same on all hosts of a run, by name: else they compute other things, or wait without end."""

import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gan_jax.config import files as configs

LONG = 60  # characters, of which a digest is told instead


def parts(config: Mapping[str, Any], facts: Mapping[str, Any], workdir: Path) -> dict[str, Any]:
    """Config and facts of the data key by key, the modules of one's own, and the checkpoints to go on from."""
    settings = dict(configs.flatten(config))
    modules = {value.partition(":")[0] for value in settings.values() if isinstance(value, str)} & sys.modules.keys()
    files = {module: getattr(sys.modules[module], "__file__", None) for module in modules}
    saved = (path.name for path in (workdir / "checkpoints").glob("[0-9]*"))
    return {
        **{f"config.{key}": _short(value) for key, value in settings.items()},
        **{f"data: {key}": _short(value) for key, value in configs.flatten(facts)},
        **{f"code of {module}": _digest(Path(file).read_bytes()) for module, file in files.items() if file},
        "checkpoints": sorted(int(name) for name in saved if name.isdecimal()),
    }


def _short(value: Any) -> Any:
    text = repr(value)
    return value if len(text) <= LONG else f"{text[: LONG // 2]}... ({_digest(text.encode())})"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
