"""What goes wrong in an echo server with selectors, and the facts by which it shows."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome, fill
from labsupport.tape.events import Endpoint

from .readers import MOST, stands_at
from .selects import Returns

__all__ = ["MISTAKES", "OFTEN", "QUIET", "STARTER", "threads", "written"]

#: So often may select() come back while nobody says anything.
OFTEN: Final = 100
#: Where the script notes, while nobody says anything, what select() had given before.
QUIET: Final = "quiet"
#: So often in a row it does not come back for EVENT_WRITE alone, while what is kept gets less.
_FOR_EVER: Final = 1000

STARTER: Final = '''\
import selectors
from selectors import EVENT_READ, EVENT_WRITE


def selector_echo(listener):
    """Echo to all clients at once, in one thread.  Runs until it is stopped."""
    unsent = {}  # for each client: what has come from it and has not gone back yet
    selector = selectors.DefaultSelector()
    selector.register(listener, EVENT_READ)
    while True:
        for key, events in selector.select():
            client = key.fileobj
            if client is listener:
                client, _ = listener.accept()
                client.setblocking(False)
                selector.register(client, EVENT_READ)
                unsent[client] = b""
                continue
            try:
                if events & EVENT_READ:
                    data = client.recv(65536)
                    if not data:
                        raise EOFError
                    unsent[client] += data
                # Send what this client takes now, keep the rest,
                # and say by selector.modify() what to ask for next.
                raise NotImplementedError
            except (EOFError, ConnectionError):  # it has finished, or is gone
                selector.unregister(client)
                client.close()
                del unsent[client]
'''

SOLUTION: Final = """\
if events & EVENT_WRITE:
    sent = client.send(unsent[client])
    unsent[client] = unsent[client][sent:]
selector.modify(client, EVENT_WRITE if unsent[client] else EVENT_READ)
"""


def written(body: str = SOLUTION) -> str:
    """A whole answer, from the lines of the gap."""
    return fill(STARTER, body)


# --- the signs of mistakes -------------------------------------------------------------------


def _spins(outcome: Outcome) -> bool:
    """Its select() came back again and again, while nobody said anything."""
    before, returns = outcome.noted.get(QUIET), outcome.noted["returns"]
    return before is not None and returns.ready >= before.ready + OFTEN


def _deaf(outcome: Outcome) -> bool:
    """Its select() came back again and again for sockets that it was to write to, and not to read from."""
    returns: Returns = outcome.noted["returns"]
    return returns.deaf >= (OFTEN if _spins(outcome) else _FOR_EVER) and outcome.unmet is not None


def _would_block(outcome: Outcome, op: str) -> bool:
    return outcome.raised(BlockingIOError) and outcome.failed(BlockingIOError, op)


def _sends_all(outcome: Outcome) -> Facts | None:
    return {} if _would_block(outcome, "sendall") else None


def _sends_unasked(outcome: Outcome) -> Facts | None:
    return {} if _would_block(outcome, "send") else None


def _misplaced(outcome: Outcome) -> bool:
    """Whether a send() after one that took a part did not begin where that had ended, in a row of numbers."""
    rows = {
        call.endpoint
        for call in outcome.receives
        if call.length and call.offset == 0 and stands_at(0, call.data or b"")
    }
    sends = [call for call in outcome.sends if call.endpoint in rows and call.length]
    return any(not stands_at(call.offset, call.data or b"") for call in sends)


def _balance(outcome: Outcome, end: Endpoint) -> int:
    """How many bytes came from this client and have not gone back."""
    came = sum(call.length or 0 for call in outcome.receives if call.endpoint is end)
    return came - sum(call.length or 0 for call in outcome.sends if call.endpoint is end)


def _ended(outcome: Outcome, end: Endpoint) -> bool:
    """Whether recv() gave b'' there, and the program closed it."""
    deaf = any(call.length == 0 and call.error is None and call.endpoint is end for call in outcome.receives)
    return deaf and any(call.endpoint is end for call in outcome.calls("close"))


def _ignores_the_count(outcome: Outcome) -> Facts | None:
    return {"who": outcome.unmet.who} if outcome.unmet is not None and _misplaced(outcome) else None


def _always_asks(outcome: Outcome) -> Facts | None:
    return {} if _spins(outcome) and not _deaf(outcome) else None


def _never_waits(outcome: Outcome) -> Facts | None:
    before, returns = outcome.noted.get(QUIET), outcome.noted["returns"]
    return {} if before is not None and returns.nobody >= before.nobody + OFTEN else None


def threads(outcome: Outcome) -> int:
    """In how many threads the learner's sockets were called."""
    return len({call.program for call in outcome.calls()})


def _a_thread_for_each(outcome: Outcome) -> Facts | None:
    return {"n": threads(outcome)} if threads(outcome) > 1 and outcome.unmet is None else None


def _never_reads_again(outcome: Outcome) -> Facts | None:
    return {} if _deaf(outcome) else None


