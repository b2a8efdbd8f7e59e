"""Two contexts for a policy that is given in words."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any, Final

from labsupport.exercises.engine import Case, Having, Stage, Task
from labsupport.exercises.peers.tls import attempts
from labsupport.tape.watched import Plain

from . import papers
from .contexts_mistakes import MISTAKES, STARTER, WORD, written
from .papers import ELSEWHERE, HOST
from .visits import MIDDLE, Relay, visitor

__all__ = ["TLS_CONTEXTS"]

_SAID: Final = WORD.encode()
_WELCOME: Final = "karibu, Åsa".encode()


class _Secured(Having):
    """What connect() is to return."""

    def __init__(self) -> None:
        super().__init__(("sendall", "recv"))

    def fits(self, value: object) -> bool:
        """Whether it is one."""
        return isinstance(value, ssl.SSLSocket)

    def __repr__(self) -> str:
        return "a TLS socket"


# --- the learner's client --------------------------------------------------------------------


def _talks(answer: Any, stage: Stage, address: tuple[str, int]) -> object:
    """In the learner's thread: connect, say the password, and take the answer."""
    sock = answer.connect(address, HOST, papers.authority().file)
    if not isinstance(sock, ssl.SSLSocket):
        stage.returns = _Secured()
        return sock
    _note(stage, sock.context)
    with sock:
        sock.sendall(_SAID)
        return sock.recv(1024)


def _note(stage: Stage, context: ssl.SSLContext) -> None:
    newest = (ssl.TLSVersion.MAXIMUM_SUPPORTED, ssl.TLSVersion.TLSv1_3)
    new = context.maximum_version in newest and not context.options & ssl.OP_NO_TLSv1_3
    stage.noted["context"] = {"protocol": context.protocol, "new": new}


def _client(title: str, met: str, play: Callable[[Stage], None]) -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        stage.noted.update(met=met, context={})
        if met == "bank":
            stage.returns = _WELCOME
        return stage, stage.address

    return Case(title, "connect(address, host, cafile)", play, given, use=_talks)


def _good(stage: Stage) -> None:
    if visit := visitor(stage, papers.server_side(papers.issued())):
        visit[0].says(_WELCOME)
        visit[0].leaves()


def _refused(context: Callable[[], ssl.SSLContext], raises: type[BaseException]) -> Callable[[Stage], None]:
    """A server that is to be refused, and answers whoever does not."""

    def play(stage: Stage) -> None:
        stage.raises = raises
        if visit := visitor(stage, context()):
            stage.noted["heard"] = True
            visit[0].says(_WELCOME)
            visit[0].leaves()

    return play


def _middle(stage: Stage) -> None:
    """Somebody answers in the bank's place, passes everything on, and reads it."""
    stage.raises = ssl.SSLCertVerificationError
    if visit := visitor(stage, papers.server_side(papers.forged()), MIDDLE):
        peer, said = visit
        stage.noted["heard"] = said == _SAID
        peer.says(Relay(_WELCOME).passes_on(said))
        peer.leaves()


def _system(stage: Stage) -> tuple[object, ...]:
    """From here on the system trusts another authority too."""
    stage.afterwards.enter_context(papers.system_trusts(papers.stranger()))
    stage.noted.update(met="system", context={})
    return stage, stage.address


def _by_a_stranger() -> ssl.SSLContext:
    return papers.server_side(papers.stranger().issue(HOST))


# --- the learner's server --------------------------------------------------------------------


def _serves(answer: Any, stage: Stage) -> object:
    """In the learner's thread: the server, for one client."""
    context = answer.server_context(papers.issued().file, papers.authority().file)
    if not isinstance(context, ssl.SSLContext):
        stage.returns = Having(("wrap_socket",))
        return context
    _note(stage, context)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection, _ = listener.accept()
        Plain.settimeout(connection, 2)
        try:
            with context.wrap_socket(connection, server_side=True) as tls:
                said = tls.recv(1024)
                tls.sendall(_WELCOME)
                return said
        finally:
            if connection.fileno() != -1:  # no TLS socket was made of it
                connection.close()


def _server(title: str, met: str, name: str, context: Callable[[], ssl.SSLContext]) -> Case:
    """A client of this name comes to the learner's server; only a member is to be served."""

    def play(stage: Stage) -> None:
        if met != "member":
            stage.raises = ssl.SSLError
        client = stage.client(name)
        if attempts(client, context(), HOST):
            stage.rest()  # a server that refuses has done so, and is gone
            if not stage.gone:
                client.says(_SAID)
                client.hears(_WELCOME)
                stage.noted["heard"] = True
        client.leaves()

    def given(stage: Stage) -> tuple[object, ...]:
        stage.noted.update(met=met, context={})
        if met == "member":
            stage.returns = _SAID
        return (stage,)

    return Case(title, "server_context(certfile, cafile)", play, given, use=_serves)


