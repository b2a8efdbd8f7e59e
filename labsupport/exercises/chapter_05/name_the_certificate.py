"""A choice: which certificate of the gallery gives which error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from labsupport.exercises.engine import Deciding, Question, decisions, gaps, tempting_mistakes

__all__ = ["LINES", "NAME_THE_CERTIFICATE", "Line"]

#: What a certificate of this kind would give, by its name in `tls.gallery`.
_GIVES: Final = {
    "expired": "an expired certificate gives 10, 'certificate has expired'",
    "wrong host": "a certificate for other names gives 62, 'Hostname mismatch', and tells the host that you asked for",
    "IP without IP SAN": "an address that is in no iPAddress entry gives 64, 'IP address mismatch'",
    "unknown authority": "an authority that nobody named gives 20: the last issuer in the chain is not found",
    "self-signed": "a certificate that signed itself gives 18, at depth 0: it stands alone",
    "wrong usage": "a certificate for another usage than a server's gives 26, 'unsuitable certificate purpose'",
    "missing intermediate": "a missing intermediate gives 20: the chain breaks before it reaches an authority of yours",
    "unknown authority, root sent along": "an unknown authority whose root is sent along gives 19: the chain is "
    "complete, and ends at a root that you do not trust",
    "leaf used as CA": "a certificate that was issued by one that may not issue any gives 79, 'invalid CA certificate'",
}


@dataclass(frozen=True)
class Line:
    """One error, and what else is known.

    - `right`: the certificate, by its name in the gallery; `code`, `message`: what Python says of it.
    - `seen`: what else somebody found out; `about`: what the error is about, to be read after "Here ".
    - `tempting`: a certificate that many choose, what is `said` to them, and the `name` of that mistake.
    """

    right: str
    code: int
    message: str
    seen: str
    about: str
    tempting: str = ""
    said: str = ""
    name: str = ""


#: The errors, in the order of their numbers.
LINES: Final = (
    Line("expired", 10, "certificate has expired", "The clock of this machine is right.",
         "the line is about a date, and it has passed."),
    Line("unknown authority, root sent along", 19, "self-signed certificate in certificate chain",
         "The server sent two certificates.",
         "the chain has more than one certificate, and the one that signed itself is its last: a root.",
         "self-signed", "'in certificate chain' is what counts. Every root has signed itself; this one was sent along, "
         "and your cafile does not name it. A server's own certificate that signed itself gives 18.",
         "a_root_is_self_signed"),
    Line("wrong host", 62, "Hostname mismatch, certificate is not valid for 'localhost'.",
         "The same server is fine when it is asked for by its other name.",
         "the line is about a name, and the way up to your authority was found."),
    Line("IP without IP SAN", 64, "IP address mismatch, certificate is not valid for '127.0.0.1'.",
         "subjectAltName = DNS:localhost, DNS:127.0.0.1",
         "the line is about an address, and one that looks as if it were in the certificate.",
         "wrong host", "the host is in the certificate, as a name (DNS:127.0.0.1). An address is no name: it is looked "
         "for among the iPAddress entries, and there is none. The cure is an entry of that kind.",
         "an_address_is_no_name"),
    Line("self-signed", 18, "self-signed certificate", "The server sent one certificate. Subject and issuer are equal.",
         "the certificate has no other issuer than itself.",
         "unknown authority", "nearly: nobody whom you trust has signed it. But there is no authority at all, known or "
         "unknown: this certificate has signed itself. An unknown authority gives 20.",
         "nobody_but_itself"),
    Line("missing intermediate", 20, "unable to get local issuer certificate",
         "One certificate came, issued by 'intermediate authority', and that by your root.",
         "an issuer is not found, and the root at the top is one that you trust.",
         "unknown authority", "20 has two causes, and the line does not say which. Your root is at the top of this "
         "chain, so the authority is known; a link in between was not sent. The server's owner must send it along.",
         "twenty_has_two_causes"),
    Line("wrong usage", 26, "unsuitable certificate purpose",
         "extendedKeyUsage = TLS Web Client Authentication",
         "the way up to your authority was found; what the certificate may be used for is not what it is used for.",
         "leaf used as CA", "both are about what a certificate may do. A leaf that was used as an authority stands in "
         "the middle of the chain and gives 79; here the server's own certificate is one for clients.",
         "may_not_serve"),
    Line("unknown authority", 20, "unable to get local issuer certificate",
         "The server sent one certificate, issued by the root of 'Somebody else'.",
         "an issuer is not found, and it is a root, with nothing between.",
         "missing intermediate", "20 has two causes, and the line does not say which. Nothing is missing here: a root "
         "issued this certificate directly, and it is nobody of yours. Sending more would not help.",
         "nothing_is_missing"),
    Line("leaf used as CA", 79, "invalid CA certificate",
         "Its certificate was issued by that of shop.example, and that one by your root.",
         "the chain reaches your root, and one on the way had no right to issue (CA:FALSE).",
         "unknown authority", "the authority at the top is known, it is yours. It gave the shop a certificate to be a "
         "shop with, and the shop issued certificates. basicConstraints says that it may not.",
         "anybody_issues"),
)  # fmt: skip


def _question(line: Line) -> Question:
    said = {name: f"{gives}. Here {line.about}" for name, gives in _GIVES.items()}
    said[line.right] = f"yes: {_GIVES[line.right]}."
    said |= {line.tempting: line.said} if line.name else {}
    return Question(line.message, said, line.right, line.tempting, line.name)


_NAME: Final = "name_the_certificate"
_QUESTIONS: Final = tuple(map(_question, LINES))
_RIGHT: Final = {number: line.right for number, line in enumerate(LINES, 1)}

NAME_THE_CERTIFICATE: Final = Deciding(
    name=_NAME,
    chapter=5,
    prompt=(
        "**Name the certificate.** Nine errors from the logs of nine clients, each with what somebody found out "
        "besides. Which certificate of the gallery gives it? Every choice is answered.\n\n```text\n"
        + "".join(f"{number}  {line.code}: {line.message}\n   {line.seen}\n" for number, line in enumerate(LINES, 1))
        + "```\n\nThe names to choose from, each once:\n\n```text\n"
        + "".join(f"{name}\n" for name in _GIVES)
        + "```"
    ),
    hints=(
        "What is the line about: a date, a name, a use, or the way from the certificate up to an authority of yours?",
        "Four are about that way. Ask of each: at which certificate does it end, and who signed that one?",
        (
            "18 stands alone; 19 ends at a root that you do not trust; 20 ends because an issuer is not found, for one "
            "of two reasons: not sent, or not known."
        ),
        "An address is looked for among the iPAddress entries, never among the names.",
    ),
    starter=gaps(_NAME, len(LINES), "its name"),
    solution=decisions(_NAME, _RIGHT),
    alternatives=(
        f"{_NAME} = {list(_RIGHT.values())}\n",
        decisions(_NAME, {number: _RIGHT[number].upper() for number in reversed(_RIGHT)}),
    ),
    praise="Nine errors, nine certificates. The cure of each is with the one who shows it.",
    questions=_QUESTIONS,
    example="{1: 'self-signed', …, 9: 'wrong host'}",
    mistakes=tempting_mistakes(_NAME, _QUESTIONS),
)
