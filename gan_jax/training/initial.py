"""Players that begin with what another run has learned."""

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from jaxtyping import Array

from gan_jax.config.schema import roles_of
from gan_jax.errors import InputError
from gan_jax.paths import by_name
from gan_jax.runs.trained import open_run, players_of
from gan_jax.types import Variables

log = logging.getLogger(__name__)

_SPEC = re.compile(r"(?P<workdir>.+?)(@(?P<step>\d+))?(:(?P<player>\w+))?")
_SHOWN = 5  # of the arrays that were not taken


class Source(NamedTuple):
    """What `init_from` names."""

    workdir: Path
    step: int | None  # None: the newest
    player: str


def parse(spec: str, player: str) -> Source:
    """Reads DIR[@STEP][:PLAYER]; the player is by default the one of the same name."""
    match = _SPEC.fullmatch(spec)
    step = match["step"]
    return Source(Path(match["workdir"]).expanduser(), int(step) if step else None, match["player"] or player)


def given(config: Mapping[str, Any], shapes: Mapping[str, Variables]) -> dict[str, dict[str, Array]]:
    """For each player with `init_from`, the arrays of the other run that have the same path and shape, by path.

    Of a player that the other run averages it is the average.
    """
    found = {}
    for name in roles_of(config["objective"]):
        spec = config[name]["init_from"]
        if spec:
            arrays = by_name(read(parse(spec, name), f"{name}.init_from = {spec!r}"))
            wanted = by_name(shapes[name])
            found[name] = {path: x for path, x in arrays.items() if path in wanted and _alike(x, wanted[path])}
            _tell(name, spec, wanted, found[name])
    return found


def read(source: Source, key: str) -> Variables:
    """The variables of a run's player, the average of one that is averaged; `key` begins what is said of errors."""
    try:
        run = open_run(source.workdir, source.step)
        if source.player in run.objective.averaged:
            return run.variables[source.player]
        players = roles_of(run.config["objective"])
        if source.player not in players:
            raise InputError(f"the run has no player {source.player!r} but {', '.join(players)}; say DIR:PLAYER.")
        return players_of(source.workdir, run.step)[source.player]
    except InputError as error:
        raise InputError(f"{key}: {error}") from error


def _tell(player: str, spec: str, wanted: Mapping[str, Any], taken: Mapping[str, Any]) -> None:
    if not taken:
        raise InputError(f"{player}.init_from = {spec!r}: none of its arrays has the path and shape of one here.")
    left = sorted(wanted.keys() - taken.keys())
    more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
    rest = f"; drawn anew: {', '.join(left[:_SHOWN])}{more}" if left else ""
    log.info("%s begins with %d of its %d arrays from %s%s", player, len(taken), len(wanted), spec, rest)


def _alike(a: Any, b: Any) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype
