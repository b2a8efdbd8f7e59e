"""What a link can do wrong with the traffic that it carries, one file a fault; README.md shows how to write one.

| fault | streams | datagrams | what it does |
|---|---|---|---|
| `Latency(seconds, jitter=0)` | yes | yes | everything arrives later |
| `Bandwidth(bytes_per_second)` | yes | yes | no more than so much at a time |
| `Slice(size, gap=0.02)` | yes | no | hands on a few bytes, and the next when those were taken |
| `Loss(p)` | no | yes | a datagram never arrives |
| `Duplicate(p)` | no | yes | a datagram arrives twice |
| `Reorder(p)` | no | yes | a datagram is overtaken by a later one |
| `Stall(p, seconds=0.2)` | yes | no | everything from here on waits, as behind a lost segment |
| `Corrupt(p)` | yes | yes | one bit is flipped |
| `Reset(after)` | yes | no | both ends get a RST |
| `Blackhole(after)` | yes | yes | nothing gets through any more, and nobody is told |
| `Limit(after)` | yes | no | the connection is closed |
"""

from .bandwidth import Bandwidth
from .blackhole import Blackhole
from .corrupt import Corrupt
from .duplicate import Duplicate
from .fault import Fault
from .latency import Latency
from .limit import Limit
from .loss import Loss
from .piece import Piece
from .place import Dice, Place
from .reorder import Reorder
from .reset import Reset
from .slice import Slice
from .stall import Stall

__all__ = [
    "Bandwidth",
    "Blackhole",
    "Corrupt",
    "Dice",
    "Duplicate",
    "Fault",
    "Latency",
    "Limit",
    "Loss",
    "Piece",
    "Place",
    "Reorder",
    "Reset",
    "Slice",
    "Stall",
]
