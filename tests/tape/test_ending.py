"""How what is left of a program is closed.  (What wakes it is in tests/test_stopping.py.)"""

from __future__ import annotations

import socket
from typing import Any

import pytest

from labsupport.tape.ending import close
from labsupport.tape.events import Note
from labsupport.tape.programs import Owner
from labsupport.tape.record import TAPE
from labsupport.tape.watched import endpoint_of, live


def _owned(owner: Owner) -> socket.socket:
    with owner.adopt():
        return socket.create_server(("127.0.0.1", 0))


def test_the_note_is_written_before_the_other_end_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = Owner("answer")
    listener: Any = _owned(owner)
    plain = type(listener)._real_close
    last: list[Any] = []

    def closes(self: Any, *args: Any) -> None:
        last.append(TAPE.events()[-1])
        plain(self, *args)

    monkeypatch.setattr(type(listener), "_real_close", closes)
    close(owner)
    (note,) = last
    assert isinstance(note, Note)
    assert (note.kind, note.endpoint) == ("collected", endpoint_of(listener))
    assert listener.fileno() == -1


def test_one_note_for_a_socket_that_has_two_handles() -> None:
    owner = Owner("answer")
    listener = _owned(owner)
    with owner.adopt():
        other = listener.dup()
    close(owner)
    close(owner)
    notes = [event for event in TAPE.events() if isinstance(event, Note) and event.endpoint is endpoint_of(listener)]
    assert [note.kind for note in notes] == ["collected"]
    assert listener.fileno() == other.fileno() == -1


def test_what_another_made_stays_open() -> None:
    owner = Owner("answer")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        owner.add(listener)
        close(owner)
        assert listener.fileno() != -1
    assert endpoint_of(listener) not in [endpoint for _, endpoint in live()]
