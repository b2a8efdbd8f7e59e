"""A choice: what is wrong with a socket, from the report of its options."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill
from typing import Final

from labsupport.exercises.engine import Deciding, Question, decisions, gaps, tempting_mistakes

__all__ = ["READ_REPORT", "REPORTS", "Report"]

#: Columns of a prompt's fenced text that fit beside JupyterLab's sidebar on a small screen.
_WIDTH: Final = 84
#: What a report shows where this is the fault, by its name.
_SHOWS: Final = {
    "shares its port": "a socket that shares its port has SO_REUSEPORT, so a second server can bind it too",
    "cannot restart": "a listener that cannot restart at once lacks SO_REUSEADDR, so a report does not mention it",
    "option of another level": "an option set at another level is there under another name: the same number, there",
    "first probe after hours": "a first probe after two hours shows by SO_KEEPALIVE without a line for TCP_KEEPIDLE",
    "time in the wrong unit": "a time in the wrong unit is a thousand times too short, or too long",
    "close() is a reset": "a close() that resets has SO_LINGER on, with 0 s",
    "buffer too small": "a buffer that is too small is smaller here than on a fresh socket",
    "holds its data back": "a socket that holds data back, besides what Nagle does, has TCP_CORK",
}


@dataclass(frozen=True)
class Report:
    """One socket.

    - `right`: its fault; `whose`: what it is for; `lines`: its options as `options.report` has them, here and fresh.
    - `about`: why that is its fault, to be read after "Here ".
    - `tempting`: a fault that many choose, what is `said` to them, and the `name` of that mistake.
    """

    right: str
    whose: str
    lines: tuple[tuple[str, str, str], ...]
    about: str
    tempting: str = ""
    said: str = ""
    name: str = ""


REPORTS: Final = (
    Report("cannot restart", "The listener of a mail server. Every night it is stopped, and started at once.", (),
           "nothing differs from a fresh socket, and something should: the old connections hold the port.",
           "shares its port", "a fresh socket shares its port with nobody, and nothing here differs from one. What a "
           "report does not mention is as the system has it: without SO_REUSEADDR.", "nothing_differs"),
    Report("first probe after hours", "The connection to a door lock. If its power fails, somebody must know in a "
           "minute.", (("SO_KEEPALIVE", "True", "False"), ("TCP_KEEPINTVL", "10 s", "75 s"), ("TCP_KEEPCNT", "3", "9")),
           "probes are on, 3 of them, 10 s apart; and when the first one goes out is not in the report.",
           "time in the wrong unit", "10 s is 10 s: the times of keepalive are in seconds, and these two make half a "
           "minute. A third is missing, so it is as the system has it: 7,200 s.", "what_a_report_leaves_out"),
    Report("close() is a reset", "A connection of a file server. Some clients miss the end of their file.",
           (("SO_LINGER", "on, 0 s", "off"),),
           "close() waits for nothing, and throws away what is not yet sent.",
           "time in the wrong unit", "0 is 0 in any unit. With SO_LINGER it does not mean 'do not wait', which is off: "
           "it means a reset.", "zero_is_no_wait"),
    Report("option of another level", "The connection of a game. Each move is two small writes, and then a read; it is "
           "slow.", (("SO_DEBUG", "True", "False"),),
           "somebody asked for option 1 of SOL_SOCKET: TCP_NODELAY is option 1 too, of IPPROTO_TCP.",
           "holds its data back", "it does: Nagle holds the second write. But nobody asked for that, so it is no line "
           "of the report; the line that is there says what happened to the cure.", "the_cure_is_in_the_report"),
    Report("shares its port", "The listener of a shop. Since the new version was started, every second order gets the "
           "old prices.", (("SO_REUSEADDR", "True", "False"), ("SO_REUSEPORT", "True", "False")),
           "two options have REUSE in their names, and one of the two is too many: an old server still listens.",
           "cannot restart", "it can, even while the old one runs: that is what is wrong. With SO_REUSEADDR alone "
           "bind() would have said that the old server is still there.", "the_restart_went_too_well"),
    Report("time in the wrong unit", "An upload from a telephone. It fails with a timeout after every tunnel.",
           (("TCP_USER_TIMEOUT", "30 ms", "0 ms"),),
           "somebody wanted half a minute: TCP_USER_TIMEOUT is in milliseconds.",
           "close() is a reset", "a timeout is no reset: the kernel gave up, because nothing was acknowledged for as "
           "long as it was told to wait. Look at how long that is.", "a_timeout_is_no_reset"),
    Report("buffer too small", "A download across an ocean, on a fast line. It is slow.",
           (("SO_RCVBUF", "8,192 bytes", "131,072 bytes"),),
           "so much may be on its way at once, and then the sender waits for an answer from across the ocean."),
    Report("holds its data back", "The connection of a chat. Each line arrives a fifth of a second late.",
           (("TCP_NODELAY", "True", "False"), ("TCP_CORK", "True", "False")),
           "two options contradict each other, and the one that holds back wins (tcp(7)), for up to 200 ms.",
           "option of another level", "TCP_NODELAY is there under its own name, so its level was right. Another option "
           "of the same level is stronger.", "nodelay_and_cork"),
)  # fmt: skip


def _question(report: Report) -> Question:
    said = {name: f"{shows}. Here {report.about}" for name, shows in _SHOWS.items()}
    said[report.right] = f"yes: {report.about}"
    said |= {report.tempting: report.said} if report.name else {}
    return Question(report.whose, said, report.right, report.tempting, report.name)


def _shown(number: int, report: Report) -> str:
    rows = [f"     {name:<18}{here:<14}{fresh}\n" for name, here, fresh in report.lines] or ["     (nowhere)\n"]
    return fill(f"{number}  {report.whose}", _WIDTH, subsequent_indent="   ") + "\n" + "".join(rows)


_NAME: Final = "read_report"
_QUESTIONS: Final = tuple(map(_question, REPORTS))
_RIGHT: Final = {number: report.right for number, report in enumerate(REPORTS, 1)}

READ_REPORT: Final = Deciding(
    name=_NAME,
    chapter=6,
    prompt=(
        "**Read a report.** Eight sockets, what each is for, and where its options differ from those of a fresh one, "
        "as `options.report` on Linux shows it: the option, its value here, and on a fresh socket. (Lines that the "
        "system changes by itself are left out.) What is wrong with each? Every choice is answered.\n\n```text\n"
        + "".join(_shown(number, report) for number, report in enumerate(REPORTS, 1))
        + "```\n\nThe names to choose from, each once:\n\n```text\n"
        + "".join(f"{name}\n" for name in _SHOWS)
        + "```"
    ),
    hints=(
        "What is not in a report is as on a fresh socket. In two of them the fault is what is missing.",
        "Ask of each line: who set it, and what did they mean to do?",
        "An option is a level and a number: the same number at another level is another option.",
        "Units: keepalive has seconds, TCP_USER_TIMEOUT milliseconds, buffers bytes; and 0 s is special.",
    ),
    starter=gaps(_NAME, len(REPORTS), "its fault"),
    solution=decisions(_NAME, _RIGHT),
    alternatives=(
        f"{_NAME} = {list(_RIGHT.values())}\n",
        decisions(_NAME, {number: _RIGHT[number].upper() for number in reversed(_RIGHT)}),
    ),
    praise="Eight reports, eight faults: six by a line that is there, two by one that is not.",
    questions=_QUESTIONS,
    example="{1: 'buffer too small', …, 8: 'cannot restart'}",
    mistakes=tempting_mistakes(_NAME, _QUESTIONS),
)
