"""What is different on macOS and Windows: one table, from which each chapter's box is written.

Written from documentation and not run there by us; each row names its source.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["TABLE", "Difference", "box"]


class Difference(NamedTuple):
    """One thing that is not the same everywhere; the texts are Markdown, `source` a link."""

    chapter: str
    what: str
    linux: str
    macos: str
    windows: str
    source: str


TABLE: Final = (
    Difference(
        "01",
        "`create_server` on a port that was used a moment ago",
        "works: it sets `SO_REUSEADDR`",
        "as on Linux",
        "works without; there the option would let other programs take the port, so it is not set",
        "[socket.create_server](https://docs.python.org/3/library/socket.html#socket.create_server)",
    ),
    Difference(
        "01",
        "the number behind `ConnectionRefusedError`",
        "111",
        "61",
        "10061, so compare with `errno.ECONNREFUSED`, or catch the exception by its name",
        "[errno](https://docs.python.org/3/library/errno.html)",
    ),
    Difference(
        "01",
        "`listen()` without `bind()`",
        "listens at 0.0.0.0",
        "as on Linux",
        "raises an error: bind first",
        "[Winsock listen](https://learn.microsoft.com/en-us/windows/win32/api/winsock2/nf-winsock2-listen)",
    ),
    Difference(
        "01",
        "Ctrl-C, or ■, while a call of the main thread waits",
        "ends the wait",
        "as on Linux",
        "may have to wait for the call's timeout",
        "[cpython #85609](https://github.com/python/cpython/issues/85609)",
    ),
    Difference(
        "01",
        "who is connected? in a terminal",
        "`ss -tan`",
        "`netstat -an -p tcp`",
        "`netstat -an -p tcp`",
        "[ss(8)](https://man7.org/linux/man-pages/man8/ss.8.html)",
    ),
    Difference(
        "01",
        "a client in a terminal",
        "`nc`",
        "`nc`",
        "no `nc`: use the client of the summary in `python`",
        "[nc(1)](https://man.openbsd.org/nc.1)",
    ),
    Difference(
        "02",
        "the number behind `BlockingIOError`",
        "11",
        "35",
        "10035, so catch the exception by its name",
        "[errno](https://docs.python.org/3/library/errno.html)",
    ),
    Difference(
        "02",
        "what has arrived and is not yet read, in a terminal",
        "`ss -tan`, column Recv-Q",
        "`netstat -an -p tcp`, column Recv-Q",
        "`netstat` has no such column",
        "[ss(8)](https://man7.org/linux/man-pages/man8/ss.8.html)",
    ),
    Difference(
        "02",
        "half a line from a terminal",
        "`printf` into `nc`",
        "`printf` into `nc`",
        "no `nc`: `sendall` twice, with a pause, in `python`",
        "[nc(1)](https://man.openbsd.org/nc.1)",
    ),
    Difference(
        "03",
        "`recv(8)` when a longer datagram is there",
        "the first 8 bytes; the rest is gone",
        "as on Linux",
        "`OSError` 10040 (WSAEMSGSIZE); the datagram is gone",
        "[Winsock recv](https://learn.microsoft.com/en-us/windows/win32/api/winsock/nf-winsock-recv)",
    ),
    Difference(
        "03",
        "`recvmsg`, and so `MSG_TRUNC`",
        "there",
        "there",
        "not in Python: ask for 65,535 bytes",
        "[socket.recvmsg](https://docs.python.org/3/library/socket.html#socket.socket.recvmsg)",
    ),
    Difference(
        "03",
        "`sendto()` to a port that nobody has; the next `recvfrom()`",
        "waits",
        "waits",
        "`ConnectionResetError` (10054)",
        "[cpython #127057](https://github.com/python/cpython/issues/127057)",
    ),
    Difference(
        "03",
        "`bind()` to the address of a multicast group",
        "works",
        "works",
        "`OSError` 10049: bind 127.0.0.1, then join the group",
        "[openhtf #971](https://github.com/google/openhtf/issues/971)",
    ),
    Difference(
        "03",
        "the largest datagram that `send()` takes",
        "65,507 bytes",
        "9,216 bytes unless the administrator allows more (`sysctl net.inet.udp.maxdgram`)",
        "65,507 bytes",
        "[solana #4945](https://github.com/solana-labs/solana/issues/4945)",
    ),
    Difference(
        "03",
        "who has a UDP port? in a terminal",
        "`ss -uan`",
        "`netstat -an -p udp`",
        "`netstat -an -p udp`",
        "[ss(8)](https://man7.org/linux/man-pages/man8/ss.8.html)",
    ),
    Difference(
        "03",
        "a UDP client in a terminal",
        "`nc -u`",
        "`nc -u`",
        "no `nc`: use the client of the summary in `python`",
        "[nc(1)](https://man.openbsd.org/nc.1)",
    ),
    Difference(
        "04",
        "the numbers behind `ECONNRESET`, `ETIMEDOUT`, `EADDRINUSE`, `ENETUNREACH`",
        "104, 110, 98, 101",
        "54, 60, 48, 51",
        "10054, 10060, 10048, 10051, so compare with the names in `errno`",
        "[Windows Sockets error codes]"
        "(https://learn.microsoft.com/en-us/windows/win32/winsock/windows-sockets-error-codes-2), "
        "[errno](https://docs.python.org/3/library/errno.html)",
    ),
    Difference(
        "04",
        "a listener whose queue is full",
        "is silent: `connect` times out, unless there is room in time",
        "may be silent, or refuse",
        "refuses: `ConnectionRefusedError`",
        "[listen(2)](https://man7.org/linux/man-pages/man2/listen.2.html), "
        "[Winsock listen](https://learn.microsoft.com/en-us/windows/win32/api/winsock2/nf-winsock2-listen)",
    ),
    Difference(
        "04",
        "a datagram to a port where nobody listens, from a socket without `connect()`",
        "nothing is heard of it",
        "we do not know",
        "a later `recvfrom` raises `ConnectionResetError`, also in a server: catch it, and go on",
        "[Winsock recvfrom](https://learn.microsoft.com/en-us/windows/win32/api/winsock/nf-winsock-recvfrom)",
    ),
    Difference(
        "04",
        "`TCP_USER_TIMEOUT`",
        "since 2.6.37",
        "Python has no such name there",
        "Python has no such name there",
        "[tcp(7)](https://man7.org/linux/man-pages/man7/tcp.7.html)",
    ),
    Difference(
        "04",
        "`send` to a peer that has gone",
        "Python ignores the signal SIGPIPE: `BrokenPipeError` or `ConnectionResetError`",
        "as on Linux",
        "there is no such signal: another `ConnectionError`, so catch the family",
        "[signal](https://docs.python.org/3/library/signal.html#general-rules)",
    ),
    Difference(
        "04",
        "TCP to 127.255.255.255",
        "`ENETUNREACH`, at once",
        "another errno may come",
        "another errno may come",
        "[connect(2)](https://man7.org/linux/man-pages/man2/connect.2.html)",
    ),
    Difference(
        "05",
        "the authorities that `create_default_context()` trusts",
        "the distribution's, at OpenSSL's place",
        "with the Python of python.org none, until *Install Certificates* in its folder has run",
        "the system's stores `CA` and `ROOT`",
        "[load_default_certs](https://docs.python.org/3/library/ssl.html#ssl.SSLContext.load_default_certs), "
        "[welcome text](https://github.com/python/cpython/blob/main/Mac/BuildScript/resources/Welcome.rtf)",
    ),
    Difference(
        "05",
        "the authorities that `curl` trusts without `--cacert`",
        "the distribution's file",
        "depends on how it was built",
        "the system's store, with the curl that comes with Windows",
        "[CURLOPT_CAINFO](https://curl.se/libcurl/c/CURLOPT_CAINFO.html)",
    ),
    Difference(
        "05",
        "a private key that others cannot read",
        "`chmod 600 server.key`",
        "as on Linux",
        "`chmod` sets no more than *read-only*: keep it in a folder of your own",
        "[os.chmod](https://docs.python.org/3/library/os.html#os.chmod)",
    ),
    Difference(
        "05",
        "a TLS client in a terminal",
        "`openssl s_client`, `curl`",
        "`openssl` may be LibreSSL's, with fewer options; `curl`",
        "`curl`; else the client of the summary in `python`",
        "[openssl-s_client](https://docs.openssl.org/3.0/man1/openssl-s_client/)",
    ),
)


def box(chapter: str) -> str:
    """The box of a chapter ("01") as Markdown; "" where nothing is different."""
    rows = [row for row in TABLE if row.chapter == chapter]
    if not rows:
        return ""
    lines = [
        "## On macOS and Windows",
        "",
        "Written from documentation; we run Linux.",
        "",
        "| | Linux | macOS | Windows | source |",
        "|---|---|---|---|---|",
        *(f"| {row.what} | {row.linux} | {row.macos} | {row.windows} | {row.source} |" for row in rows),
    ]
    return "\n".join(lines)
