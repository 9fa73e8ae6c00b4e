"""Listening to a training over a real connection: late, twice, broken off and come again."""

import pytest


def numbers(events) -> list[int]:
    return [event.number for event in events]


def test_a_stream_that_breaks_off_again_and_again_gets_every_event_once(server):
    job = server.train(epochs=30)
    events, last = [], 0
    while not events or events[-1].kind != "done":
        events += server.listen(job, after=last, most=3)
        last = events[-1].number
    assert numbers(events) == sorted(set(numbers(events)))
    # What was missed is only weights that newer ones had made old.
    whole = {event.number: event for event in server.listen(job)}
    assert [one for one in whole if whole[one].kind != "weights"] == [
        event.number for event in events if event.kind != "weights"
    ]
    assert all(whole[event.number] == event for event in events if event.number in whole)
    assert sum(event.kind == "epoch" for event in events) == 30


def test_two_listeners_get_the_same(server):
    first = server.train(epochs=5)
    early = server.listen(first)
    late = server.listen(first)
    assert [event for event in early if event.kind != "weights"] == [event for event in late if event.kind != "weights"]
    assert early[-2:] == late[-2:]


def test_two_listeners_at_once(server):
    job = server.train(epochs=50_000)
    with server.client.stream("GET", f"/api/jobs/{job}/events") as stream:
        lines = stream.iter_lines()
        next(lines)
        beside = server.listen(job, most=2)
        assert [event.kind for event in beside] == ["started", "chunk"]
        server.post(f"/api/jobs/{job}/stop", {})
        assert any(line == "event: stopped" for line in lines)


def test_a_stream_that_is_over_says_that_nobody_need_come_again(server):
    job = server.train()
    last = server.listen(job)[-1].number
    assert server.get(f"/api/jobs/{job}/events", headers={"Last-Event-ID": str(last)}).status_code == 204
    assert server.get(f"/api/jobs/{job}/events", params={"after": last}).status_code == 204
    again = server.get(f"/api/jobs/{job}/events", params={"after": last - 1})
    assert again.status_code == 200
    assert again.text.count("event: done") == 1


@pytest.mark.parametrize("header", ["", "x", "-1", "١", "1" * 5_000, "12" * 10 + "x", "1e3", "0x1", "9" * 16])
def test_a_number_that_is_none_begins_at_the_beginning_or_the_end(server, header):
    job = server.train()
    server.listen(job)
    answer = server.get(f"/api/jobs/{job}/events", headers={"Last-Event-ID": header.encode()})
    assert answer.status_code in (200, 204)
    assert ("event: started" in answer.text) == (header != "9" * 16)


def test_closing_the_page_stops_nothing(server):
    job = server.train(epochs=20)
    server.listen(job, most=1)
    assert server.listen(job)[-1].kind == "done"


def test_trainings_follow_one_another(server):
    first, second = server.train(epochs=10), server.train(epochs=1)
    events = server.listen(second)
    assert [event.kind for event in events][:2] in (["queued", "started"], ["started", "chunk"])
    states = {job["job"]: job["state"] for job in server.get("/api/jobs").json()}
    assert (states[first], states[second]) == ("done", "done")
    assert len(server.get("/api/runs").json()) == 2
