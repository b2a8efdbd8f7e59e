"""Who is it?  A login that is worth nothing to whoever overheard it."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Task

from .challenge_mistakes import FRESH, MISTAKES, STARTER, written
from .challenge_script import CASES

__all__ = ["CHALLENGE_LOGIN"]

CHALLENGE_LOGIN: Final = Task(
    name="challenge_login",
    chapter=8,
    prompt=(
        "**A login that cannot be replayed.** Log one client in. Send a line: `challenge`, a space, and at least "
        f"{FRESH} fresh random bytes in hex. The client answers with its name, a space, and in hex the HMAC-SHA-256, "
        "with its key, of those bytes (not of their hex) followed by its name in UTF-8. If that is right, send "
        "`b'welcome\\n'` and return the name, a str; if not, `b'no\\n'` and None. Strangers may send anything; they "
        "learn nothing more, and have one attempt. `keys` has the key of each name; deadlines are set by whoever calls "
        "this. About ten lines."
    ),
    hints=(
        "What must differ from login to login, so that a recorded answer is worth nothing? Who has to choose it?",
        (
            "`secrets.token_bytes(16)`, in the function. The answer: "
            "`hmac.digest(key, challenge + name.encode(), 'sha256').hex()`."
        ),
        (
            "Compare all of it, as bytes, with `hmac.compare_digest`: it takes as long wherever they differ, and as "
            "bytes it takes anything. For the name: `name.decode(errors='replace')`."
        ),
        (
            "A name that is not in `keys` goes the same way to the same `no`: compute with a random key that nobody "
            "has, and let in only `if compare_digest(...) and name in keys`."
        ),
    ),
    starter=STARTER,
    solution=written(),
    alternatives=(
        '''\
import hmac
import os


def challenge_login(connection, keys):
    nonce = os.urandom(32)
    with connection.makefile("rwb") as file:
        file.write(b"challenge %s\\n" % nonce.hex().encode("ascii"))
        file.flush()
        words = file.readline(300).split()
        name = who(words, nonce, keys)
        file.write(b"welcome\\n" if name is not None else b"no\\n")
    return name


def who(words, nonce, keys):
    """The one whose key made this answer."""
    found = None
    for name, key in keys.items():
        mac = hmac.new(key, nonce + name.encode(), "sha256").hexdigest().encode()
        if len(words) == 2 and words[0] == name.encode() and hmac.compare_digest(words[1], mac):
            found = name
    return found
''',
        """\
import hmac
import secrets


def challenge_login(connection, keys):
    challenge = secrets.token_hex(20)
    connection.sendall(f"challenge {challenge}\\n".encode())
    data = b""
    while b"\\n" not in data and len(data) < 500 and (piece := connection.recv(500)):
        data += piece
    try:
        name, proof = data.decode().split()
        wanted = hmac.new(keys[name], bytes.fromhex(challenge) + name.encode(), "sha256").digest()
        good = hmac.compare_digest(bytes.fromhex(proof), wanted)
    except (ValueError, KeyError):
        good = False
    connection.sendall(b"welcome\\n" if good else b"no\\n")
    return name if good else None
""",
    ),
    cases=CASES,
    praise=(
        "The line that let Zoë in yesterday lets nobody in today: it answers a question that is never asked again. Her "
        "key was never sent. All who were refused heard the same two letters. What cannot be seen from here is how you "
        "compare: `==` stops at the first byte that differs, `hmac.compare_digest` does not."
    ),
    mistakes=MISTAKES,
)
