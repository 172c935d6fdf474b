"""The meeting point of a run's processes, in process 0: who came, who is gone, and whether all are of one mind."""

import json
import socket
import threading
from typing import Any

from gan_jax.hosts.wire import Message, Wire, connect, forward, serve

SHOWN = 5  # differences
START = 30  # seconds that JAX's service may take to start


class Hub:
    """Listens at the coordinator's port.

    Members keep a connection each. They meet in the same order everywhere: the first time to begin the run, then before
    each thing that all must do together. A meeting ends when all have come and told the same, when they differ, or
    when its time is over. Members hear at once when one of them is gone. Where one wants to stop, all tell which call
    of the step they have come to, and hear after which they stop: the first that none has gone beyond. Connections that
    ask for it lead to JAX's own service, which so needs no port that other machines can reach.
    """

    def __init__(self, listener: socket.socket, processes: int, service: int) -> None:
        self._processes, self._service = processes, service
        self._members: dict[int, Wire] = {}
        self._hosts: dict[int, str] = {}
        self._left: set[int] = set()  # those whose end is no loss
        self._meetings: dict[int, dict[int, Message]] = {}  # by number: what each member came with
        self._stopping = False
        self._calls: dict[int, int] = {}  # that members have come to, once one of them wants to stop
        self._lock = threading.Lock()
        serve(listener, self._handle)

    def _handle(self, connection: socket.socket) -> None:
        wire = Wire(connection)
        first = wire.receive()
        if first is None:
            wire.close()
        elif first.get("say") == "jax":
            forward(connection, connect(("127.0.0.1", self._service), START))
        elif {"process", "processes", "host"} <= first.keys():
            self._attend(first, wire)

    def _attend(self, hello: Message, wire: Wire) -> None:
        """Hears a member until its end."""
        process, host, processes = hello["process"], hello["host"], hello["processes"]
        refusal = ""
        with self._lock:
            if processes != self._processes:
                refusal = (
                    f"--num_processes is {self._processes} on process 0 and {processes} on process {process} ({host})"
                )
            elif process in self._members:
                refusal = f"two processes have the number {process}: on {self._hosts[process]} and on {host}"
            else:
                self._members[process], self._hosts[process] = wire, host
        if refusal:
            wire.send({"say": "no", "why": f"{refusal}."})
            wire.receive()  # it ends, not this side, which would look like a loss
            return
        for message in wire.messages():
            if message["say"] == "meet":
                self._meet(process, message)
            elif message["say"] == "stop":
                self._stop(process)
            elif message["say"] == "at":
                self._agree(process, message["call"])
            else:  # its last word: it has ended well or says why not
                self._left.add(process)
                if message["say"] == "failed":
                    self._tell_others(process, "failed", f"ended: {message['why']}")
                wire.send({"say": "bye"})
        if process not in self._left:
            self._left.add(process)
            self._tell_others(process, "lost", "is gone.")

    def _name(self, process: int) -> str:
        return f"process {process} of {self._processes} ({self._hosts[process]})"

    def _tell_others(self, process: int, say: str, what: str) -> None:
        self._tell({"say": say, "why": f"{self._name(process)} {what}"}, but=process)

    def _tell(self, message: Message, but: int | None = None) -> None:
        """Process 0 last, with which this hub may end."""
        with self._lock:
            members = sorted(self._members.items(), reverse=True)
        for process, wire in members:
            if process != but:
                wire.send(message)

    def _stop(self, process: int) -> None:
        """Asks all where they are, the first time that one wants to stop."""
        with self._lock:
            first, self._stopping = not self._stopping, True
        if first:
            self._tell({"say": "stop", "who": self._name(process)})

    def _agree(self, process: int, call: int) -> None:
        with self._lock:
            self._calls[process] = call
            known = len(self._calls) == self._processes
        if known:
            self._tell({"say": "stop_after", "call": max(self._calls.values()) + 1})

    def _meet(self, process: int, message: Message) -> None:
        number, seconds = message["number"], message["seconds"]
        with self._lock:
            came = self._meetings.setdefault(number, {})
            came[process] = message
            first, full = len(came) == 1, len(came) == self._processes
        if full:
            self._close(number)
        elif first and seconds is not None:
            timer = threading.Timer(seconds, self._close, (number,))
            timer.daemon = True
            timer.start()

    def _close(self, number: int) -> None:
        """Ends a meeting, once: all have come, or its time is over."""
        with self._lock:
            came = self._meetings.pop(number, None)
        if came is None:
            return
        answer = self._verdict(came)
        for process in sorted(came, reverse=True):
            self._members[process].send(answer)

    def _verdict(self, came: dict[int, Message]) -> Message:
        missing = [process for process in range(self._processes) if process not in came]
        if missing:
            first = came[min(came)]
            there = f"{len(came)} of {self._processes} processes had come; missing: {', '.join(map(str, missing))}"
            return {"say": "late", "why": f"{first['what']}: after {first['seconds']:g} s {there}."}
        found = self._differences({process: {"what comes next": m["what"]} for process, m in came.items()})
        found = found or self._differences({process: m["parts"] for process, m in came.items()})
        if not found:
            return {"say": "yes", "hub": self._name(0)}
        more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        return {"say": "no", "why": f"the processes differ: {'; '.join(found[:SHOWN])}{more}."}

    def _differences(self, told: dict[int, dict[str, Any]]) -> list[str]:
        """What is not the same in all processes as in process 0, and in which it is not."""
        found = []
        for name in sorted({name for parts in told.values() for name in parts}):
            values = {process: json.dumps(parts.get(name)) for process, parts in sorted(told.items())}
            others = [process for process in values if values[process] != values[0]]
            if others:
                also = f" and {len(others) - 1} more" if len(others) > 1 else ""
                other = f"{values[others[0]]} on {self._name(others[0])}{also}"
                found.append(f"{name} is {values[0]} on {self._name(0)} and {other}")
        return found
