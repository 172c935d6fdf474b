"""Config files: reading them, overriding single keys, and keeping them as JSON."""

import ast
import inspect
import json
import runpy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gan_jax.errors import InputError, nearest


def load(spec: str) -> dict[str, Any]:
    """Runs a config file and returns what its `get_config([ARG])` returns, as plain nested dicts.

    `spec` is a file or the name of a config, `quickstart`, and may end in `:ARG`.
    """
    name, _, arg = spec.partition(":")
    file = str(find(name))
    try:
        get_config = runpy.run_path(file).get("get_config")
    except SyntaxError as error:
        raise InputError(f"{file}, line {error.lineno}: {error.msg}.") from error
    if get_config is None:
        raise InputError(f"{file} defines no function get_config().")
    if arg and not inspect.signature(get_config).parameters:
        raise InputError(f"--config={spec}: get_config() of {file} takes no argument, so leave out {':' + arg!r}.")
    config = get_config(arg) if arg else get_config()
    config = config.to_dict() if hasattr(config, "to_dict") else config
    if not isinstance(config, dict):
        raise InputError(f"{file}: get_config() should return a config, not {config!r}.")
    return config


def find(name: str) -> Path:
    """The file of a config: as it is written, with `.py`, in the folder `configs`, or among those of the package."""
    places = [Path(), Path("configs"), _own_folder()]
    candidates = [Path(name), *(place / f"{name.removesuffix('.py')}.py" for place in places)]
    found = next((file for file in candidates if file.is_file()), None)
    if found is None:
        raise InputError(f"--config={name}: there is no such file or config. {nearest(name, configs())}")
    return found


def configs() -> dict[str, str]:
    """The configs that can be named, each with the first line of its docstring."""
    found: dict[str, str] = {}
    for place in (_own_folder(), Path("configs")):
        for file in sorted(place.glob("*.py")):
            found[file.stem] = _first_line(file)
    return dict(sorted(found.items()))


def _first_line(file: Path) -> str:
    try:
        return (ast.get_docstring(ast.parse(file.read_text())) or "").partition("\n")[0]
    except (OSError, ValueError, SyntaxError):  # somebody's file that is no config
        return "(cannot be read)"


def _own_folder() -> Path:
    """Where the package's configs lie: inside it where it is installed, beside it in a clone."""
    package = Path(__file__).parents[1]
    inside = package / "configs"
    return inside if inside.is_dir() else package.parent / "configs"


def override(config: dict[str, Any], key: str, text: str) -> None:
    """Sets `a.b.c` to the value written in `text`; a name given for a whole section starts that section anew."""
    *path, last = key.split(".")
    section = config
    for depth, part in enumerate(path):
        inner = section.setdefault(part, {})
        if isinstance(inner, str):  # a section that was only its name
            inner = section[part] = {"name": inner}
        section = inner
        if not isinstance(section, dict):
            raise InputError(f"{'.'.join(path[: depth + 1])} = {section!r} is a value, so {key} cannot be set.")
    old = section.get(last)
    value = text if isinstance(old, str) else parse_value(text)
    section[last] = {"name": value} if isinstance(old, dict) and isinstance(value, str) else value


def parse_value(text: str) -> Any:
    """What is written as Python writes it, lists as tuples; anything else is the text itself."""
    try:
        value = ast.literal_eval({"true": "True", "false": "False"}.get(text, text))
    except (ValueError, SyntaxError):
        return text
    return tuple(value) if isinstance(value, list) else value


def flatten(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yields (`a.b.c`, value) for every value of a nested config."""
    for key, value in sorted(config.items()):
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The keys whose values differ, with both values; a key that one side lacks counts as None there."""
    before, after = dict(flatten(old)), dict(flatten(new))
    keys = sorted(before.keys() | after.keys())
    return {key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}


def to_json(config: Mapping[str, Any]) -> str:
    """The config as JSON text, keys sorted."""
    return json.dumps(config, indent=2, sort_keys=True) + "\n"


def save(config: Mapping[str, Any], file: Path) -> None:
    """Writes the config as JSON; one that is killed meanwhile leaves the old file."""
    new = file.with_suffix(".tmp")
    new.write_text(to_json(config))
    new.replace(file)


def read(file: Path) -> dict[str, Any]:
    """The config that a run's `config.json` holds, without the facts of the data that stand beside it."""
    try:
        config = from_json(file.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{file} cannot be read: {error}.") from error
    if not isinstance(config, dict):
        raise InputError(f"{file} holds no config.")
    return {key: value for key, value in config.items() if key != "facts"}


def of_run(workdir: str) -> dict[str, Any]:
    """The config of the run in a folder; before `runs/NAME` is trained that of the config NAME, to plan with."""
    file = Path(workdir).expanduser() / "config.json"
    if file.is_file():
        return read(file)
    if file.parent.name in configs():
        return load(file.parent.name)
    raise InputError(f"{workdir} holds no run, for there is no file {file}: name the folder of a run.")


def from_json(text: str) -> dict[str, Any]:
    """Reads `to_json`'s text; lists come back as the tuples they were."""
    return tuples(json.loads(text))


def tuples(value: Any) -> Any:
    """Nested values read from JSON, with tuples where it has lists."""
    if isinstance(value, list):
        return tuple(tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: tuples(item) for key, item in value.items()}
    return value
