"""How hosts talk: JSON, a message a line, over connections that tell within seconds that a machine is gone."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

IDLE, EVERY, TRIES = 5, 5, 3  # seconds without a word, between questions, and questions without an answer

RETRY = 0.2  # seconds

Message = dict[str, Any]
Address = tuple[str, int]


class Wire:
    """One end of a connection. Any thread may send; one receives."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._sending = threading.Lock()
        # The kernel answers these questions, so a process that computes for long, or is stopped, is not taken for gone.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (("TCP_KEEPIDLE", IDLE), ("TCP_KEEPINTVL", EVERY), ("TCP_KEEPCNT", TRIES)):
            if hasattr(socket, name):  # not on every system
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # what was sent and not acknowledged holds the questions back
            limit = 1000 * (IDLE + EVERY * TRIES)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, limit)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, message: Message) -> None:
        """Sends a message; to an end that is gone nothing is sent, and whoever receives from it hears of that."""
        with suppress(OSError), self._sending:
            self.socket.sendall(json.dumps(message).encode() + b"\n")

    def receive(self) -> Message | None:
        """The next message; None where no more will come, or where it is none of ours.

        It is read byte by byte, so that what follows, which need not be a message, is left on the connection.
        """
        line = b""
        try:
            while not line.endswith(b"\n"):
                byte = self.socket.recv(1)
                if not byte:
                    return None
                line += byte
            message = json.loads(line)
        except (OSError, ValueError):
            return None
        return message if isinstance(message, dict) else None

    def messages(self) -> Iterator[Message]:
        """All messages until the end."""
        while (message := self.receive()) is not None:
            yield message

    def close(self) -> None:
        """Ends the connection."""
        self.socket.close()


def connect(address: Address, seconds: float) -> socket.socket:
    """A connection to who may not listen yet; the last OSError where nobody does within that time."""
    end = time.monotonic() + seconds
    while True:
        try:
            connection = socket.create_connection(address, timeout=max(1.0, min(10.0, end - time.monotonic())))
        except OSError:
            if time.monotonic() + RETRY > end:
                raise
            time.sleep(RETRY)
        else:
            connection.settimeout(None)
            return connection


def serve(listener: socket.socket, handle: Callable[[socket.socket], None]) -> None:
    """Calls `handle(connection)` for every connection that is made, each in a thread of its own."""

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=handle, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def forward(client: socket.socket, service: socket.socket) -> None:
    """Passes bytes on in both directions until the client ends; one whose service is gone hears nothing more."""
    threading.Thread(target=_pump, args=(service, client), daemon=True).start()
    _pump(client, service)
    with suppress(OSError):  # gone already
        service.shutdown(socket.SHUT_RDWR)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):  # the end of either
        while part := source.recv(2**16):
            target.sendall(part)
