"""What goes wrong with an option: one sentence each, which names the value and what to do."""

from __future__ import annotations

import errno
import re
import socket
import subprocess
import sys
from typing import Any

import pytest

from labsupport import options
from labsupport.options import TABLE

linux = pytest.mark.skipif(sys.platform != "linux", reason="what Linux refuses")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("TCP_NODELY", "There is no option 'TCP_NODELY'. Did you mean TCP_NODELAY"),
        ("tcp_nodelay", "Did you mean TCP_NODELAY"),
        ("NODELAY", "Did you mean TCP_NODELAY"),
        ("xyz", "There is no option 'xyz'. options.TABLE lists those that there are."),
        ("SO_VM_SOCKETS_BUFFER_SIZE", "it is an option of AF_VSOCK"),
        ("IP_DEFAULT_MULTICAST_TTL", "it is no option, but a value: the default of IP_MULTICAST_TTL"),
    ],
)
def test_a_name_that_is_none(tcp: socket.socket, name: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        options.get(tcp, name)


@linux
def test_a_number_means_nothing_without_its_level(tcp: socket.socket) -> None:
    """setsockopt(SOL_SOCKET, TCP_NODELAY, 1) sets SO_DEBUG."""
    with pytest.raises(TypeError) as caught:
        options.set(tcp, socket.TCP_NODELAY, True)  # type: ignore[arg-type]
    assert "by its name as text, such as 'TCP_NODELAY', and not as 1." in str(caught.value)
    assert "SO_DEBUG at SOL_SOCKET, TCP_NODELAY at IPPROTO_TCP" in str(caught.value)
    with pytest.raises(TypeError, match="and not as None"):
        options.get(tcp, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value", "error", "words"),
    [
        ("TCP_NODELAY", "yes", TypeError, "TCP_NODELAY takes True or False, and got 'yes'."),
        ("TCP_NODELAY", 2, TypeError, "takes True or False, and got 2."),
        ("TCP_NODELAY", 1.0, TypeError, "takes True or False, and got 1.0."),
        ("TCP_NODELAY", None, TypeError, "takes True or False, and got None."),
        ("SO_RCVBUF", "4096", TypeError, "SO_RCVBUF takes a whole number of bytes, and got '4096'."),
        ("SO_RCVBUF", 4096.0, TypeError, "takes a whole number of bytes, and got 4096.0."),
        ("SO_RCVBUF", True, TypeError, "takes a whole number of bytes, and got True."),
        ("SO_RCVBUF", 2**31, ValueError, "takes a whole number of bytes, and got 2147483648."),
        ("SO_LINGER", True, TypeError, "takes Linger(on, seconds), such as (True, 0), and got True."),
        ("SO_LINGER", (True, 0, 1), TypeError, "and got (True, 0, 1)."),
        ("SO_LINGER", (True, "0"), ValueError, "and got (True, '0')."),
        ("SO_LINGER", (2, 0), ValueError, "and got (2, 0)."),
        ("SO_RCVTIMEO", -1, TypeError, "SO_RCVTIMEO takes a number of seconds, and got -1."),
        ("SO_RCVTIMEO", "1", TypeError, "takes a number of seconds, and got '1'."),
        ("SO_RCVTIMEO", float("inf"), ValueError, "takes a number of seconds, and got inf."),
        ("SO_RCVTIMEO", 1e300, ValueError, "takes a number of seconds, and got 1e+300."),
        ("IP_MULTICAST_IF", "lo", ValueError, "the IPv4 address of an interface, such as '127.0.0.1', and got 'lo'."),
        ("IP_ADD_MEMBERSHIP", "239.1.2.3", TypeError, "takes (group, interface), such as ('239.1.2.3', '127.0.0.1')"),
        ("IP_OPTIONS", "x", TypeError, "takes bytes"),
    ],
)
def test_a_value_that_does_not_fit(
    tcp: socket.socket, name: str, value: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as caught:
        options.set(tcp, name, value)
    assert words in str(caught.value)
    assert type(caught.value) is error


@linux
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SO_MAX_PACING_RATE", -1, "takes a whole number of bytes a second, or math.inf, and got -1."),
        ("SO_MAX_PACING_RATE", 1.5, "and got 1.5."),
        ("TCP_CONGESTION", 3, "TCP_CONGESTION takes a name as text, and got 3."),
        ("TCP_USER_TIMEOUT", 0.7, "takes a whole number of milliseconds (0 and more), and got 0.7."),
        ("TCP_KEEPIDLE", 0.5, "takes a whole number of seconds (1 to 32,767 s), and got 0.5."),
    ],
)
def test_a_value_that_does_not_fit_on_linux(tcp: socket.socket, name: str, value: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        options.set(tcp, name, value)
    assert words in str(caught.value)


@linux
def test_one_way_options(tcp: socket.socket) -> None:
    with pytest.raises(ValueError, match=r"SO_ERROR can only be read.*options\.get\(sock, 'SO_ERROR'\)"):
        options.set(tcp, "SO_ERROR", 0)
    with pytest.raises(ValueError, match="IP_ADD_MEMBERSHIP can only be set"):
        options.get(tcp, "IP_ADD_MEMBERSHIP")
    for call in (options.get, lambda sock, name: options.set(sock, name, b"")):
        with pytest.raises(ValueError, match="TCP_ZEROCOPY_RECEIVE cannot be used from Python"):
            call(tcp, "TCP_ZEROCOPY_RECEIVE")


@linux
def test_an_option_of_another_protocol(tcp: socket.socket, udp: socket.socket) -> None:
    with pytest.raises(ValueError, match=r"TCP_NODELAY is an option of TCP, and this socket is UDP over IPv4: use it"):
        options.set(udp, "TCP_NODELAY", True)
    with pytest.raises(ValueError, match="UDP_CORK is an option of UDP, and this socket is TCP over IPv4"):
        options.get(tcp, "UDP_CORK")
    with pytest.raises(ValueError, match="IPV6_V6ONLY is an option of IPv6, and this socket is TCP over IPv4"):
        options.get(tcp, "IPV6_V6ONLY")
    with (
        socket.socket(socket.AF_UNIX) as unix,
        pytest.raises(ValueError, match="IP_TTL is an option of IPv4, and this socket is AF_UNIX"),
    ):
        options.get(unix, "IP_TTL")


def test_ipv6_sockets_have_options_of_both(tcp6: socket.socket) -> None:
    assert options.set(tcp6, "IPV6_V6ONLY", True).verdict == "as asked"
    assert options.get(tcp6, "IP_TTL") > 0


def test_a_socket_that_is_closed_or_none(tcp: socket.socket) -> None:
    tcp.close()
    with pytest.raises(ValueError, match="SO_TYPE cannot be asked of a closed socket: do it before close"):
        options.get(tcp, "SO_TYPE")
    with pytest.raises(ValueError, match="TCP_NODELAY cannot be asked of a closed socket"):
        options.set(tcp, "TCP_NODELAY", True)
    with pytest.raises(ValueError, match="A closed socket has no options"):
        options.report(tcp)
    for call in (options.report, lambda sock: options.get(sock, "SO_TYPE")):
        with pytest.raises(TypeError, match="and 3 is an int"):
            call(3)


@linux
@pytest.mark.parametrize(
    ("name", "value", "number", "words"),
    [
        ("TCP_KEEPIDLE", 0, errno.EINVAL, "could not be set to 0 s: this system refused it (EINVAL"),
        ("TCP_KEEPIDLE", 0, errno.EINVAL, "It takes 1 to 32,767 s."),
        ("TCP_MAXSEG", 87, errno.EINVAL, "could not be set to 87 bytes"),
        ("TCP_SYNCNT", 128, errno.EINVAL, "It takes 1 to 127."),
        ("TCP_KEEPCNT", 128, errno.EINVAL, "It takes 1 to 127."),
        ("TCP_CONGESTION", "nope", errno.ENOENT, "could not be set to 'nope'"),
        ("IP_HDRINCL", True, errno.ENOPROTOOPT, "It needs a raw socket."),
        ("SO_SNDLOWAT", 2, errno.ENOPROTOOPT, "does not let it be changed."),
    ],
)
def test_what_the_system_refuses(tcp: socket.socket, name: str, value: Any, number: int, words: str) -> None:
    with pytest.raises(OSError, match=re.escape(words)) as caught:
        options.set(tcp, name, value)
    assert caught.value.errno == number
    assert isinstance(caught.value.__cause__, OSError)


@linux
def test_what_the_system_does_not_tell_yet(tcp: socket.socket) -> None:
    with pytest.raises(OSError, match="IP_MTU could not be read") as caught:
        options.get(tcp, "IP_MTU")
    assert str(caught.value).endswith("It needs a connected socket.")


@linux
@pytest.mark.parametrize("row", [row for row in TABLE if row.span and row.level.name == "IPPROTO_TCP"], ids=str)
def test_the_ends_of_a_span_hold(tcp: socket.socket, row: options.Option) -> None:
    """What the table says that Linux takes is taken, and one more or less is not."""
    ends = {
        "TCP_MAXSEG": (88, 32_767),
        "TCP_KEEPIDLE": (1, 32_767),
        "TCP_KEEPINTVL": (1, 32_767),
        "TCP_KEEPCNT": (1, 127),
        "TCP_SYNCNT": (1, 127),
        "TCP_SAVE_SYN": (0, 2),
        "TCP_USER_TIMEOUT": (0, 2**31 - 1),
        "TCP_FASTOPEN": (0, None),
    }
    low, high = ends[row.name]
    assert options.set(tcp, row.name, low).made == low or row.name == "TCP_MAXSEG"
    beyond = [low - 1]
    if high is not None:
        assert options.set(tcp, row.name, high).made == high
        beyond += [high + 1] if high < 2**31 - 1 else []
    for value in beyond:
        if (row.name, value) != ("TCP_MAXSEG", 0):
            with pytest.raises(OSError, match="EINVAL"):
                options.set(tcp, row.name, value)


CHILD = """
import os, socket, sys
from labsupport import options
with socket.socket() as sock:  # all that is imported later, while this process may still read it
    options.set(sock, "TCP_NODELAY", True)
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
with socket.socket() as sock:
    for name, value in (("SO_MARK", 1), ("SO_PRIORITY", 7), ("SO_DEBUG", True), ("IP_TRANSPARENT", True)):
        try:
            print(name, options.set(sock, name, value))
        except PermissionError as error:
            print(error)
"""


@linux
def test_what_only_root_may(tmp_path: object) -> None:
    """As an ordinary user, in a process of its own."""
    run = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, timeout=60, check=True)
    mark, priority, debug, transparent = run.stdout.splitlines()
    assert mark.startswith("[Errno 1] SO_MARK could not be set to 1: this system refused it (EPERM")
    assert mark.endswith("It needs CAP_NET_ADMIN or, since Linux 5.17, CAP_NET_RAW: do without it, or run as root.")
    assert "It needs CAP_NET_ADMIN outside 0 to 6" in priority
    assert debug.startswith("[Errno 13] SO_DEBUG")
    assert "IP_TRANSPARENT" in transparent


# other systems, faked: not run there


@pytest.mark.parametrize(
    ("platform", "name", "words"),
    [
        ("linux", "SO_EXCLUSIVEADDRUSE", "an option of Windows, and this is Linux. On Linux that is so without it."),
        ("linux", "TCP_KEEPALIVE", "an option of macOS, and this is Linux. Linux and Windows call it TCP_KEEPIDLE."),
        ("darwin", "SO_MEMINFO", "SO_MEMINFO is an option of Linux, and this is macOS."),
        ("win32", "SO_REUSEPORT", "SO_REUSEPORT is an option of Linux and macOS, and this is Windows."),
        ("win32", "TCP_QUICKACK", "TCP_QUICKACK is named from Python 3.14 on here"),
    ],
)
def test_what_a_system_lacks_is_said(
    tcp: socket.socket, monkeypatch: pytest.MonkeyPatch, platform: str, name: str, words: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.delattr(socket, name, raising=False)
    with pytest.raises(ValueError, match=re.escape(words)):
        options.get(tcp, name)
