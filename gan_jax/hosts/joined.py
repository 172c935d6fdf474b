"""Joining the other hosts, meeting them, and leaving. On one host alone all of it does nothing."""

import logging
import os
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, NoReturn

from gan_jax.errors import HostsError, InputError
from gan_jax.hosts import cluster, detection, software
from gan_jax.hosts.hub import Hub
from gan_jax.hosts.member import GRACE, Member
from gan_jax.hosts.wire import Address, Wire, connect, forward, serve

log = logging.getLogger(__name__)

HEARTBEAT = 100  # seconds of JAX's own watch, which ends with a C++ stack: the hub's comes first
LOST = 75  # exit status where another host is gone or late: try again
ALONE = "Without other hosts leave --distributed out."


class Wishes(NamedTuple):
    """The flags of a command; None where the cluster is to tell."""

    coordinator: str | None = None
    num_processes: int | None = None
    process_id: int | None = None
    local_devices: Sequence[int] | None = None  # none at all is all of them
    join_timeout: float = 120.0
    meet_timeout: float = 600.0


class _Joined:
    """Of this process, once it has joined."""

    member: Member | None = None
    meet_timeout = 0.0


def join(wishes: Wishes) -> None:
    """Waits for the other hosts, and makes their devices one set; before anything touches the devices."""
    import jax

    place = _place(wishes)
    gpus = cluster.visible_gpus(os.environ)
    chosen = cluster.share(gpus, place) if wishes.local_devices is None else list(wishes.local_devices) or None
    address = _address(str(place.coordinator))
    who = f"process {place.process} of {place.processes} on {socket.gethostname()}"
    log.info("%s: meets the others at %s within %g s", who, place.coordinator, wishes.join_timeout)
    own = _meet_first(place, address, wishes.join_timeout)
    _Joined.meet_timeout = wishes.meet_timeout
    _without_proxy()
    # Its wait for the others holds Python's lock, without which they cannot be reached through the hub.
    jax.config.update("jax_enable_preemption_service", False)
    jax.distributed.initialize(
        f"127.0.0.1:{own}",
        place.processes,
        place.process,
        local_device_ids=chosen,
        cluster_detection_method="deactivate",
        coordinator_bind_address=f"127.0.0.1:{own}",
        heartbeat_timeout_seconds=int(max(HEARTBEAT, wishes.meet_timeout)),
    )
    cluster.check_used(gpus, chosen, jax.default_backend(), jax.local_device_count())
    kinds = sorted({device.device_kind for device in jax.local_devices()})
    meet("devices", {"kinds of devices": kinds, "local devices": jax.local_device_count()})
    count = f"{jax.local_device_count()} of {jax.device_count()} devices ({', '.join(kinds)})"
    log.info("%s: has %s, coordinator %s", who, count, place.coordinator)


def _place(wishes: Wishes) -> cluster.Place:
    coordinator = wishes.coordinator or os.environ.get("JAX_COORDINATOR_ADDRESS")
    told = dict(coordinator=coordinator, processes=wishes.num_processes, process=wishes.process_id)
    place = cluster.place(os.environ)
    place = place._replace(**{name: value for name, value in told.items() if value is not None})
    if None in place[:3]:
        place = detection.complete(place, int(wishes.join_timeout))
    for flag, value in zip(("coordinator", "num_processes", "process_id"), place, strict=False):
        if value is None:
            node = "" if place.process is None else " HOST is the node of process 0, PORT any that is free there."
            raise InputError(f"--{flag} is missing: nothing here tells it. Several hosts need {detection.FLAGS}.{node}")
    if not 0 <= place.process < place.processes:
        raise InputError(f"--process_id={place.process} should be from 0 to --num_processes={place.processes} less 1.")
    return place


def _address(coordinator: str) -> Address:
    host, _, port = coordinator.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise InputError(f"--coordinator={coordinator} should be HOST:PORT.")
    return host.strip("[]"), int(port)