def _reads_on(outcome: Outcome) -> Facts | None:
    unmet = outcome.unmet
    if unmet is None or not unmet.got.startswith("room for all"):
        return None
    return {"who": unmet.who, "n": MOST // 1024}


def _drops_the_rest(outcome: Outcome) -> Facts | None:
    """Closed at b'', while something that came had not gone back."""
    ends = {call.endpoint for call in outcome.receives}
    dropped = any(_ended(outcome, end) and _balance(outcome, end) > 0 for end in ends)
    return {"who": outcome.unmet.who} if dropped and outcome.unmet is not None and not _misplaced(outcome) else None


def _stays_registered(outcome: Outcome) -> Facts | None:
    return {} if outcome.raised(KeyError, "is already registered") else None


# --- the wrong programs ----------------------------------------------------------------------

MISTAKES: Final = (
    Mistake(
        "sends_all",
        written("""\
client.sendall(unsent[client])
unsent[client] = b""
"""),
        "sendall() raised BlockingIOError: there was no room for all of it, and this socket does not wait. How much "
        "has gone out nobody can tell you now. send() says how much it took: keep the rest until there is room.",
        _sends_all,
    ),
    Mistake(
        "sends_unasked",
        written("""\
sent = client.send(unsent[client])
unsent[client] = unsent[client][sent:]
selector.modify(client, EVENT_WRITE if unsent[client] else EVENT_READ)
"""),
        "send() raised BlockingIOError: you were told that this client can be read from, and there was no room to "
        "write. Send only when `events & EVENT_WRITE` says that there is; or catch the error, and keep all of it.",
        _sends_unasked,
    ),
    Mistake(
        "ignores_the_count",
        written("""\
if events & EVENT_WRITE:
    client.send(unsent[client])
    unsent[client] = b""
selector.modify(client, EVENT_WRITE if unsent[client] else EVENT_READ)
"""),
        "send() took a part of what you gave it, said how much, and you threw the rest away: {who} gets bytes that "
        "stood further on. Keep what was not sent: unsent[client][sent:].",
        _ignores_the_count,
        {"who": "Dewi"},
    ),
    Mistake(
        "always_asks",
        written("""\
if events & EVENT_WRITE and unsent[client]:
    sent = client.send(unsent[client])
    unsent[client] = unsent[client][sent:]
selector.modify(client, EVENT_READ | EVENT_WRITE)
"""),
        "A whole core for a client that says nothing: select() came back again and again, because a socket with room "
        "in its buffer can always be written to. Ask for EVENT_WRITE only while you have something to send.",
        _always_asks,
    ),
    Mistake(
        "never_waits",
        written().replace("selector.select()", "selector.select(0)"),
        "A whole core while nobody says anything: select() with a timeout of 0 looks and does not wait, and your loop "
        "asks again and again. Without a timeout it sleeps until there is something to do: selector.select().",
        _never_waits,
    ),
    Mistake(
        "a_thread_for_each",
        """\
import threading


def selector_echo(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=echo, args=(connection,), daemon=True).start()


def echo(connection):
    try:
        with connection:
            while data := connection.recv(4096):
                connection.sendall(data)
    except ConnectionError:
        pass
""",
        "It works, in {n} threads so far: each waits for one client. Asked is one thread for all of them. A selector "
        "says which of the sockets are ready, so that no call on any of them has to wait.",
        _a_thread_for_each,
        {"n": 3},
    ),
    Mistake(
        "never_reads_again",
        written("""\
if events & EVENT_WRITE:
    sent = client.send(unsent[client])
    unsent[client] = unsent[client][sent:]
if unsent[client]:
    selector.modify(client, EVENT_WRITE)
"""),
        "Everything is sent, and you still ask for EVENT_WRITE alone: select() comes back at once, again and again, "
        "and nothing more is read from that client. When nothing is kept, ask for EVENT_READ again.",
        _never_reads_again,
    ),
    Mistake(
        "reads_on",
        written("""\
if events & EVENT_WRITE:
    sent = client.send(unsent[client])
    unsent[client] = unsent[client][sent:]
selector.modify(client, EVENT_READ | EVENT_WRITE if unsent[client] else EVENT_READ)
"""),
        "{who} has sent {n} KiB, has read nothing, and your server took all of it: what the kernel has no room for is "
        "in your memory now, and grows. While something is kept for a client, do not ask to read from it; then it has "
        "to wait.",
        _reads_on,
        {"who": "Dewi", "n": MOST // 1024},
    ),
    Mistake(
        "drops_the_rest",
        written("""\
if events & EVENT_WRITE:
    sent = client.send(unsent[client])
    unsent[client] = unsent[client][sent:]
reads = EVENT_READ if len(unsent[client]) < 16384 else 0
selector.modify(client, reads | EVENT_WRITE if unsent[client] else EVENT_READ)
"""),
        "{who} finished sending and still wants its answer: b'' came while something was kept for it, and you closed. "
        "Half of a connection has ended, not the other one. Read the end only when nothing is kept, or close when the "
        "rest has gone.",
        _drops_the_rest,
        {"who": "Dewi"},
    ),
    Mistake(
        "stays_registered",
        written().replace("                selector.unregister(client)\n", ""),
        "You closed a socket and left it with the selector. Its number was given to the next client, and register() "
        "found it taken. First selector.unregister(client), then client.close().",
        _stays_registered,
    ),
)  # fmt: skip
