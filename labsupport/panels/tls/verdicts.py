"""What there is to say of a handshake with a server of the gallery: pure functions, to HTML."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from labsupport.panels.parts.endings import family

from .encounter import Met
from .exhibits import GOOD
from .policies import POLICIES, RULES, checks

__all__ = ["GALLERY_STYLE", "MEANINGS", "card", "sentence", "summary", "table", "verdict"]

GALLERY_STYLE: Final = """<style>
.loopback-gallery .widget-html, .loopback-gallery .widget-html-content { min-width: 0; max-width: 100%; }
.loopback-gallery .loopback-kernel th { font-weight: 600; }
.loopback-gallery .loopback-card th { white-space: nowrap; }
.loopback-gallery .loopback-card td { width: 100%; }
.loopback-gallery .loopback-all { overflow-x: auto; }
.loopback-gallery .loopback-all tbody th { font-weight: normal; }
.loopback-gallery .loopback-all td, .loopback-gallery .loopback-all thead th + th { border-left: 1px solid var(--edge);
  padding-left: 10px; white-space: nowrap; }
.loopback-gallery .loopback-all tr[aria-current] th { font-weight: 600; }
.loopback-panel.loopback-gallery pre { font-size: 12px; color: inherit; background: var(--card); margin: 2px 0;
  padding: 4px 8px; white-space: pre; overflow-x: auto; border-radius: 3px; }
