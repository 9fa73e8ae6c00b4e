"""The stream of a log: in order, to the end, with signs of life, and however slowly somebody reads."""

import asyncio
import threading

from convlens.server.event_log import EventLog
from convlens.server.event_stream import stream_events


def test_what_was_and_what_comes_is_told_to_the_end():
    log = EventLog()
    log.append("started", {})

    async def listen() -> bytes:
        def train() -> None:
            for _ in range(50):
                log.append("epoch", {})
            log.append("done", {})
            log.end()

        told = b""
        async for part in stream_events(log, 0):
            told += part
            if part.startswith(b"id: 1\n"):
                threading.Thread(target=train).start()
        return told

    told = asyncio.run(listen())
    assert told.startswith(b"retry: 1000\n\nid: 1\n")
    assert [int(part.split(b"\n")[0]) for part in told.split(b"id: ")[1:]] == list(range(1, 53))
    assert log.listeners == 0


def test_silence_is_filled_with_comments():
    log = EventLog()

    async def listen() -> list[bytes]:
        told = []
        async for part in stream_events(log, 0, heartbeat=0.01):
            told.append(part)
            if len(told) == 3:
                log.append("done", {})
                log.end()
        return told

    told = asyncio.run(listen())
    assert told[:3] == [b"retry: 1000\n\n", b": still here\n\n", b": still here\n\n"]
    assert told[-1].startswith(b"id: 1\nevent: done\n")


def test_who_reads_slowly_gets_the_newest_weights_and_holds_nobody_up():
    log = EventLog()
    log.append("started", {})

    async def listen() -> list[bytes]:
        told = []
        async for part in stream_events(log, 0):
            told.append(part)
            if part.startswith(b"id: 1\n"):  # meanwhile much happens
                for step in range(100):
                    log.append("weights", {"step": step})
                log.end()
        return told

    assert [part.split(b"\n")[0] for part in asyncio.run(listen())] == [b"retry: 1000", b"id: 1", b"id: 101"]


def test_a_listener_that_leaves_is_forgotten():
    log = EventLog()

    async def listen() -> None:
        stream = stream_events(log, 0)
        await anext(stream)
        await stream.aclose()  # pyright: ignore[reportAttributeAccessIssue]
        log.append("done", {})

    asyncio.run(listen())
    assert log.listeners == 0
