"""Your own code against every hostile peer of the course.

    from labsupport.exercises import conformance

    report = conformance.check_server(my_server)      # my_server(listener) serves until it is stopped
    report.raise_first()                              # in a test; in a notebook, show the report

Each check takes a *maker*, a function that makes what is to be tried: a reader, a writer, a client, a server.  It is
called for each case anew, on real loopback sockets, and the other side does what a network and a stranger may do.  A
report says case by case what came of it, with the ladder of each that went wrong.  Each case is bounded in time.

check_reader            messages cut in every way, early end, reset, silence, too much announced
check_writer            every byte sent, also where the kernel has little room
check_client            an answer in pieces, an early end, a reset, silence, a port that nobody listens on
check_server            pieces, pipelining, half-close, early end, reset, a slow reader, many clients
check_service           the same, readers that do not read, 200 clients, and a stop in the middle
check_datagram_client   loss, doubles, stale answers, strangers, strays without end, silence
check_datagram_server   many clients, empty, large and doubled datagrams, a client that has gone
"""

from .clients import check_client
from .datagrams import check_datagram_client, check_datagram_server
from .readers import check_reader, check_writer
from .report import Nonconforming, Report, Result
from .servers import check_server
from .services import check_service

__all__ = [
    "Nonconforming",
    "Report",
    "Result",
    "check_client",
    "check_datagram_client",
    "check_datagram_server",
    "check_reader",
    "check_server",
    "check_service",
    "check_writer",
]
