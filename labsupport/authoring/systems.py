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
        "as on Linux, as far as we know",
        "a later `recvfrom` raises `ConnectionResetError`, also in a server: catch it, and go on",
        "[picoquic #1557](https://github.com/private-octopus/picoquic/issues/1557), "
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
    Difference(
        "06",
        "`bind()` to the port of a server that ended a moment ago",
        "needs `SO_REUSEADDR` on the old socket and on the new one",
        "on the new one",
        "works without; there the option lets others that set it too share the port (`SO_EXCLUSIVEADDRUSE` "
        "forbids it, but then old connections hold the port)",
        "[socket(7)](https://man7.org/linux/man-pages/man7/socket.7.html) (NOTES, of systems that come from BSD), "
        "[Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE]"
        "(https://learn.microsoft.com/en-us/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse)",
    ),
    Difference(
        "06",
        "`getsockopt` after a `SO_RCVBUF` or `SO_SNDBUF` was set",
        "twice the number",
        "the number, as far as we know",
        "the number, as far as we know",
        "[socket(7)](https://man7.org/linux/man-pages/man7/socket.7.html)",
    ),
    Difference(
        "06",
        "`SO_REUSEPORT`",
        "shares clients out",
        "there; do not count on an even share",
        "no such option",
        "[socket(7)](https://man7.org/linux/man-pages/man7/socket.7.html), "
        "[SOL_SOCKET options](https://learn.microsoft.com/en-us/windows/win32/winsock/sol-socket-socket-options)",
    ),
    Difference(
        "06",
        "the first of the keepalive options",
        "`TCP_KEEPIDLE`",
        "`TCP_KEEPALIVE`",
        "`TCP_KEEPIDLE`, from Windows 10, version 1709, on",
        "[socket](https://docs.python.org/3/library/socket.html), [go #65817](https://github.com/golang/go/pull/65817)",
    ),
    Difference(
        "06",
        "a bound for what is sent and not acknowledged",
        "`TCP_USER_TIMEOUT`",
        "Python has no name for one: a deadline of your own",
        "Python has no name for one: a deadline of your own",
        "[tcp(7)](https://man7.org/linux/man-pages/man7/tcp.7.html)",
    ),
    Difference(
        "06",
        "`TCP_CORK`, `TCP_QUICKACK`",
        "there",
        "Python has no such names there",
        "`TCP_QUICKACK` from Python 3.14 on",
        "[socket](https://docs.python.org/3/library/socket.html)",
    ),
    Difference(
        "06",
        "a socket at `::` takes IPv4 clients",
        "yes, unless `IPV6_V6ONLY` is set",
        "as on Linux",
        "no, unless `IPV6_V6ONLY` is set to 0",
        "[ipv6(7)](https://man7.org/linux/man-pages/man7/ipv6.7.html), "
        "[Dual-stack sockets](https://learn.microsoft.com/en-us/windows/win32/winsock/dual-stack-sockets)",
    ),
    Difference(
        "06",
        "timers and figures of a connection, in a terminal",
        "`ss -tno`, `ss -tni`",
        "`netstat -an -p tcp` has states and queues only",
        "`netstat -an` has states only",
        "[ss(8)](https://man7.org/linux/man-pages/man8/ss.8.html)",
    ),
    Difference(
        "07",
        "what `selectors.DefaultSelector` stands on",
        "`epoll`",
        "`kqueue`",
        "`select`, for at most 512 sockets, and for sockets only",
        "[selectors](https://docs.python.org/3/library/selectors.html), "
        "[selectmodule.c](https://github.com/python/cpython/blob/main/Modules/selectmodule.c)",
    ),
    Difference(
        "07",
        "`close()` of a listener while another thread is in its `accept()`",
        "wakes nobody; the next client is let in",
        "we do not know: let a second socket wake it",
        "we do not know: let a second socket wake it",
        "[close(2)](https://man7.org/linux/man-pages/man2/close.2.html)",
    ),
    Difference(
        "07",
        "an accepted socket, where the listener is non-blocking",
        "blocks",
        "may not block: say `setblocking` yourself",
        "may not block: say `setblocking` yourself",
        "[timeouts and accept](https://docs.python.org/3/library/socket.html#timeouts-and-the-accept-method)",
    ),
    Difference(
        "07",
        "the loop of `asyncio`",
        "a selector",
        "a selector",
        "a *proactor*: calls are begun, and their ends are waited for; `add_reader` and signal handlers are missing",
        "[asyncio: platform support](https://docs.python.org/3/library/asyncio-platforms.html)",
    ),
    Difference(
        "07",
        "open files of a process, sockets among them",
        "`ulimit -n`, often 1,024; a program may raise it",
        "the same, with other numbers",
        "no `ulimit`, and no module `resource`",
        "[resource](https://docs.python.org/3/library/resource.html#resource.RLIMIT_NOFILE)",
    ),
    Difference(
        "07",
        "ports to connect from, for one address",
        "about 28,000 to one server",
        "about 16,000",
        "about 16,000",
        "[ip-sysctl](https://docs.kernel.org/networking/ip-sysctl.html), "
        "[RFC 6335 §6](https://www.rfc-editor.org/rfc/rfc6335#section-6)",
    ),
    Difference(
        "08",
        "127.0.0.2 and its like",
        "this machine, as all of 127.0.0.0/8 is",
        "as far as we know, not there until `ifconfig lo0 alias 127.0.0.2`: *Which address?* shows an error twice",
        "this machine, as far as we know",
        "[RFC 1122 §3.2.1.3](https://www.rfc-editor.org/rfc/rfc1122#section-3.2.1.3), "
        "[lo(4)](https://man.freebsd.org/cgi/man.cgi?query=lo&sektion=4)",
    ),
    Difference(
        "08",
        "a program listens at `0.0.0.0` for the first time",
        "nobody asks",
        "the firewall asks, where it is on",
        "the firewall asks; until somebody says yes, others are not let through",
        "[Windows Firewall rules]"
        "(https://learn.microsoft.com/en-us/windows/security/operating-system-security/network-security/"
        "windows-firewall/rules), "
        "[firewall on Mac](https://support.apple.com/guide/mac-help/mh34041/mac)",
    ),
    Difference(
        "08",
        "the file of accounts: its owner alone can read it",
        "yes, mode 600",
        "as on Linux",
        "as the folder allows: keep it in a folder of your own",
        "[os.chmod](https://docs.python.org/3/library/os.html#os.chmod)",
    ),
    Difference(
        "08",
        "to stop the server from another terminal, in good order",
        "`kill PID` (SIGTERM)",
        "as on Linux",
        "Ctrl-C in its own terminal; what `os.kill` sends ends it at once",
        "[os.kill](https://docs.python.org/3/library/os.html#os.kill)",
    ),
    Difference(
        "08",
        "a TLS client in a terminal, and who is connected",
        "`openssl s_client`, `ss -tanp`",
        "`openssl`, perhaps LibreSSL's; `lsof -nP -iTCP:8000`",
        "`knock.py`; `netstat -ano`",
        "[openssl-s_client](https://docs.openssl.org/3.0/man1/openssl-s_client/), "
        "[ss(8)](https://man7.org/linux/man-pages/man8/ss.8.html)",
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
