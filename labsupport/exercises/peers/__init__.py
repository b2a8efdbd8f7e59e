"""The other side, played by a check: peers that keep their word, or break it, on real loopback sockets.

stream      `Peer`: one end of a TCP connection that talks like the script of a play
meeting     who connects, who listens, who refuses
feeder      a connected socket that feeds its reader chunk by chunk, so that chunks cannot join
lockstep    a reader tried so with every chunk size
datagram    `UdpPeer`: the same for datagrams: late, twice, in the wrong order, from a stranger
tls         TLS under a `Peer`: refused, late, cut

How a check is written with them: README.md, beside this file.
"""

from .datagram import UdpPeer, datagrams, talks_to
from .meeting import accept, connect, listen, reserve
from .stream import END_OF_THE_WAIT, PATIENCE, Peer, Unmet, shown

__all__ = [
    "END_OF_THE_WAIT",
    "PATIENCE",
    "Peer",
    "UdpPeer",
    "Unmet",
    "accept",
    "connect",
    "datagrams",
    "listen",
    "reserve",
    "shown",
    "talks_to",
]
