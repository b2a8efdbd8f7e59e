"""Chapter 07: programs that learners hand in besides the listed mistakes, and what the checks themselves promise."""

from __future__ import annotations

import selectors
import socket
import sys
import threading

import pytest

from labsupport import exercises
from labsupport.exercises import peers
from labsupport.exercises.chapter_07 import (
    chat_mistakes,
    limit_mistakes,
    port_mistakes,
    selector_mistakes,
    stop_mistakes,
)
from labsupport.exercises.chapter_07.readers import numbers, stands_at
from labsupport.exercises.chapter_07.selects import counted
from labsupport.exercises.engine import Task, fill
from labsupport.tape.programs import Owner

SELECTOR: Task = exercises.selector_echo
CHAT: Task = exercises.chat_room
LIMIT: Task = exercises.connection_limit
STOP: Task = exercises.graceful_stop
PORT: Task = exercises.port_to_asyncio
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

_SEND = "if events & EVENT_WRITE:\n    unsent[client] = unsent[client][client.send(unsent[client]):]\n"


def _selects(*lines: str) -> str:
    return selector_mistakes.written("\n".join(lines))


def _tells(init: str, tell: str, more: str = "", top: str = "import queue\nimport socket\n") -> str:
    return chat_mistakes._with(init, tell, more, top)


def _ports(old: str, new: str) -> str:
    assert old in port_mistakes.SOLUTION
    return port_mistakes.SOLUTION.replace(old, new)


#: One more client of a limited server, without a look whether there is a place.
_START = "threading.Thread(target=serve, args=(connection, places), daemon=True).start()"

#: A writer that goes on to wait for a line when its member has gone.
_WRITE = """

    def write(self):
        try:
            while True:
                self.send_one()
        except OSError:
            pass

    def send_one(self):
"""
_QUEUE = "        self.connection.sendall(self.waiting.get())\n"
_DEQUE = """\
        self.news.wait()
        self.news.clear()
        while self.waiting:
            self.connection.sendall(self.waiting.popleft())
"""


def _waits(bound: str, tell: str, more: str = _QUEUE) -> str:
    """A writer for each member that never comes to its end."""
    init = "self.waiting = {}\nself.news = threading.Event()\nthreading.Thread(target=self.write).start()"
    return _tells(
        init.format(bound), tell, _WRITE + more, "import queue\nimport socket\nfrom collections import deque\n"
    )


_LOCKED = """
    def write(self):
        try:
            while True:
                self.news.wait()
                with self.lock:
                    self.connection.sendall(self.lines.pop(0))
                    if not self.lines:
                        self.news.clear()
        except OSError:
            pass
"""
_ONE_WRITER = """
import queue
import threading


def chat_room(listener):
    members, waiting = [], queue.Queue(20)
    threading.Thread(target=write, args=(members, waiting), daemon=True).start()
    while True:
        connection, _ = listener.accept()
        members.append(connection)
        threading.Thread(target=read, args=(connection, members, waiting), daemon=True).start()


def write(members, waiting):
    while True:
        whose, line = waiting.get()
        for member in list(members):
            if member is not whose:
                try:
                    member.sendall(line)
                except OSError:
                    pass


def read(connection, members, waiting):
    try:
        for line in connection.makefile("rb"):
            waiting.put((connection, line))
    except OSError:
        pass
    members.remove(connection)
    connection.close()
"""

