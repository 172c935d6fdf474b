"""The meeting point, with members that are threads of this process."""

import queue
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random

import pytest

from gan_jax.errors import HostsError, InputError
from gan_jax.hosts import member
from gan_jax.hosts.hub import Hub
from gan_jax.hosts.member import Member
from gan_jax.hosts.wire import Wire, connect

SOON = 10  # seconds, more than any of it takes
BEGUN: list["Run"] = []


pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")


class Run:
    """A hub, its members, and what each heard of losses."""

    def __init__(self, processes: int, service: int = 0) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address, self.processes = self.listener.getsockname(), processes
        self.hub = Hub(self.listener, processes, service)
        BEGUN.append(self)
        self.wires, self.heard = {}, {process: queue.Queue() for process in range(processes)}

    def join(self, process: int, processes: int = 0) -> Member:
        self.wires[process] = Wire(connect(self.address, SOON))
        return Member(self.wires[process], process, processes or self.processes, self.heard[process].put)

    def join_all(self) -> list[Member]:
        members = [self.join(process) for process in range(self.processes)]
        assert meet(members, "start") == [None] * self.processes
        return members


@pytest.fixture(autouse=True)
def threads_end():
    """Those of a test's hubs and members with it: other tests look at all threads of the process."""
    yield
    while BEGUN:
        run = BEGUN.pop()
        for connection in (run.listener, *(wire.socket for wire in run.wires.values())):
            with suppress(OSError):  # closed by the test
                connection.shutdown(socket.SHUT_RDWR)


def meet(members: list[Member], *whats: str, seconds: float = SOON, parts: tuple = ()) -> list:
    """What came of a meeting for each: None, or the error."""
    whats, parts = whats * len(members) if len(whats) == 1 else whats, parts or ({},) * len(members)

    def one(member: Member, what: str, parts: dict) -> Exception | None:
        try:
            return member.meet(what, seconds, parts)
        except (InputError, HostsError) as error:
            return error

    with ThreadPoolExecutor(len(members)) as pool:
        return list(pool.map(one, members, whats, parts))


def test_members_meet_again_and_again():
    members = Run(3).join_all()
    for step in range(20):
        assert meet(members, f"checkpoint after step {step}", parts=({"a": [step]},) * 3) == [None] * 3


def test_what_differs_is_named_with_its_process():
    members = Run(3).join_all()
    same = {"config.steps": 10, "jax": "0.10.2"}
    errors = meet(members, "start of the run", parts=(same, same, same | {"config.steps": 20, "data": "x"}))
    assert all(isinstance(error, InputError) for error in errors)
    assert len({str(error) for error in errors}) == 1
    host = socket.gethostname()
    assert str(errors[0]) == (
        f"the processes differ: config.steps is 10 on process 0 of 3 ({host}) and 20 on process 2 of 3 ({host}); "
        f'data is null on process 0 of 3 ({host}) and "x" on process 2 of 3 ({host}).'
    )


def test_many_differences_and_many_processes_are_counted():
    members = Run(3).join_all()
    parts = ({str(k): 0 for k in range(9)}, *[{str(k): 1 for k in range(9)}] * 2)
    message = str(meet(members, "x", parts=parts)[0])
    assert message.count("process 1 of 3") == 5
    assert "and 1 more; " in message
    assert message.endswith("; and 4 more.")


def test_members_that_come_to_different_places():
    members = Run(2).join_all()
    errors = meet(members, "checkpoint after step 4", "end")
    assert all('what comes next is "checkpoint after step 4" on process 0 of 2' in str(error) for error in errors)


def test_a_member_that_does_not_come():
    """The time-out says what for, how many came and who did not; it is no loss to those that wait."""
    run = Run(3)
    members = run.join_all()
    errors = meet([members[0], members[2]], "checkpoint after step 40", seconds=0.2)
    said = "checkpoint after step 40: after 0.2 s 2 of 3 processes had come; missing: 1."
    assert [(type(error), str(error)) for error in errors] == [(HostsError, said)] * 2
    run.wires[1].socket.shutdown(socket.SHUT_RDWR)
    for process in (0, 2):
        with pytest.raises(queue.Empty):
            run.heard[process].get(timeout=0.2)