def _meet_first(place: cluster.Place, address: Address, seconds: float) -> int:
    """The first meeting; gives the port of this machine where JAX's client is to ask for JAX's service."""
    hub = address
    if place.process == 0:
        own = _free_port()
        listener = _listen(address)
        Hub(listener, place.processes, own)
        if listener.getsockname()[0] != address[0]:  # whose name may lead here from other machines alone
            hub = ("127.0.0.1", address[1])
    else:
        own = _way_to_service(address)
    try:
        wire = Wire(connect(hub, seconds))
    except OSError as error:
        raise InputError(
            f"No answer from the coordinator {address[0]}:{address[1]} within {seconds:g} s ({error}): "
            f"is process 0 started there? {ALONE}"
        ) from error
    _Joined.member = Member(wire, place.process, place.processes, _end)
    try:
        meet_at = f"start at {address[0]}:{address[1]}"
        _Joined.member.meet(meet_at, seconds, software.identity())
    except HostsError as error:
        raise InputError(f"{error} {ALONE}") from error
    return own


def _listen(address: Address) -> socket.socket:
    """At the coordinator's port: of its address alone where that is one of this machine's, else of all."""
    if re.fullmatch(r"[\d.]+", address[0]):
        with suppress(OSError):  # an address that others translate to this machine's
            return socket.create_server(address)
    dual = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if dual else socket.AF_INET
    try:
        return socket.create_server(("", address[1]), family=family, dualstack_ipv6=dual)
    except OSError as error:
        raise InputError(f"--coordinator={address[0]}:{address[1]}: the port cannot be used here: {error}.") from error


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def _way_to_service(address: Address) -> int:
    """A port of this machine that leads to JAX's service through the hub.

    JAX's client ends its process with a C++ stack when the connection to its service closes, and a function to call
    instead cannot be given to it from Python. Here the connection stays open where the service is gone, so that `_end`
    can say so first.
    """
    listener = socket.create_server(("127.0.0.1", 0))

    def lead(connection: socket.socket) -> None:
        service = connect(address, GRACE)
        Wire(service).send({"say": "jax"})
        forward(connection, service)

    serve(listener, lead)
    return listener.getsockname()[1]


def _without_proxy() -> None:
    """JAX's client asks this machine alone; where a variable names a proxy it would ask that, and wait without end."""
    name = "no_grpc_proxy"  # as gRPC spells it, which then does not read no_proxy
    others = os.environ.get(name) or os.environ.get("no_proxy") or ""
    os.environ[name] = ",".join(filter(None, [others, "127.0.0.1"]))


def is_joined() -> bool:
    """Whether there are other hosts."""
    return _Joined.member is not None


def meet(what: str, parts: Mapping[str, Any] | None = None) -> None:
    """Waits for all hosts, before what they must do together; their `parts` should be the same."""
    if _Joined.member:
        _Joined.member.meet(what, _Joined.meet_timeout, parts)
    else:  # alone, or joined by somebody's own call of JAX
        from jax.experimental import multihost_utils

        multihost_utils.sync_global_devices(what)


def agree(what: str, parts: Callable[..., Mapping[str, Any]], *of: Any) -> None:
    """`meet` with `parts(*of)`, which are made where there are other hosts."""
    if _Joined.member:
        meet(what, parts(*of))


def stop() -> None:
    """Wants all hosts to stop after the same call of the step; from any thread."""
    if _Joined.member:
        _Joined.member.stop()
    else:  # joined by somebody's own call of JAX, which catches this signal
        os.kill(os.getpid(), signal.SIGTERM)


def stops_after(call: int) -> bool:
    """Whether all hosts stop after this call of the step; `call` counts 1, 2, 3, ..."""
    if _Joined.member:
        return _Joined.member.stops_after(call)
    from jax.experimental import multihost_utils

    return multihost_utils.reached_preemption_sync_point(call)


def leave() -> None:
    """Waits until all others are done too; then no end of theirs is a loss."""
    if _Joined.member:
        _Joined.member.meet("end")
        _Joined.member.leave()


def fail(error: BaseException) -> None:
    """Tells the others why this host ends.

    What the runtime says is mostly of another host that is gone. Who that is one hears a moment later, if not at once,
    and then ends with that message.
    """
    if _Joined.member:
        if re.match(r"[A-Z_]+: ", str(error)):  # the name of a status, as XLA begins its errors
            time.sleep(GRACE + 1)
        _Joined.member.leave(" ".join(f"{type(error).__name__}: {error}".split())[:500])


_ending = threading.Lock()


def _end(why: str) -> NoReturn:
    _ending.acquire()  # never given back: one message is enough
    log.error("error: %s", why[0].upper() + why[1:])
    sys.stderr.flush()
    os._exit(LOST)  # the other threads wait for who is gone, and JAX would too