</style>"""

#: What a verify code means (X509_STORE_CTX_get_error(3)).
MEANINGS: Final = {
    2: "The chain of issuers ends before it has reached a root: an authority is trusted whose own issuer is not.",
    9: "By this computer's clock, its first day is still to come.",
    10: "By this computer's clock, its last day is over.",
    18: "It has signed itself, and the client was not told to trust it.",
    19: "The chain of issuers ends in a root that the server has sent along, and that the client does not trust.",
    20: "The client does not know who has issued it: an authority that it does not trust, or an intermediate one whose "
    "certificate the server has not sent. The code is the same for both.",
    26: "It is not for servers.",
    62: "It is for other hosts than the one to which the client means to go.",
    64: "The client goes to an IP address, and the certificate does not hold it as an IP address.",
    66: "Its key is too weak for this client.",
    79: "It was signed with a certificate that may not sign others.",
    85: "It does not say which key has signed it. Only strict clients ask for that.",
    86: "The authority's certificate does not name its key. Only strict clients ask for that.",
    87: "Its Subject Alternative Name is empty. Only strict clients mind.",
    89: "The authority's certificate does not mark as critical that it is one. Only strict clients mind.",
    92: "The authority's certificate does not say that its key may sign others. Only strict clients ask for that.",
}
#: Nobody whom the client trusts vouches for the server.
_NOBODY: Final = (18, 19, 20)


def verdict(met: Met) -> str:
    """The verdict in words, with a mark before it."""
    gap = POLICIES[met.policy].gap
    if met.error is not None:
        return "✗ refused, although nothing is wrong with it" if met.animal.name in GOOD else "✗ refused"
    if gap:
        return f"⚠ accepted: {gap}"
    return "✓ accepted" if met.animal.name in GOOD else "✓ accepted: these rules allow it"


def sentence(met: Met) -> str:
    """What came of it, as one sentence in HTML."""
    why = "" if met.error is None else f": <code>{escape(_message(met.error))}</code>"
    code = "" if met.code is None else f" (verify code {met.code})"
    return f"{escape(met.animal.name)}: <b>{verdict(met)}</b>{why}{code}."


def summary(column: Mapping[str, Met]) -> str:
    """How many of the servers were accepted and refused, as a sentence."""
    accepted = sum(met.error is None for met in column.values())
    bad = sum(met.error is None and met.animal.name not in GOOD for met in column.values())
    refused = len(column) - accepted
    faults = f"{bad} of those that were accepted had a certificate with a fault"
    return f"Of {len(column)} servers {accepted} were accepted and {refused} refused; {faults}."


def card(met: Met) -> str:
    """All that there is to say of it, as a table in HTML."""
    rows = [("verdict", f"<b>{verdict(met)}</b>"), ("its certificate", escape(met.animal.wrong))]
    if met.error is not None:
        rows += [
            ("what was raised", f"<code>{escape(family(met.error))}</code>"),
            ("verify_code", "none: it is not about the certificate" if met.code is None else f"<b>{met.code}</b>"),
            ("its message", f"<code>{escape(_message(met.error))}</code>"),
            ("it means", escape(_meaning(met))),
        ]
    read = f"“{escape(met.read.decode())}”" if met.read else "nothing"
    rows += [("the server has read", read), ("an attacker", escape(_attacker(met)))]
    rows += [("a user should", escape(_user(met))), ("a program should", escape(_program(met)))]
    body = "".join(f'<tr><th scope="row">{name}</th><td>{text}</td></tr>' for name, text in rows)
    return f'<table class="loopback-kernel loopback-card"><caption>What came of it</caption>{body}</table>'


def table(columns: Mapping[tuple[str, str], Mapping[str, Met]], names: Sequence[str], chosen: str) -> str:
    """The verdicts, a row a server and a column a policy (by name and rules), in HTML; "" for nothing."""
    order = [(policy, rules) for policy in POLICIES for rules in ("", *RULES) if (policy, rules) in columns]
    if not order:
        return ""
    heads = "".join(f'<th scope="col">{_head(*key)}</th>' for key in order)
    rows = "".join(
        f'<tr{" aria-current=true" if name == chosen else ""}><th scope="row">{escape(name)}</th>'
        f"{''.join(_cell(columns[key].get(name)) for key in order)}</tr>"
        for name in names
    )
    caption = "The verdicts: a row a server, a column a policy. The number is the verify code."
    return (
        '<div class="loopback-all" role="region" aria-label="The verdicts" tabindex="0">'
        f'<table class="loopback-kernel"><caption>{caption}</caption>'
        f'<thead><tr><th scope="col">the server shows</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _head(policy: str, rules: str) -> str:
    return escape(POLICIES[policy].short) + (f"<br>{escape(rules)}" if checks(policy) else "")


def _cell(met: Met | None) -> str:
    if met is None:
        return "<td>not tried</td>"
    words = verdict(met).partition(":")[0].partition(",")[0]
    return f"<td>{words}{'' if met.code is None else f', {met.code}'}</td>"


def _message(error: OSError) -> str:
    """What OpenSSL says, without the place in Python's source."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return (getattr(error, "reason", None) or str(error)).replace("_", " ").lower()


def _meaning(met: Met) -> str:
    if met.code is not None:
        return MEANINGS.get(met.code, "Look it up in X509_STORE_CTX_get_error(3).")
    versions = "PROTOCOL" in (getattr(met.error, "reason", None) or "")
    return "There is no version of TLS that both allow." if versions else "The handshake failed for another reason."


def _attacker(met: Met) -> str:
    if met.error is not None:
        return "Has no byte of the message: the client has sent none."
    if attacker := POLICIES[met.policy].attacker:
        return attacker
    if met.animal.name in GOOD:
        return (
            "Can read nothing and change no byte unnoticed. Can see who talks to whom, how much and when, and can end "
            "the connection."
        )
    return "Gains nothing by this fault alone: what the client trusts vouches for this server."


def _user(met: Met) -> str:
    policy = POLICIES[met.policy]
    if met.error is not None:
        return policy.refused if policy.refused and met.code in _NOBODY else met.animal.advice
    if policy.gap:
        return "Nothing that they could know of: no warning was shown. The program has to be mended."
    return "Go on." if met.animal.name in GOOD else met.animal.advice


def _program(met: Met) -> str:
    if met.error is not None:
        return "Say so to its user in words, and end. Never try again without the check."
    return POLICIES[met.policy].repair or "Go on."