def _member() -> ssl.SSLContext:
    return papers.client_side(papers.member("Nadia"))


def _old_member() -> ssl.SSLContext:
    return papers.client_side(papers.member("Nadia"), at_most=ssl.TLSVersion.TLSv1_2)


def _strangers_member() -> ssl.SSLContext:
    return papers.client_side(papers.member("Nadia", by_a_stranger=True))


TLS_CONTEXTS: Final = Task(
    name="tls_contexts",
    chapter=5,
    parts=("connect", "server_context"),
    prompt=(
        "**Two contexts for a policy.** Both ends speak TLS 1.3 and nothing older. The client trusts the authority in "
        "`cafile`, and no other; it goes on only if the certificate is for `host`. The server shows the certificate in "
        "`certfile` (the key is in there too), and lets in only clients that show a certificate of the authority in "
        "`cafile`. In `connect` only the context is missing; `server_context` returns one. Two or three lines, and "
        "four or five. `tls_contexts` holds both."
    ),
    hints=(
        "Somebody stands between you and the bank, and answers in its place. What do they not have?",
        "`ssl.create_default_context(cafile=cafile)` makes a client's context that verifies chain and host.",
        "For the server: `ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=cafile)`. Does it ask yet?",
        (
            "On both: `context.minimum_version = ssl.TLSVersion.TLSv1_3`. On the server besides: "
            "`context.verify_mode = ssl.CERT_REQUIRED`, and `context.load_cert_chain(certfile)`."
        ),
    ),
    starter=STARTER,
    solution=written(),
    alternatives=(
        written(
            client="""
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_3
context.load_verify_locations(cafile=cafile)
""",
            server="""
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certfile=certfile, keyfile=certfile)
context.load_verify_locations(cafile)
context.verify_mode = ssl.CERT_REQUIRED
context.minimum_version = ssl.TLSVersion.TLSv1_3
return context
""",
        ),
        """\
import pathlib
import socket
import ssl


class Policy:
    @staticmethod
    def _strict(purpose, cafile):
        context = ssl.create_default_context(purpose, cadata=pathlib.Path(cafile).read_text())
        context.verify_mode = ssl.CERT_REQUIRED
        context.minimum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
        return context

    def connect(self, address, host, cafile):
        context = self._strict(ssl.Purpose.SERVER_AUTH, cafile)
        tls = context.wrap_socket(socket.socket(), server_hostname=host)
        tls.settimeout(3)
        tls.connect(address)
        return tls

    def server_context(self, certfile, cafile):
        context = self._strict(ssl.Purpose.CLIENT_AUTH, cafile)
        context.load_cert_chain(certfile)
        return context


tls_contexts = Policy()
""",
    ),
    cases=(
        _client("the bank, as it should be", "bank", _good),
        _client("somebody in the middle, with a certificate for the bank's name that they signed themselves",
                "middle", _middle),
        _client("somebody else, with a good certificate of the same authority for their own host", "other host",
                _refused(lambda: papers.server_side(papers.issued(ELSEWHERE)), ssl.SSLCertVerificationError)),
        Case("somebody with a certificate for the bank's name, by another authority that your system trusts",
             "connect(address, host, cafile)", _refused(_by_a_stranger, ssl.SSLCertVerificationError), _system,
             use=_talks),
        _client("the bank, on an old machine that speaks TLS 1.2 at most", "old server",
                _refused(lambda: papers.server_side(papers.issued(), at_most=ssl.TLSVersion.TLSv1_2), ssl.SSLError)),
        _server("Nadia, with a certificate of the authority", "member", "Nadia", _member),
        _server("a client without a certificate", "nobody", "nobody", papers.client_side),
        _server("a client with a certificate of another authority", "stranger", "a stranger", _strangers_member),
        _server("Nadia again, on an old machine that speaks TLS 1.2 at most", "old client", "Nadia", _old_member),
    ),
    praise=(
        "Four strangers for your client, three for your server, one of them with a good certificate of the right "
        "authority: nobody came in, and nobody read the password. The bank and Nadia were served."
    ),
    mistakes=MISTAKES,
)  # fmt: skip
