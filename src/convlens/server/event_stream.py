"""A log of events as an HTTP event stream: from where the listener broke off, with a sign of life in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from convlens.server.event_log import EventLog

HEARTBEAT_SECONDS = 15.0
"""Proxies and browsers give up on a connection that is silent for longer than half a minute or so."""
_RETRY = b"retry: 1000\n\n"
_HEARTBEAT = b": still here\n\n"


async def stream_events(log: EventLog, after: int, heartbeat: float = HEARTBEAT_SECONDS) -> AsyncIterator[bytes]:
    """The events with a number above `after`, those that are kept and those that come, until the log ends.

    Each is fetched from the log when the one before it is on its way: who reads slowly keeps nothing in memory, and of
    weights gets the newest.
    """
    woken = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wake() -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it whoever listened
            loop.call_soon_threadsafe(woken.set)

    with log.listening(wake):
        yield _RETRY
        while True:
            woken.clear()
            ended = log.ended  # asked first: between two questions the last event and the end may come
            message = log.next_after(after)
            if message is not None:
                yield message.wire
                after = message.number
                continue
            if ended:
                return
            try:
                await asyncio.wait_for(woken.wait(), heartbeat)
            except TimeoutError:
                yield _HEARTBEAT
