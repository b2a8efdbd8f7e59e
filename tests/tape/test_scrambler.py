"""The scrambler: the order of two programs' calls differs from seed to seed, what the bytes say does not."""

from __future__ import annotations

import socket
import sys

import pytest

from labsupport.tape.excerpt import Excerpt
from labsupport.tape.ops import OPS
from labsupport.tape.watched import WatchedSocket
from tests.scrambler import scrambled
from tests.tape.stories import Story, beside, listening


def played(seed: int) -> Excerpt:
    story = Story()
    with listening() as listener:
        address = listener.getsockname()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as reader:
                for line in reader:
                    connection.sendall(line.upper())

        def ask() -> None:
            with socket.create_connection(address, timeout=10) as client, client.makefile("rb") as reader:
                for text in (b"one\n", b"two\n"):
                    client.sendall(text)
                client.shutdown(socket.SHUT_WR)
                assert reader.readlines() == [b"ONE\n", b"TWO\n"]

        with scrambled(seed), beside(serve, ask):
            pass
    return story.excerpt


def test_the_order_differs_and_the_result_does_not() -> None:
    orders, results = set(), set()
    for seed in range(50):
        excerpt = played(seed)
        orders.add(tuple((call.role, call.op) for call in excerpt.calls()))
        found = excerpt.exchange
        results.add(
            (
                tuple((one.made, one.accept is not None) for one in found.connections),
                frozenset(control.kind for control in found.controls),
                frozenset((arrow.source.role, arrow.source.data, arrow.fate) for arrow in found.arrows if arrow.source),
                sum(arrow.length for arrow in found.arrows),
            )
        )
    assert len(orders) > 5
    assert len(results) == 1


def test_it_leaves_nothing_behind() -> None:
    before = {op: vars(WatchedSocket).get(op) for op in OPS}
    interval = sys.getswitchinterval()
    with pytest.raises(KeyError), scrambled(1):  # noqa: PT012  what is inside is the test
        assert vars(WatchedSocket)["recv"] is not before["recv"]
        raise KeyError
    assert {op: vars(WatchedSocket).get(op) for op in OPS} == before
    assert sys.getswitchinterval() == interval
