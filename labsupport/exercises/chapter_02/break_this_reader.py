"""The other way round: the shortest peer that makes a wrong reader fail, and no right one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from labsupport.exercises.engine import Case, Outcome, Stage, Task, fill
from labsupport.exercises.peers import Unmet
from labsupport.tape.watched import endpoint_of

from .break_mistakes import CUT_OFF, LONGEST, MISTAKES, RIGHT_ONE, STARTER, SURVIVED, behind, pieces
from .one_by_one import one_by_one
from .readers import MORE_WRONG, RIGHT, WRONG, WRONG_SOURCE, Reader, text_of
from .sending import other_end

__all__ = ["BREAK_THIS_READER"]

_WRONG: Final = "the wrong reader"


# --- the other side --------------------------------------------------------------------------


def _reads(reader: Reader, stage: Stage) -> tuple[str, str]:
    """What the reader made of it, and how it failed if it did; the learner's side has come to its end by then."""
    peer = other_end(stage)
    peer.awaits = "a whole message"
    text = failure = ""
    try:
        text = reader(peer.sock)
    except EOFError:
        failure = CUT_OFF
    except UnicodeDecodeError:
        failure = "bytes that are no UTF-8"
    except TimeoutError:
        raise Unmet(peer.name, peer.awaits, "nothing more") from None
    except ConnectionError:
        failure = "a reset"
    peer.awaits = ""
    peer.steps += 1
    stage.noted["read"] = True
    stage.until(lambda: False)  # whoever sends on sends to nobody; what it does still belongs in the picture
    return text, failure


def _sent(stage: Stage) -> bytes:
    return b"".join(call.data or b"" for call in stage.calls("send", "sendall", "sendmsg", "sendfile"))


def _survives(reader: Reader, stage: Stage) -> bool:
    text, failure = _reads(reader, stage)
    return not failure and text == text_of(_sent(stage))


def _case(title: str, name: str, play: Any, holds: Any = lambda _: "") -> Case:
    def use(break_this_reader: Any, connection: Any) -> object:
        with connection:
            return break_this_reader(connection)

    def given(stage: Stage) -> tuple[object, ...]:
        stage.clock()  # pieces cannot join here, so whoever sleeps between two of them need not
        sock, peer = stage.connected(name)
        ours, theirs = endpoint_of(sock), endpoint_of(peer.sock)
        one_by_one(sock, lambda: stage.until(lambda: theirs.received >= ours.sent or "read" in stage.noted))
        return (sock,)

    return Case(title, "break_this_reader(connection)", play, given, use=use, holds=holds)


def _right(how: str, reader: Reader) -> Case:
    def play(stage: Stage) -> None:
        _, failure = _reads(reader, stage)
        if failure:
            raise Unmet(RIGHT_ONE, "a whole message", failure)

    return _case(f"against a right reader, which {how}", RIGHT_ONE, play)


def _more(how: str, reader: Reader) -> Case:
    def play(stage: Stage) -> None:
        stage.noted["survived"] = _survives(reader, stage)

    return _case(how, "another wrong reader", play)


def _wrong(stage: Stage) -> None:
    if _survives(WRONG, stage):
        raise Unmet(_WRONG, "a message that it cannot read", SURVIVED)


def _fair(outcome: Outcome) -> str:
    if len(b"".join(pieces(outcome))) > LONGEST:
        return f"a peer that sends at most {LONGEST} bytes"
    return "a peer that sends one message, and nothing behind it" if behind(outcome) else ""


def _count(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """How short it was, and which of the other wrong readers it breaks."""
    sent = pieces(outcomes[-1])
    told = {outcome.case.title: outcome.noted["survived"] for outcome in outcomes if "survived" in outcome.noted}
    broken = [how for how, survived in told.items() if not survived]
    whole = [how for how, survived in told.items() if survived]
    n = len(b"".join(sent))
    size = f"Your peer sends {n} bytes in {len(sent)} pieces; " + (
        "no peer can be shorter." if n == 3 else "3 will do."
    )
    if not whole:
        return (
            size,
            f"It also breaks {len(broken)} other wrong readers, each wrong in its own way: all there are here.",
        )
    fails = f"It also breaks the one that {' and the one that '.join(broken)}. " if broken else ""
    survives = f"It does not break the one that {' nor the one that '.join(whole)}."
    return (size, f"There are {len(told)} other wrong readers. {fails}{survives} Can one peer break all of them?")


BREAK_THIS_READER: Final = Task(
    name="break_this_reader",
    chapter=2,
    prompt=(
        "**Break this reader.** Write the other side: `break_this_reader(connection)` sends one message, whole and "
        "right, that `wrong_reader` cannot read, though a right reader can. Each `sendall` arrives as one piece, "
        f"never joined with the next; after your function the connection is closed. At most {LONGEST} bytes: the "
        f"shorter, the better.\n\n```python\n{WRONG_SOURCE}```"
    ),
    hints=(
        "Which line of the reader trusts in getting all that it asks for?",
        "`sock.recv(2)` returns at most 2 bytes. What does `int.from_bytes` make of one?",
        "A message is `b'\\x00\\x02hi'`, for example. Cut it in two pieces, between two bytes of your choice.",
        "`connection.sendall(b'\\x00')`, and then all the rest in a second call.",
    ),
    starter=STARTER,
    solution=fill(STARTER, 'connection.sendall(b"\\x00")\nconnection.sendall(b"\\x01x")'),
    alternatives=(
        fill(STARTER, 'for byte in b"\\x00\\x03a\\xc3\\xa9":\n    connection.sendall(bytes([byte]))'),
        """\
import struct
import time


def break_this_reader(connection):
    text = "你好".encode()
    header = struct.pack("!H", len(text))
    connection.send(header[:1])
    time.sleep(0.05)
    connection.send(header[1:] + text)
    connection.close()
""",
    ),
    cases=(
        *(_right(how, reader) for how, reader in RIGHT.items()),
        *(_more(how, reader) for how, reader in MORE_WRONG.items()),
        _case("against the wrong reader", _WRONG, _wrong, _fair),
    ),
    praise=(
        "Two right readers read your message, and the wrong one did not: it made a number of half a length. In the "
        "ladder: its recv(2) gave one byte. A peer like yours, kept in a file, is a test that fails until the reader "
        "is mended."
    ),
    remarks=_count,
    mistakes=MISTAKES,
)
