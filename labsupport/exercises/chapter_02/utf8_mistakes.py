"""What goes wrong where text is decoded piece by piece, and the facts by which it shows."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome

__all__ = ["MISTAKES", "STARTER", "written"]

_CODE: Final = '''\
import codecs


class Decoder:
    """Text from bytes in pieces: decoder = utf8_decoder(), feed() for each piece, then end()."""

    def __init__(self):
        {init}

    def feed(self, data):
        """Return the text of all characters that are whole by now and were not returned yet."""
        {feed}

    def end(self):
        """No more bytes will come: raise UnicodeDecodeError if a character is cut off."""
        {end}


utf8_decoder = Decoder
'''
_REST: Final = 'self.rest = b""  # the bytes of a character that is not whole yet'


def written(init: str = _REST, feed: str = "raise NotImplementedError", end: str = "self.rest.decode()") -> str:
    """A whole answer, from the bodies of its methods."""
    bodies = {"init": init, "feed": feed, "end": end}
    return _CODE.format(**{name: body.strip().replace("\n", "\n" + " " * 8) for name, body in bodies.items()})


STARTER: Final = written(end="raise NotImplementedError").replace("import codecs\n\n\n", "")


# --- the signs of mistakes -------------------------------------------------------------------


def _piece(outcome: Outcome) -> bytes:
    """The piece that was fed last."""
    return (outcome.receives[-1].data or b"") if outcome.receives else b""


def _texts(outcome: Outcome) -> tuple[str, str] | None:
    """What came and what was to come, where both are text and differ."""
    got, right = outcome.result, outcome.returns
    return (got, right) if isinstance(got, str) and isinstance(right, str) and got != right else None


def _broken_by(outcome: Outcome) -> bytes | None:
    """The bytes in which decode() stumbled, where text was expected."""
    error = outcome.error
    if not isinstance(error, UnicodeDecodeError) or error.encoding != "utf-8" or not isinstance(outcome.returns, str):
        return None
    return bytes(error.object)


def _decodes_pieces(outcome: Outcome) -> Facts | None:
    piece = _broken_by(outcome)
    alone = piece is not None and piece == _piece(outcome) and _new_decoder_each_time(outcome) is None
    return {"piece": piece} if alone else None


def _new_decoder_each_time(outcome: Outcome) -> Facts | None:
    """The piece with the first half of a character went well, and the one that begins with the other half did not."""
    receives, piece = outcome.receives, _broken_by(outcome)
    if piece is None or piece != _piece(outcome) or len(receives) < 2 or piece[0] & 0b1100_0000 != 0b1000_0000:
        return None
    return {"before": receives[-2].data, "piece": piece}


def _makes_the_error(outcome: Outcome) -> Facts | None:
    return {} if outcome.raised(TypeError, "takes exactly 5 arguments") else None


def _one_state_for_all(outcome: Outcome) -> Facts | None:
    bytes_ = _broken_by(outcome)
    mixed = bytes_ is not None and bytes_ != _piece(outcome) and bytes_.endswith(_piece(outcome))
    return {"piece": _piece(outcome), "got": bytes_} if mixed and "other" in outcome.case.call else None


def _drops_the_cut(outcome: Outcome) -> Facts | None:
    got, right = _texts(outcome) or ("", "")
    lost = [letter for letter in right if not letter.isascii()]
    ascii_only = "".join(letter for letter in right if letter.isascii())
    return {"letter": lost[0]} if lost and got == ascii_only and got else None


def _question_marks(outcome: Outcome) -> Facts | None:
    got, _ = _texts(outcome) or ("", "")
    return {"result": got} if "\ufffd" in got else None


def _another_code(outcome: Outcome) -> Facts | None:
    got, right = _texts(outcome) or ("", "")
    return {"result": got, "right": right} if got and got == _piece(outcome).decode("latin-1") else None


def _waits_for_more(outcome: Outcome) -> Facts | None:
    got, right = _texts(outcome) or ("?", "")
    return {"piece": _piece(outcome), "right": right} if got == "" and right else None


def _repeats(outcome: Outcome) -> Facts | None:
    got, right = _texts(outcome) or ("", "")
    again = len(got) > len(right) and got.endswith(right) and _another_code(outcome) is None
    return {"result": got, "right": right} if again and right else None


def _silent_about_wrong_bytes(outcome: Outcome) -> Facts | None:
    unsaid = outcome.raises is UnicodeDecodeError and outcome.ended and outcome.error is None
    return {} if unsaid and b"\xff" in outcome.received else None


def _silent_about_the_end(outcome: Outcome) -> Facts | None:
    unsaid = outcome.raises is UnicodeDecodeError and outcome.ended and outcome.error is None
    return {"piece": _piece(outcome)} if unsaid and b"\xff" not in outcome.received else None


# --- the wrong programs ----------------------------------------------------------------------

MISTAKES: Final = (
    Mistake(
        "decodes_pieces",
        written(feed="return data.decode()"),
        "You decoded one piece by itself, {piece!r}, and it has only a part of a character: the other part is in "
        "another piece. Keep the bytes of a character that is not whole until the rest of it has come.",
        _decodes_pieces,
        {"piece": b"h\xc3"},
    ),
    Mistake(
        "new_decoder_each_time",
        written(feed="decoder = codecs.getincrementaldecoder('utf-8')()\nreturn decoder.decode(data)"),
        "{before!r} went well, and {piece!r} did not: it was decoded as if nothing had come before, so its first byte "
        "is half a character. Is there a new decoder in each feed()? It has forgotten what the old one kept. Make one "
        "in __init__, as self.decoder.",
        _new_decoder_each_time,
        {"before": b"h\xc3", "piece": b"\xa9llo"},
    ),
    Mistake(
        "drops_the_cut",
        written(feed='return data.decode(errors="ignore")'),
        "No error now, but the text lost its {letter!r}: half of it was at the end of one piece, half at the start of "
        "the next, and both were dropped. Something must remember the first half between two calls; "
        "codecs.getincrementaldecoder('utf-8') makes an object that does.",
        _drops_the_cut,
        {"letter": "é"},
    ),
    Mistake(
        "question_marks",
        written(feed='return data.decode(errors="replace")'),
        "You returned {result!r}: '\ufffd' (U+FFFD) stands where bytes could not be decoded. They were not wrong, only "
        "not all there yet. Keep them until the rest has come.",
        _question_marks,
        {"result": "h\ufffd"},
    ),
    Mistake(
        "another_code",
        written(feed='return data.decode("latin-1")'),
        "You returned {result!r}; {right!r} was expected. Each byte became a character of its own, as in Latin-1, so "
        "nothing could fail. In UTF-8 a character has one to four bytes.",
        _another_code,
        {"result": "hÃ", "right": "h"},
    ),
    Mistake(
        "waits_for_more",
        written(
            feed="""
