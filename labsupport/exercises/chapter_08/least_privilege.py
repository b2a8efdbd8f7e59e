"""A choice: what a server may keep of what somebody gave it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from labsupport.exercises.engine import Deciding, Question, decisions, gaps, tempting_mistakes

__all__ = ["GIVEN", "LEAST_PRIVILEGE", "Given"]

_KEEP: Final = "keep"
_DROP: Final = "drop"


@dataclass(frozen=True)
class Given:
    """One thing that the server has.

    - `what`: as a line of its description; `right`: whether it is to keep it.
    - `said`: what to say to whoever chose otherwise; `agreed`: to whoever chose well.
    - `name`: of the mistake, where many choose otherwise.
    """

    what: str
    right: str
    said: str
    agreed: str
    name: str = ""


GIVEN: Final = (
    Given("it listens at 0.0.0.0, port 7000", _DROP,
          "0.0.0.0 is every address of this machine, so everybody on its networks can connect. Whom is the chat for? "
          "The address that a listener is bound to is the first access control that there is: 127.0.0.1.",
          "yes: the chat is for this machine alone, so it listens at 127.0.0.1.", "any_address"),
    Given("it runs as root (its port was 443 once)", _DROP,
          "root may do everything, and so may whoever finds a hole in the server. Port 7000 needs no right at all; "
          "only ports below 1024 ever did. Let a user run it that owns nothing.",
          "yes: port 7000 needs no right, and a user of its own loses little.", "root_for_a_port"),
    Given("it may read server.key, the key of its certificate", _KEEP,
          "without its key a server cannot shake hands. A secret that a program needs all the time is one that it must "
          "have; that it is readable by nobody else is what counts.",
          "yes: each handshake needs it.", "no_secrets_at_all"),
    Given("it may read authority.key, which signs new certificates", _DROP,
          "the authority's key makes certificates for any name, and a server that talks needs one certificate, made "
          "beforehand. Whoever takes the server over would be everybody. Keep that key on another machine.",
          "yes: it is needed once a year, by somebody else.", "the_keys_to_all"),
    Given("it may write in its own program folder", _DROP,
          "a server that can write its own program can be made to: whoever gets one file written there runs code at "
          "the next start. Another user installs it; this one may read it.",
          "yes: what runs is not written by who runs it.", "may_change_itself"),
    Given("it may append to chat.log", _KEEP,
          "without a log nobody sees what happened, and whoever attacks likes that. It needs to append: not to read, "
          "and not to delete.",
          "yes: to append, and no more.", "no_log"),
    Given("its environment has DATABASE_PASSWORD", _DROP,
          "this server has no database. What is in the environment each child inherits, and many an error page shows; "
          "a secret that is not there cannot leak.",
          "yes: it has no database."),
    Given("pickle.loads(frame) reads the messages", _DROP,
          "pickle may call any function that it names, so whoever sends a frame runs code on your machine. Messages "
          "are data: json.loads() gives numbers, strings, lists and dictionaries, and calls nothing.",
          "yes: json reads the same messages, and calls nothing.", "pickle_among_friends"),
    Given("a limit of 512 open files", _KEEP,
          "a limit takes away, it gives nothing: 300 members need no more. Without it a crowd of strangers takes all "
          "files that the machine has, and other programs stop too.",
          "yes: a limit is a right that it does not have.", "limits_are_no_rights"),
)  # fmt: skip


def _question(given: Given) -> Question:
    other = _DROP if given.right == _KEEP else _KEEP
    said = {_KEEP: given.said, _DROP: given.said, given.right: given.agreed}
    return Question(given.what, said, given.right, other if given.name else "", given.name)


_NAME: Final = "least_privilege"
_QUESTIONS: Final = tuple(map(_question, GIVEN))
_RIGHT: Final = {number: given.right for number, given in enumerate(GIVEN, 1)}

LEAST_PRIVILEGE: Final = Deciding(
    name=_NAME,
    chapter=8,
    prompt=(
        "**What should this server not have?** It is a chat for people who are logged in on this machine, at port "
        "7000, over TLS, for 300 members. Somebody set it up in a hurry; here is what it was given. Keep what it needs "
        "for that, and drop what it does not, so that whoever takes it over one day gets as little as possible. Every "
        "choice is answered.\n\n```text\n"
        + "".join(f"{number}  {given.what}\n" for number, given in enumerate(GIVEN, 1))
        + "```"
    ),
    hints=(
        "Ask of each line: what would stop working without it?",
        "And then: what could a stranger do with it who made the server run their code?",
        "Something may be secret and needed; something may be harmless and not needed. Need decides.",
        "Three are to be kept. One of these takes a right away.",
    ),
    starter=gaps(_NAME, len(GIVEN), '"keep" or "drop"'),
    solution=decisions(_NAME, _RIGHT),
    alternatives=(
        f"{_NAME} = {list(_RIGHT.values())}\n",
        f"keep = {{3, 6, 9}}\n{_NAME} = {{n: 'KEEP' if n in keep else 'DROP' for n in range(1, 10)}}\n",
    ),
    praise="A key, a log and a limit are left. Whoever takes this server over one day has a chat, and no more.",
    questions=_QUESTIONS,
    example="{1: 'keep', …, 9: 'drop'}",
    mistakes=tempting_mistakes(_NAME, _QUESTIONS),
)
