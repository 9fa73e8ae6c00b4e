"""Requests to the server, streams of events that break off, tabs that wait for a page, and what all views share."""

from collections.abc import Callable
from typing import Any

from convlens import TrainedModel
from convlens.exports import page_model


def test_requests_carry_the_token_and_refusals_say_why(open_page: Callable[..., Any], web_address: str) -> None:
    asked: list[tuple[str, str, str | None, str | None]] = []
    replies = {
        "good": {"json": {"a": 1}},
        "refused": {"status": 422, "json": {"error": "No such data.", "where": "data"}},
        "broken": {"status": 500, "body": "<h1>oh</h1>"},
        "empty": {"status": 200, "body": ""},
    }

    def answer(route: Any) -> None:
        request = route.request
        path = request.url.removeprefix(web_address)
        headers = request.headers
        asked.append((path, request.method, request.post_data, headers.get("content-type")))
        name = path.partition("?")[0].removeprefix("/api/")
        route.fulfill(**replies[name]) if name in replies else route.abort()

    with open_page(f"{web_address}/empty.html") as page:
        page.route("**/api/**", answer)
        found = page.evaluate(
            """async () => {
                history.replaceState(null, "", "?token=a%20b");
                const { Api } = await import("convlens/interface/api.js");
                const api = new Api();
                const refused = ({ message, status, body }) => [message, status, body];
                const got = [await api.get("/api/good?x=1"), await api.post("/api/good", { b: 2 })];
                got.push(await api.post("api/good"));
                for (const name of ["refused", "broken", "empty", "nowhere"])
                    got.push(await api.get(`/api/${name}`).catch(refused));
                return got;
            }"""
        )
        page.faults.clear()
    assert found == [
        {"a": 1},
        {"a": 1},
        {"a": 1},
        ["No such data.", 422, {"error": "No such data.", "where": "data"}],
        ["The server answered 500 Internal Server Error.", 500, {}],
        ["The server answered 200 OK.", 200, {}],
        ["The server does not answer. Is `convlens open` still running?", 0, {}],
    ]
    assert asked[:4] == [
        ("/api/good?x=1&token=a+b", "GET", None, None),
        ("/api/good?token=a+b", "POST", '{"b":2}', "application/json"),
        ("/api/good?token=a+b", "POST", "{}", "application/json"),
        ("/api/refused?token=a+b", "GET", None, None),
    ]


FOLLOW = """async () => {
    const { Api } = await import("convlens/interface/api.js");
    const [sources, heard, states, waits] = [[], [], [], []];
    class FakeSource extends EventTarget {
        static CLOSED = 2;
        readyState = 1;
        isClosed = false;
        constructor(address) { super(); this.address = String(address); sources.push(this); }
        close() { this.isClosed = true; }
        send(name, data, lastEventId) {
            this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data), lastEventId }));
        }
        fail(readyState) { this.readyState = readyState; this.onerror?.(); }
    }
    const later = [];
    const before = [globalThis.EventSource, globalThis.setTimeout];
    globalThis.EventSource = FakeSource;
    globalThis.setTimeout = (run, wait) => (waits.push(wait), later.push(run));
    try {
        const onEvent = (...event) => heard.push(event);
        const stop = new Api().events("/api/jobs/1/events", { onEvent, onState: (state) => states.push(state) });
        const [first] = sources;
        first.onopen();
        first.send("queued", { place: 1 }, "1");
        first.send("unknown", {}, "2");
        first.send("chunk", { losses: [1] }, "2");
        first.send("chunk", { losses: [1] }, "2"); // told twice
        first.send("weights", { step: 1 }, ""); // has no number
        first.fail(0); // the browser comes back by itself
        first.fail(2);
        later.shift()();
        const second = sources[1];
        for (let turn = 0; turn < 6; turn += 1) { sources.at(-1).fail(2); later.shift()(); }
        sources.at(-1).onopen();
        sources.at(-1).send("chunk", { losses: [1] }, "2");
        sources.at(-1).send("done", { run: "r" }, "3");
        sources.at(-1).fail(2); later.shift()();
        stop();
        sources.at(-1).fail(2);
        const last = sources.at(-1);
        new Api().events("/api/quiet", { onEvent }); // without a listener for its state
        sources.at(-1).onopen();
        return { heard, states, waits, addresses: [first, second, last].map(({ address }) => new URL(address).search),
            closed: last.isClosed, left: later.length };
    } finally {
        [globalThis.EventSource, globalThis.setTimeout] = before;
    }
}"""