self.rest += data
try:
    text = self.rest.decode()
except UnicodeDecodeError:
    return ""
self.rest = b""
return text
"""
        ),
        "In {piece!r} the characters {right!r} are whole, and you returned '' and waited. If every piece ends in the "
        "middle of a character, nothing is ever returned. The error knows how far it came: error.start.",
        _waits_for_more,
        {"piece": b"h\xc3", "right": "h"},
    ),
    Mistake(
        "repeats",
        written(feed="self.rest += data\nreturn self.rest.decode(errors='ignore')"),
        "You returned {result!r}, and {right!r} was expected: what you had returned before came once more. Keep only "
        "the bytes that are no whole character yet.",
        _repeats,
        {"result": "héllo", "right": "éllo"},
    ),
    Mistake(
        "one_state_for_all",
        written(init="pass", feed="return decoder.decode(data)", end='decoder.decode(b"", final=True)').replace(
            "import codecs\n", 'import codecs\n\ndecoder = codecs.getincrementaldecoder("utf-8")()\n'
        ),
        "Two decoders for two connections, in turn: the second was fed {piece!r} and decoded {got!r}, which begins "
        "with bytes of the first. What is not whole yet belongs to one decoder: keep it in self.",
        _one_state_for_all,
        {"piece": b"ok", "got": b"\xc3ok"},
    ),
    Mistake(
        "silent_about_wrong_bytes",
        written(
            init='self.decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")',
            feed="return self.decoder.decode(data)",
            end='self.decoder.decode(b"", final=True)',
        ),
        "The byte ff is in no UTF-8 text, and neither feed() nor end() said so: it was left out, or kept for ever. "
        "Whoever reads the text must know that it is not what was sent: let UnicodeDecodeError through.",
        _silent_about_wrong_bytes,
    ),
    Mistake(
        "silent_about_the_end",
        written(
            init='self.decoder = codecs.getincrementaldecoder("utf-8")()',
            feed="return self.decoder.decode(data)",
            end="pass",
        ),
        "The last piece was {piece!r}: its last character never came whole, and end() said nothing. It must raise "
        "UnicodeDecodeError; decode(b'', final=True) of an incremental decoder does.",
        _silent_about_the_end,
        {"piece": b"adi\xc3"},
    ),
    Mistake(
        "makes_the_error",
        written(
            init='self.decoder = codecs.getincrementaldecoder("utf-8")()',
            feed="return self.decoder.decode(data)",
            end='if self.decoder.getstate()[0]:\n    raise UnicodeDecodeError("cut off")',
        ),
        "A UnicodeDecodeError is not made with a sentence alone: it wants the encoding, the bytes, from where to where "
        "they are wrong, and why. You need not make it. decode() raises it: rest.decode() where you keep the rest "
        "yourself, decode(b'', final=True) of an incremental decoder.",
        _makes_the_error,
    ),
)
