"""The log of a training: numbers, replay, what is dropped, and that it stays small."""

import itertools
import json
import threading

from convlens.server import event_log
from convlens.server.event_log import EventLog


def everything(log: EventLog, after: int = 0) -> list[tuple[int, str]]:
    found = []
    while (message := log.next_after(after)) is not None:
        found.append((message.number, message.kind))
        after = message.number
    return found


def test_events_are_numbered_from_1_and_end_in_an_empty_line():
    log = EventLog()
    log.append("started", {"data": "a\nb"})
    message = log.next_after(0)
    assert message is not None
    assert message.wire == b'id: 1\nevent: started\ndata: {"event":"started","data":"a\\nb"}\n\n'
    assert log.next_after(1) is None


def test_a_listener_goes_on_where_it_was():
    log = EventLog()
    for epoch in range(5):
        log.append("epoch", {"epoch": epoch})
    assert everything(log, after=3) == [(4, "epoch"), (5, "epoch")]
    assert everything(log, after=99) == []


def test_of_weights_only_the_newest_is_kept():
    log = EventLog()
    for step in range(3):
        log.append("weights", {"step": step})
        log.append("chunk", {"step": step})
    assert everything(log) == [(2, "chunk"), (4, "chunk"), (5, "weights"), (6, "chunk")]
    newest = log.next_after(4)
    assert newest is not None
    assert json.loads(newest.wire.split(b"data: ")[1])["step"] == 2


def test_after_the_end_nothing_comes():
    log = EventLog()
    log.append("done", {})
    log.end()
    log.append("chunk", {})
    assert everything(log) == [(1, "done")]
    assert log.ended


def test_a_long_training_is_thinned_at_its_beginning(monkeypatch):
    monkeypatch.setattr(event_log, "MOST_THINNED", 100)
    log = EventLog()
    log.append("started", {})
    for step in range(1000):
        log.append("chunk", {"step": step})
    log.append("done", {})
    numbers = [number for number, _ in everything(log)]
    assert len(numbers) <= 102
    assert numbers[0] == 1  # what is no chunk stays
    assert numbers[-10:] == list(range(993, 1003))  # the newest are all there
    gaps = [after - before for before, after in itertools.pairwise(numbers[1:-1])]
    assert gaps[0] > gaps[len(gaps) // 2] >= gaps[-1] == 1


def test_many_bytes_are_thinned_too(monkeypatch):
    monkeypatch.setattr(event_log, "MOST_THINNED_BYTES", 50_000)
    log = EventLog()
    for step in range(2000):
        log.append("chunk", {"step": step, "losses": [0.5] * 50})
    assert log.size < 60_000


def test_a_listener_is_woken_and_let_go():
    log, woken = EventLog(), []
    with log.listening(lambda: woken.append(1)):
        assert log.listeners == 1
        log.append("chunk", {})
        log.end()
    log.append("chunk", {})
    assert (len(woken), log.listeners) == (2, 0)


def test_two_threads_that_write_lose_nothing():
    log = EventLog()
    threads = [threading.Thread(target=lambda: [log.append("epoch", {}) for _ in range(500)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert everything(log) == [(number, "epoch") for number in range(1, 1001)]
