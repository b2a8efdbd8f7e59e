"""What a receiver can know: how many numbered datagrams were lost, late and doubled."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from typing import Any, Final

from labsupport import faults
from labsupport.exercises import peers
from labsupport.exercises.engine import Case, Stage, Task
from labsupport.link import Link
from labsupport.tape.events import Passage, clock, tick
from labsupport.tape.record import TAPE
from labsupport.tape.watched import Plain, endpoint_of

from .counting_mistakes import MISTAKES, STARTER, counted

__all__ = ["SEQUENCE_NUMBERS"]

#: So many are sent, and the socket's timeout, in seconds: when the counting begins, everything has come.
_SENT: Final = 8
_TIMEOUT: Final = 0.2

_LOSS, _DOUBLE, _REORDER = faults.Loss(0.3), faults.Duplicate(0.3), faults.Reorder(0.3)


# --- the other side --------------------------------------------------------------------------


def _case(title: str, up: Sequence[faults.Fault], seed: int) -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        assert stage.other is not None
        with stage.other.adopt():  # they are lent: open when the learner's code has come to its end
            pair = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        for name, sock in zip(("receiver", "sender"), pair, strict=True):
            stage.afterwards.enter_context(sock)
            endpoint_of(sock).label = name
        pair[0].bind(("127.0.0.1", 0))
        Plain.settimeout(pair[0], _TIMEOUT)
        stage.noted.update(sent=_SENT, there=threading.Event())
        link = Link(pair[0].getsockname(), "udp", up=up, seed=seed)
        stage.noted.update(receiver=pair[0], sender=pair[1], link=stage.afterwards.enter_context(link))
        return (stage,)

    return Case(title, f"sequence_numbers(sock, {_SENT})", _all_go, given, use=_counts)


def _counts(answer: Any, stage: Stage) -> object:
    """In the learner's thread: when everything is there that will come."""
    stage.noted["there"].wait(peers.PATIENCE)
    return answer(stage.noted["receiver"], _SENT)


def _all_go(stage: Stage) -> None:
    sender, link, begin = stage.noted["sender"], stage.noted["link"], tick()
    for number in range(_SENT):
        sender.sendto(b"%04d: %d \xc2\xb0C" % (number, 20 + number), link.address)
    stage.noted["arrived"] = arrived = _arrived(link, begin)
    stage.returns = counted(arrived, _SENT)
    stage.noted["there"].set()


def _arrived(link: Link, begin: int) -> list[int]:
    """The numbers of what the link has handed on since, in that order, when nothing is on its way any more."""
    nap, deadline = threading.Event(), clock() + peers.PATIENCE
    while True:
        events = TAPE.events(begin)  # an earlier link may have had the same port
        passed = [each for each in events if isinstance(each, Passage) and each.route.door == link.address]
        if (len(passed) == _SENT and not any(each.open for each in passed)) or clock() > deadline:
            break
        nap.wait(0.002)
    found = sorted((delivery.order, each.offset) for each in passed for delivery in each.deliveries)
    return [number for _, number in found]


SEQUENCE_NUMBERS: Final = Task(
    name="sequence_numbers",
    chapter=3,
    prompt=(
        "**Lost, late, doubled.** Somebody has sent `sent` datagrams through a bad network; each begins with its "
        "number, 4 digits from `0000` on. Read them from `sock` until `recv()` times out: what has not come by then "
        "is lost. Return three counts, `(lost, late, doubled)`. *Late*: it came for the first time when a higher "
        "number had come already. *Doubled*: it came once more; each further copy counts, and is not late."
    ),
    hints=(
        "How many numbers are missing when `0, 0, 2` came, and 3 were sent? How many datagrams came?",
        "Keep a set of the numbers that you have, and the highest of them. What does each new number tell you?",
        "Ask in this order: have I got it already? If not, is it below the highest? What is lost, you know at the end.",
        "`lost = sent - len(seen)`, after the loop.",
    ),
    starter=STARTER,
    solution="""\
def sequence_numbers(sock, sent):
    seen, highest, late, doubled = set(), -1, 0, 0
    while True:
        try:
            number = int(sock.recv(1024)[:4])
        except TimeoutError:                             # nothing more will come
            break
        if number in seen:
            doubled += 1
        elif number < highest:
            late += 1
        seen.add(number)
        highest = max(highest, number)
    return sent - len(seen), late, doubled
""",
    alternatives=(
        """\
from collections import Counter


def arriving(sock):
    while True:
        try:
            yield int(sock.recvfrom(65_535)[0].partition(b":")[0])
        except OSError:
            return


def sequence_numbers(sock, sent):
    arrived = list(arriving(sock))
    times = Counter(arrived)
    firsts = list(dict.fromkeys(arrived))
    late = sum(1 for place, number in enumerate(firsts) if any(other > number for other in firsts[:place]))
    return sent - len(times), late, sum(times.values()) - len(times)
""",
        """\
import select


def sequence_numbers(sock, sent):
    came = [0] * sent
    next_expected = late = 0
    while select.select([sock], [], [], 0.3)[0]:
        number = int(sock.recv(9)[:4].decode())
        came[number] += 1
        late += came[number] == 1 and number < next_expected
        next_expected = max(next_expected, number + 1)
    return came.count(0), late, sum(count - 1 for count in came if count)
""",
    ),
    cases=(
        _case("two are lost, and one of them is the last", [_LOSS], 14),
        _case("two are lost, and two are doubled", [_LOSS, _DOUBLE], 12),
        _case("one overtakes two others", [_REORDER], 19),
        _case("two come twice, and one three times", [_DOUBLE, _DOUBLE], 28),
        _case("all of it", [_LOSS, _DOUBLE, _REORDER], 19),
    ),
    praise=(
        "Lost at the end, doubled far behind the first copy, overtaken two at a time: your counts are right. In the "
        "ladder the link says what it did to each datagram; your function found it out from the numbers alone."
    ),
    mistakes=MISTAKES,
)
