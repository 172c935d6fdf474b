"""One process's connection to the hub."""

import logging
import math
import queue
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

from gan_jax.errors import HostsError, InputError
from gan_jax.hosts.wire import Message, Wire

log = logging.getLogger(__name__)

GRACE = 3.0  # seconds: where another process ended by an error of its own, this one is likely to come to the same
AGAIN = "Started again on all hosts, the run goes on from its newest checkpoint."
SLACK = 10.0  # seconds that the hub's answer may take longer than the meeting


class Member:
    """Meets the others, and hears when one of them is gone: `on_loss(why)` is called then, from another thread."""

    def __init__(self, wire: Wire, process: int, processes: int, on_loss: Callable[[str], None]) -> None:
        self._wire, self._on_loss = wire, on_loss
        self._meetings = 0
        self._ending = False
        self._left = threading.Event()
        self._hub = "process 0"
        self._failure = ""  # what another process said as it ended
        self._calls, self._last = 0, math.inf  # of the step: come to, and the one after which all stop
        self._settled = threading.Condition()
        self._stopping = False  # and not known yet after which call
        self._answers: queue.SimpleQueue[Message] = queue.SimpleQueue()
        wire.send({"say": "hello", "process": process, "processes": processes, "host": socket.gethostname()})
        threading.Thread(target=self._listen, daemon=True).start()

    def meet(self, what: str, seconds: float | None = None, parts: Mapping[str, Any] | None = None) -> None:
        """Waits until all processes have come, and checks that all came with the same `parts`.

        Where they differ it is an InputError that says in what; where not all come in time, a HostsError that says who.
        """
        number, self._meetings = self._meetings, self._meetings + 1
        self._wire.send({"say": "meet", "number": number, "what": what, "seconds": seconds, "parts": dict(parts or {})})
        try:
            answer = self._answers.get(timeout=None if seconds is None else seconds + SLACK)
        except queue.Empty:
            raise HostsError(f"{what}: after {seconds:g} s there is no answer from process 0.") from None
        if answer["say"] == "no":
            raise InputError(answer["why"])
        if answer["say"] == "late":
            raise HostsError(answer["why"])

    def stop(self) -> None:
        """Wants all to stop after the same call of the step."""
        self._wire.send({"say": "stop"})

    def stops_after(self, call: int) -> bool:
        """Whether all stop after this call of the step, the same in every process; `call` counts 1, 2, 3, ..."""
        with self._settled:
            self._settled.wait_for(lambda: not self._stopping)
            self._calls = call
            return call >= self._last

    def _tell_call(self) -> None:
        """From here on `stops_after` waits until it is known who has come furthest."""
        with self._settled:
            self._stopping = True
            self._wire.send({"say": "at", "call": self._calls})

    def _settle(self, last: int) -> None:
        with self._settled:
            self._last, self._stopping = last, False
            self._settled.notify_all()

    def leave(self, failure: str = "") -> None:
        """The last word, after which losses are no concern of this process; returns when the others have been told."""
        self._ending = True
        self._wire.send({"say": "failed", "why": failure} if failure else {"say": "bye"})
        self._left.wait(GRACE)

    def _listen(self) -> None:
        answered = False
        for message in self._wire.messages():
            if message["say"] == "failed":
                self._failure = self._failure or message["why"]
                self._end_later()
            elif message["say"] == "lost":
                self._end(f"{message['why']} {AGAIN}")
            elif message["say"] == "stop":
                log.info("%s was asked to stop: all stop after the same step.", message["who"])
                self._tell_call()
            elif message["say"] == "stop_after":
                self._settle(message["call"])
            elif message["say"] == "bye":
                self._left.set()
            else:
                answered = True
                self._ending = message["say"] != "yes"  # by the error that `meet` raises
                self._hub = message.get("hub", self._hub)
                self._answers.put(message)
        if not answered:
            self._answers.put({"say": "no", "why": "the coordinator took the connection and ended it."})
        elif not self._failure:
            self._end(f"{self._hub} is gone. {AGAIN}")

    def _end_later(self) -> None:
        timer = threading.Timer(GRACE, self._end, (self._failure,))
        timer.daemon = True
        timer.start()

    def _end(self, why: str) -> None:
        if not self._ending:
            self._on_loss(why)