def test_a_stream_that_breaks_off_is_followed_again(page: Any) -> None:
    """The wait doubles from half a second to ten, and starts anew once the server answers."""
    found = page.evaluate(FOLLOW)
    assert found["heard"] == [
        ["queued", {"place": 1}, 1],
        ["chunk", {"losses": [1]}, 2],
        ["weights", {"step": 1}, 0],
        ["done", {"run": "r"}, 3],
    ]
    assert found["waits"] == [500, 1000, 2000, 4000, 8000, 10_000, 10_000, 500]
    assert found["states"] == ["open", *["lost"] * 8, "open", "lost", "closed"]
    assert found["addresses"] == ["", "?after=2", "?after=3"]
    assert (found["closed"], found["left"]) == (True, 0)


def test_a_tab_waits_for_its_page(page: Any) -> None:
    ask = """async (path) => {
        const { openWhenReady } = await import("convlens/interface/new_tab.js");
        const wait = new Promise((resolve) => (globalThis.answer = () => resolve({ url: path })));
        globalThis.ready = openWhenReady(async () => wait, "One moment");
    }"""
    with page.expect_popup() as opened:
        page.evaluate(ask, "/empty.html#here")
    tab = opened.value
    assert (tab.title(), tab.locator("p").inner_text()) == ("One moment", "One moment")
    assert tab.locator("p").evaluate("(one) => getComputedStyle(one).marginTop") == "48px"  # 3 rem
    page.evaluate("() => answer()")
    tab.wait_for_url("**/empty.html#here")
    assert tab.evaluate("opener") is None
    refused = """async () => {
        const { openWhenReady } = await import("convlens/interface/new_tab.js");
        try { await openWhenReady(async () => { throw new Error("no page"); }, "words"); }
        catch (error) { return error.message; }
    }"""
    with page.expect_popup() as opened:
        assert page.evaluate(refused) == "no page"
    page.wait_for_timeout(50)
    assert opened.value.is_closed()


def test_without_tabs_the_page_itself_goes_there(page: Any) -> None:
    page.evaluate(
        """async () => {
            const { openWhenReady } = await import("convlens/interface/new_tab.js");
            window.open = () => null;
            setTimeout(() => openWhenReady(async () => ({ url: "empty.html#itself" }), "words"));
        }"""
    )
    page.wait_for_url("**/empty.html#itself")


def test_every_listener_hears_of_a_model_until_it_stops(call: Any, build_model: Callable[..., TrainedModel]) -> None:
    found = call(
        """async (payload) => {
            globalThis.location = { hash: "" };
            const { Context } = await import("convlens/interface/context.js");
            const heard = [];
            let runs = 0;
            const [served, alone] = [new Context({}, () => (runs += 1)), new Context(null, () => {})];
            const stop = served.onModel((model) => heard.push(["a", model.payload.name, model === served.model]));
            served.onModel((model) => heard.push(["b", model.payload.name, served.check !== null]));
            await served.openModel({ ...payload, name: "one" });
            stop();
            await served.openModel({ ...payload, name: "two" });
            served.refreshRuns();
            served.goTo("learn");
            return { heard, runs, hash: location.hash, served: [served.served, alone.served, alone.model] };
        }""",
        page_model(build_model("conv 2 3x3, relu, dense", (1, 8, 8), 2)),
    )
    assert found["heard"] == [["a", "one", True], ["b", "one", True], ["b", "two", True]]
    assert (found["runs"], found["hash"], found["served"]) == (1, "learn", [True, False, None])