RECOGNISED = [
    (SELECTOR, _selects("client.send(unsent[client])", "unsent[client] = b''",
                        "selector.modify(client, EVENT_READ)"), "sends_unasked"),
    (SELECTOR, _selects("client.setblocking(True)", "client.sendall(unsent[client])", "unsent[client] = b''"), None),
    (SELECTOR, _selects("client.send(unsent[client])", "unsent[client] = b''",
                        "selector.modify(client, EVENT_READ | EVENT_WRITE)"), "always_asks"),
    (SELECTOR, _selects(_SEND, "selector.modify(client, EVENT_READ | EVENT_WRITE)"), "always_asks"),
    (SELECTOR, _selects(_SEND, "selector.modify(client, EVENT_WRITE)"), "never_reads_again"),
    (SELECTOR, _selects("if events & EVENT_WRITE and unsent[client]:", "    sent = client.send(unsent[client])",
                        "    unsent[client] = unsent[client][sent:]", "selector.modify(client, EVENT_WRITE)"),
     "never_reads_again"),
    (SELECTOR, _selects("try:", "    sent = client.send(unsent[client])", "except BlockingIOError:", "    sent = 0",
                        "unsent[client] = unsent[client][sent:]", "if unsent[client]:",
                        "    selector.modify(client, EVENT_WRITE)"), "never_reads_again"),
    (SELECTOR, _selects("try:", "    sent = client.send(unsent[client])", "except BlockingIOError:", "    sent = 0",
                        "unsent[client] = unsent[client][sent:]"), "reads_on"),
    (SELECTOR, _selects("if events & EVENT_WRITE:", "    sent = client.send(unsent[client])",
                        "    unsent[client] = unsent[client][sent + 1:]",
                        "selector.modify(client, EVENT_WRITE if unsent[client] else EVENT_READ)"), "ignores_the_count"),
    (CHAT, _ONE_WRITER, "sends_in_turn"),
    (CHAT, _tells("self.lock = threading.Lock()", "with self.lock:\n    self.connection.sendall(line)"),
     "sends_in_turn"),
    (CHAT, _tells("self.waiting = []", "self.waiting.append(line)\n"
                  "threading.Thread(target=self.connection.sendall, args=(line,)).start()"), "a_thread_a_line"),
    (CHAT, _waits("queue.Queue(20)", "self.waiting.put(line)"), "waits_in_put"),
    (CHAT, _waits("queue.Queue(20)", "self.waiting.put_nowait(line)"), "full_and_not_caught"),
    (CHAT, _waits("queue.Queue()", "self.waiting.put(line)"), "keeps_everything"),
    (CHAT, _waits("queue.Queue(20)", "try:\n    self.waiting.put_nowait(line)\nexcept queue.Full:\n    pass"),
     "leaves_threads"),
    (CHAT, _waits("deque(maxlen=20)", "self.waiting.append(line)\nself.news.set()", _DEQUE), "leaves_threads"),
    (CHAT, _tells("self.lock, self.news, self.lines = threading.Lock(), threading.Event(), []\n"
                  "threading.Thread(target=self.write, daemon=True).start()",
                  "with self.lock:\n    self.lines.append(line)\n    self.news.set()", _LOCKED), None),
    (CHAT, _tells("connection.setblocking(True)", "try:\n    self.connection.sendall(line, socket.MSG_DONTWAIT)\n"
                  "except OSError:\n    pass"), "half_a_line"),
    (CHAT, chat_mistakes.TOLD.replace("members = []", "members = set()").replace("append", "add")
     .replace("list(members)", "members").replace("                    other.tell(line)\n", """\
                    try:
                        other.tell(line)
                    except OSError:
                        members.discard(other)
""").replace("    members.remove(member)\n    member.leave()\n", ""), "removes_while_walking"),
    (CHAT, chat_mistakes.TOLD.replace("if other is not member", "if True"), None),
    (LIMIT, limit_mistakes.written(refuse="""

def refuse(connection, places):
    connection.shutdown(socket.SHUT_RDWR)
    connection.close()
"""), "refuses_without_a_word"),
    (LIMIT, limit_mistakes.written(loop=_START, serve=limit_mistakes._SERVE.replace(
        "    try:", "    places.acquire()\n    try:")), "waits_for_a_place"),
    (LIMIT, limit_mistakes.written(loop=_START).replace(
        "        connection, _ =", "        places.acquire()\n        connection, _ ="), "waits_in_the_queue"),
    (LIMIT, limit_mistakes.written(refuse=limit_mistakes._REFUSE.replace("busy\\n", "sorry, we are full\\n")),
     "says_another_word"),
    (LIMIT, limit_mistakes.written(refuse=limit_mistakes._REFUSE.replace("busy", "BUSY")), "says_another_word"),
    (LIMIT, limit_mistakes.written(loop="if places.acquire(blocking=False):\n"
                                   f"    {_START}\nelse:\n    refuse(connection, places)\n",
                                   refuse=limit_mistakes._REFUSE.replace("settimeout(1)", "settimeout(0.2)")),
     "waits_for_the_refused"),
    (LIMIT, limit_mistakes.written(serve="\n\ndef serve(connection, places):\n    echo(connection)\n"), "never_frees"),
    (STOP, stop_mistakes.written(stop_mistakes._DRAIN), "returns_before_the_end"),
    (STOP, stop_mistakes.written("listener.close()\nfor connection in threads:\n    connection.close()"),
     "cuts_at_once"),
    (PORT, _ports("asyncio.create_task(answer(reader, writer, look_up))",
                  "asyncio.get_running_loop().create_future(); answer(reader, writer, look_up)"), "forgets_to_await"),
    (PORT, port_mistakes._TOP + "    await server.wait_closed()\n",
     "leaves_tasks_behind" if sys.version_info < (3, 12) else "waits_for_the_idle"),
    (PORT, port_mistakes._TOP + "    await asyncio.wait(here)\n", "waits_for_the_idle"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _threads_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a thread ends with is printed, as in a notebook: pytest would keep it to itself."""
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)


@pytest.mark.parametrize(("exercise", "source", "mistake"), RECOGNISED)
def test_what_learners_write_is_recognised(exercise: Task, source: str, mistake: str | None) -> None:
    verdict = exercise.check_source(source)
    assert (verdict.status, verdict.mistake) == ("failed", mistake), verdict.text()


def test_what_a_client_did_not_get_is_told_of_a_server_that_stops() -> None:
    """And not only that the function has not come to its end."""
    message = STOP.check_source(stop_mistakes.written().replace("sendall(data)", "sendall(data.upper())")).message
    assert message.startswith("Amara was to get b'h\\xc3\\xa9llo', and got b'H\\xc3\\xa9LLO'.")


def test_an_error_in_a_task_is_shown() -> None:
    verdict = PORT.check_source(_ports("await asyncio.to_thread(look_up, line)", "1 / 0"))
    assert verdict.printed.splitlines()[0] == "A task ended with ZeroDivisionError: division by zero"


def test_the_old_threaded_server_is_no_coroutine() -> None:
    source = "import threading\n\n\n" + port_mistakes.THREADED.replace(
        "def serve(listener, look_up):", "def port_to_asyncio(listener, look_up, stop, grace):"
    )
    assert PORT.check_source(source).mistake == "blocks_in_accept"


def test_a_function_that_is_not_async_is_told_so() -> None:
    message = PORT.check_source("def port_to_asyncio(listener, look_up, stop, grace):\n    pass\n").message
    assert "could not be called as await port_to_asyncio(listener, look_up, stop, grace)" in message


# --- what the checks stand on ----------------------------------------------------------------


def test_numbers_say_where_they_stand() -> None:
    row = numbers(1000)
    assert len(row) == 1000
    assert all(stands_at(offset, row[offset : offset + 50]) for offset in range(990))
    assert not stands_at(8, row)


def test_selects_are_counted_for_one_owner_and_put_back() -> None:
    plain = selectors.DefaultSelector.select
    owner = Owner("somebody")
    with counted(owner) as mine, counted(Owner("somebody else")) as others, selectors.DefaultSelector() as selector:
        one, other = socket.socketpair()
        with one, other, owner.adopt():
            selector.register(one, selectors.EVENT_READ | selectors.EVENT_WRITE)
            assert selector.select()
            selector.modify(one, selectors.EVENT_READ)
            assert not selector.select(0)
        selector.unregister(one) if one.fileno() != -1 else None
    assert (mine.ready, mine.nobody, others.ready, others.nobody) == (1, 1, 0, 0)
    assert selectors.DefaultSelector.select is plain


HANGS = [
    (SELECTOR, fill(SELECTOR.starter, "while True: pass")),
    (SELECTOR, "import threading\ndef selector_echo(listener):\n    threading.Event().wait()\n"),
    (CHAT, "import queue\ndef chat_room(listener):\n    queue.Queue().get()\n"),
    (CHAT, fill(CHAT.starter, "while True: pass")),
    (LIMIT, fill(LIMIT.starter, "connection.recv(1)")),
    (LIMIT, "def connection_limit(listener, limit):\n    return 'nonsense'\n"),
    (STOP, fill(STOP.starter, "while True: pass")),
    (STOP, "def graceful_stop(listener, stop, grace):\n    return [object()]\n"),
    (PORT, fill(PORT.starter, "await asyncio.Event().wait()")),
    (PORT, fill(PORT.starter, "while True: pass")),
    (PORT, fill(PORT.starter, "raise SystemExit")),
]


@pytest.mark.parametrize(("exercise", "source"), HANGS, ids=lambda value: getattr(value, "name", None))
def test_a_hang_or_nonsense_gets_a_verdict_and_leaves_nothing(exercise: Task, source: str) -> None:
    threads = set(threading.enumerate())
    verdict = exercise.check_source(source)
    assert (verdict.status, verdict.mistake) == ("failed", None), verdict.text()
    assert not {thread.name for thread in threading.enumerate() if thread not in threads}


def test_a_client_s_kernel_keeps_as_little_as_was_asked_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        small, usual = (peers.connect(listener.getsockname(), "Eli", keeps=keeps).sock for keeps in (4096, None))
        with small, usual:
            sizes = [sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) for sock in (small, usual)]
    assert 4096 <= sizes[0] <= 8192 < sizes[1]
