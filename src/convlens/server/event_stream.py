"""Sends a log of events as an HTTP event stream, starting after the listener's last event, with heartbeats."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from convlens.server.event_log import EventLog

HEARTBEAT_SECONDS = 15.0
"""Proxies and browsers close connections that are silent for about half a minute."""
_RETRY = b"retry: 1000\n\n"
_HEARTBEAT = b": still here\n\n"


async def stream_events(log: EventLog, after: int, heartbeat: float = HEARTBEAT_SECONDS) -> AsyncIterator[bytes]:
    """Yield the events with a number above `after`, both stored and future ones, until the log ends.

    Each event is fetched from the log after the previous one has been sent, so a slow reader uses no memory and gets
    only the newest weights.
    """
    woken = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wake() -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it the listener
            loop.call_soon_threadsafe(woken.set)

    with log.listening(wake):
        yield _RETRY
        while True:
            woken.clear()
            ended = log.ended  # asked first: the last event and the end may come between the two questions
            message = log.next_after(after)
            if message is not None:
                yield message.wire
                after = message.number
                await asyncio.sleep(0)  # or the loop could not notice that the listener has gone
                continue
            if ended:
                return
            try:
                await asyncio.wait_for(woken.wait(), heartbeat)
            except TimeoutError:
                yield _HEARTBEAT
