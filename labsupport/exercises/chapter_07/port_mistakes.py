"""What goes wrong where a threaded server becomes one with asyncio, and the facts by which it shows."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome
from labsupport.tape.streams import RECEIVING

from .looking_up import asked

__all__ = ["ALL_LOOKED_UP", "MISTAKES", "NEW", "PAGES", "SOLUTION", "STARTER", "THREADED"]

#: So many long answers are asked for, and none is read.
PAGES: Final = 300
ALL_LOOKED_UP: Final = "all of them looked up"
#: Who comes after the stop.
NEW: Final = "a new client"

THREADED: Final = """\
def serve(listener, look_up):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection, look_up)).start()


def answer(connection, look_up):
    with connection, connection.makefile("rwb") as file:
        for line in file:
            file.write(look_up(line))  # look_up() blocks: it asks a database
            file.flush()
"""

STARTER: Final = '''\
import asyncio


async def port_to_asyncio(listener, look_up, stop, grace):
    """Answer each line by look_up(line), until `stop`, an asyncio.Event, is set; then end well."""
    raise NotImplementedError
'''

_TOP: Final = """\
import asyncio


async def answer(reader, writer, look_up):
    try:
        while line := await reader.readline():
            writer.write(await asyncio.to_thread(look_up, line))
            await writer.drain()
        writer.close()
        await writer.wait_closed()
    except OSError:
        writer.close()  # it is gone


async def port_to_asyncio(listener, look_up, stop, grace):
    here = {}

    def welcome(reader, writer):
        task = asyncio.create_task(answer(reader, writer, look_up))
        here[task] = writer
        task.add_done_callback(here.pop)

    server = await asyncio.start_server(welcome, sock=listener)
    await stop.wait()
    server.close()
"""
_END: Final = """\
    if here:
        await asyncio.wait(here, timeout=grace)
    for writer in here.values():
        writer.transport.abort()
    if here:
        await asyncio.wait(here)
"""

SOLUTION: Final = _TOP + _END


# --- the signs of mistakes -------------------------------------------------------------------


def _who(outcome: Outcome) -> Facts | None:
    return {"who": outcome.unmet.who} if outcome.unmet is not None else None


def _run_inside(outcome: Outcome) -> Facts | None:
    return {} if outcome.raised(RuntimeError, "running event loop") else None


def _blocks_in_accept(outcome: Outcome) -> Facts | None:
    """A call of a socket that blocks stands open, and the event loop with it."""
    waits = [call for call in outcome.calls("accept", *RECEIVING) if call.open]
    who = outcome.unmet.who if outcome.unmet is not None else "the stop"
    return {"call": waits[0].op, "who": who} if waits and not outcome.ended else None


def _blocking_call(outcome: Outcome) -> Facts | None:
    return _who(outcome) if asked(outcome).in_the_loop and outcome.unmet is not None else None


def _no_drain(outcome: Outcome) -> Facts | None:
    unmet = outcome.unmet
    looked = unmet is not None and unmet.got == ALL_LOOKED_UP and not asked(outcome).in_the_loop
    return {"who": unmet.who, "n": PAGES * 4} if looked and unmet is not None else None


def _forgets_to_await(outcome: Outcome) -> Facts | None:
    said = [*asked(outcome).trouble, *(str(each.message) for each in asked(outcome).warned)]
    silent = outcome.unmet is not None and outcome.error is None
    return {} if silent and any("coroutine" in each for each in said) else None


def _leaves_tasks_behind(outcome: Outcome) -> Facts | None:
    """It has returned after the stop, and who was to be answered was not."""
    met, unmet = asked(outcome), outcome.unmet
    cut = unmet is not None and unmet.who != NEW and met.begun.is_set() and outcome.error is None and outcome.ended
    return _who(outcome) if cut and not met.in_the_loop and not met.trouble else None


def _leaves_the_door_open(outcome: Outcome) -> Facts | None:
    return {} if outcome.unmet is not None and outcome.unmet.who == NEW else None


def _waits_for_the_idle(outcome: Outcome) -> Facts | None:
    unmet = outcome.unmet
    kept = unmet is not None and unmet.expected == "the end of the connection" and not outcome.ended
    return _who(outcome) if kept and not asked(outcome).in_the_loop else None


# --- the wrong programs ----------------------------------------------------------------------

MISTAKES: Final = (
    Mistake(
        "run_inside_a_loop",
        SOLUTION.replace("async def port_to_asyncio(", "async def main(")
        + """

def port_to_asyncio(listener, look_up, stop, grace):
    asyncio.run(main(listener, look_up, stop, grace))
""",
        "asyncio.run() makes an event loop, and this thread has one that runs already, as every notebook has. Your "
        "function is awaited: make it `async def`, and await inside it.",
        _run_inside,
    ),
    Mistake(
        "blocks_in_accept",
        _TOP.partition("async def port_to_asyncio")[0] + """\
async def port_to_asyncio(listener, look_up, stop, grace):
    while not stop.is_set():
        connection, _ = listener.accept()
        reader, writer = await asyncio.open_connection(sock=connection)
        asyncio.create_task(answer(reader, writer, look_up))
""",
        "{call}() of a socket that blocks stops the whole event loop until it returns, and {who} waits: a coroutine "
        "gives way only at an `await`. Let asyncio accept: asyncio.start_server(…, sock=listener).",
        _blocks_in_accept,
        {"call": "accept", "who": "Amara"},
    ),
    Mistake(
        "blocking_call",
        SOLUTION.replace("await asyncio.to_thread(look_up, line)", "look_up(line)"),
        "look_up() blocks, and you call it in the event loop: nobody else is served until it returns, and {who} waits "
        "for another one's answer. `await asyncio.to_thread(look_up, line)` has a thread wait for it.",
        _blocking_call,
        {"who": "Bồ"},
    ),
    Mistake(
        "forgets_to_await",
        SOLUTION.replace("await asyncio.to_thread", "asyncio.to_thread"),
        "You called a coroutine function and did not await it: the call only makes a coroutine, and nothing of it has "
        "run. Put `await` before it, or give it to asyncio.create_task().",
        _forgets_to_await,
    ),
    Mistake(
        "no_drain",
        SOLUTION.replace("            await writer.drain()\n", ""),
        "{who} has asked much and reads nothing, and your server has {n} KiB of answers in its memory: write() only "
        "queues, and never waits. `await writer.drain()` after it lets the client slow you down.",
        _no_drain,
        {"who": "Chen", "n": PAGES * 4},
    ),
    Mistake(
        "leaves_tasks_behind",
        _TOP,
        "Your coroutine returned while {who} waited for an answer, and with the event loop went every task in it. Keep "
        "the tasks in a set, and wait for them. (server.wait_closed() does so since Python 3.12; in 3.11 it waits for "
        "nobody.)",
        _leaves_tasks_behind,
        {"who": "Amara"},
    ),
    Mistake(
        "leaves_the_door_open",
        SOLUTION.replace("    server.close()\n", ""),
        "After the stop a new client could still connect: the kernel lets in whoever comes while the listener is open, "
        "and soon nobody will answer. First server.close(), so that they are refused and go elsewhere.",
        _leaves_the_door_open,
    ),
    Mistake(
        "waits_for_the_idle",
        _TOP + "    await asyncio.gather(*here)\n",
        "{who} says nothing and does not go, and your server waits for as long as {who} likes. (So does "
        "server.wait_closed() since Python 3.12.) Put a timeout on the wait, and abort() whoever is left.",
        _waits_for_the_idle,
        {"who": "Bồ"},
    ),
)  # fmt: skip