def test_the_others_hear_at_once_who_is_gone():
    run = Run(3)
    run.join_all()
    run.wires[1].socket.shutdown(socket.SHUT_RDWR)  # as the kernel does for a process that was killed
    for process in (0, 2):
        said = f"process 1 of 3 ({socket.gethostname()}) is gone. {member.AGAIN}"
        assert run.heard[process].get(timeout=SOON) == said


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("asking", [(0,), (2,), (0, 1, 2)])
def test_all_stop_after_the_same_call_whoever_asks_and_wherever_each_is(seed, asking):
    """Members that run up to a call apart, as those do that wait for each other's devices in each."""
    random = Random(seed)
    members = Run(3).join_all()
    gates = [threading.Barrier(3) for _ in range(200)]
    pauses = [[random.random() * 0.002 for _ in gates] for _ in members]

    def train(process: int) -> int:
        for call, gate in enumerate(gates, start=1):
            gate.wait(SOON)
            time.sleep(pauses[process][call - 1])
            if call == 3 + process and process in asking:
                members[process].stop()
            if members[process].stops_after(call):
                return call
        raise AssertionError("never stopped")

    with ThreadPoolExecutor(3) as pool:
        (last,) = set(pool.map(train, range(3)))
    assert last >= 3


def test_who_wants_to_stop_before_the_first_call_and_again_when_all_have_stopped():
    members = Run(2).join_all()
    members[1].stop()
    assert meet(members, "start of the run") == [None, None]  # before which the hub has asked all where they are
    assert [one.stops_after(1) for one in members] == [True, True]
    members[0].stop()
    assert meet(members, "end") == [None, None]


def test_who_says_goodbye_is_no_loss():
    run = Run(2)
    members = run.join_all()
    members[1].leave()
    run.wires[1].socket.shutdown(socket.SHUT_RDWR)
    assert meet([members[0]], "end", seconds=0.3)[0] is not None
    assert run.heard[0].empty()


def test_an_error_of_its_own_is_told_to_the_others(monkeypatch):
    """After a moment in which they may come to the same error themselves."""
    monkeypatch.setattr(member, "GRACE", 0.1)
    run = Run(2)
    members = run.join_all()
    members[1].leave("ValueError: no such file")
    run.wires[1].socket.shutdown(socket.SHUT_RDWR)
    said = f"process 1 of 2 ({socket.gethostname()}) ended: ValueError: no such file"
    assert run.heard[0].get(timeout=SOON) == said
    with pytest.raises(queue.Empty):
        run.heard[0].get(timeout=0.3)


def test_the_hub_is_gone():
    heard = queue.Queue()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        joining = Member(Wire(connect(listener.getsockname(), SOON)), 1, 2, heard.put)
        hub = Wire(listener.accept()[0])
        hub.send({"say": "yes", "hub": "process 0 of 2 (a)"})
        joining.meet("start")
        hub.close()
        assert heard.get(timeout=SOON) == f"process 0 of 2 (a) is gone. {member.AGAIN}"


def test_a_coordinator_that_is_none():
    heard = queue.Queue()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        joining = Member(Wire(connect(listener.getsockname(), SOON)), 1, 2, heard.put)
        listener.accept()[0].close()
        with pytest.raises(InputError, match="took the connection and ended it"):
            joining.meet("start", SOON)
        assert heard.empty()


def test_two_with_one_number_and_another_count():
    run = Run(2)
    run.join(1)
    while 1 not in run.hub._members:  # its connection is heard by a thread, which the next one's might overtake
        time.sleep(0.01)
    for joining, message in (
        ((1,), "two processes have the number 1: on"),
        ((0, 3), "--num_processes is 2 on process 0"),
    ):
        (error,) = meet([run.join(*joining)], "start")
        assert isinstance(error, InputError)
        assert message in str(error)


def test_strangers_change_nothing():
    run = Run(2)
    for words in (b"GET / HTTP/1.1\r\n\r\n", b"[]\n", b"{}\n", b'{"say": "hello"}\n', b"\xff\n", b""):
        with socket.create_connection(run.address) as stranger:
            stranger.sendall(words)
    run.join_all()


def test_the_way_to_the_service_leads_through_the_hub_and_stays_open():
    """JAX's client must not see that its service is gone before the member has said who is."""
    service = socket.create_server(("127.0.0.1", 0))
    run = Run(1, service.getsockname()[1])
    client = connect(run.address, SOON)
    Wire(client).send({"say": "jax"})
    client.sendall(b"question")
    answering, _ = service.accept()
    assert answering.recv(100) == b"question"
    answering.sendall(b"answer")
    assert client.recv(100) == b"answer"
    answering.close()
    client.settimeout(0.3)
    with pytest.raises(TimeoutError):
        client.recv(1)


def test_the_service_hears_that_its_client_is_gone():
    """Else it would wait for it at its own end."""
    service = socket.create_server(("127.0.0.1", 0))
    run = Run(1, service.getsockname()[1])
    client = connect(run.address, SOON)
    Wire(client).send({"say": "jax"})
    answering, _ = service.accept()
    answering.settimeout(SOON)
    client.close()
    assert answering.recv(1) == b""
