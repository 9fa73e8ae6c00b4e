"""The form of Train live, the editor's answers, and the session that follows streams; the server is played by hand."""

from collections.abc import Callable
from typing import Any

import pytest

Call = Callable[..., Any]
SETUP = """
    sessionStorage.clear();
    const enter = (field, value, type = "input") => {
        field.value = value;
        field.dispatchEvent(new Event(type, { bubbles: true }));
    };
    const table = { layers: [], parameters: 5, multiply_adds: 6, input_shape: [1, 8, 8], classes: 2 };
    const refusal = (message, body) => Object.assign(new Error(message), { body });
"""


@pytest.fixture
def use(call_with_parts: Call) -> Call:
    """`use("setup", body)` runs statements with a module as `m`, beside `put`, `enter` and `refusal`."""
    return call_with_parts("views/train", SETUP)


FORM = """
    const asked = [], requests = [];
    let refuse = null;
    const api = { post: async (path, body) => (asked.push([path, body]), table) };
    const datasets = [{ name: "mnist", title: "MNIST", here: true }, { name: "cifar10", title: "CIFAR-10",
        here: false }];
    const open = (given = datasets) => {
        const setup = new m.Setup({ api, datasets: given,
            onTrain: async (request) => { requests.push(request); if (refuse) throw refuse; } });
        document.body.replaceChildren();
        return [setup, put(setup)];
    };
    const field = (root, name) => root.querySelector(`#train-${name}`);
    const problems = (root) => Object.fromEntries([...root.querySelectorAll(".train-problem")].map((one) =>
        [one.id.slice(6, -8), one.textContent]).filter(([, text]) => text));
"""


WHAT_THE_FORM_SENDS = f"""{FORM}
        const [setup, root] = open();
        const submit = async () => {{ root.requestSubmit(); await rest(); }};
        const options = [...field(root, "data").options].map((one) => one.textContent);
        const chosen = root.querySelector(".train-check");
        const first = [options, setup.own.hidden, chosen.hidden, field(root, "epochs").placeholder,
            field(root, "seed").placeholder, setup.recipe.name, setup.button.textContent];
        await submit();
        enter(field(root, "network"), "dense"); enter(field(root, "epochs"), "4"); enter(field(root, "seed"), "0");
        const [, tutorial, best] = root.querySelectorAll("input[type=radio]");
        tutorial.click();
        const states = [[chosen.hidden, field(root, "epochs").placeholder]];
        await submit();
        best.click(); states.push([chosen.hidden, field(root, "epochs").placeholder]);
        await submit();
        chosen.querySelector("input").click();
        enter(field(root, "data"), field(root, "data").options[2].value, "change");
        states.push([setup.own.hidden, document.activeElement.id]);
        await submit(); states.push(problems(root), document.activeElement.id, field(root, "path").ariaInvalid);
        enter(field(root, "path"), "  photos "); await submit();
        setup.setBusy(true); states.push(setup.button.textContent);
        setup.setBusy(false); states.push(setup.button.textContent, problems(root), setup.button.disabled);
        const [again, other] = open();
        const kept = [again.data, field(other, "network").value, again.recipe.name, field(other, "epochs").value,
            field(other, "seed").value, again.own.hidden, other.querySelector(".train-check input").checked];
        sessionStorage.setItem("convlens-train", "{{broken");
        const [fresh] = open(); kept.push(fresh.data, fresh.recipe.name);
        sessionStorage.clear();
        const [none] = open([]); kept.push(none.data, none.own.hidden);
        return [first, requests, states, kept];
        """


def test_what_the_form_sends(use: Call) -> None:
    first, requests, states, kept = use(
        "setup",
        WHAT_THE_FORM_SENDS,
    )
    assert first == [
        ["MNIST", "CIFAR-10 (downloaded first)", "Your own images …"],
        *[True, True, "2", "3", "fast", "Train"],
    ]
    assert requests[0]["network"].startswith("conv 8 3x3 pad 1")
    assert {**requests[0], "network": ""} == {"data": "mnist", "recipe": "fast", "network": ""}
    counts = {"epochs": 4, "seed": 0}
    assert requests[1:] == [
        {"data": "mnist", "recipe": "tutorial", "network": "dense", **counts},
        {"data": "mnist", "recipe": "best", **counts},
        {"data": "photos", "recipe": "best", "network": "dense", **counts},
    ]
    missing = {"data": "No path is given. Type the path of a folder, or choose a known dataset."}
    assert states == [
        [True, "10"],
        [False, "automatic"],
        [False, "train-path"],
        *[missing, "train-path", "true", "Train next", "Train", {}, False],
    ]
    assert kept == ["photos", "dense", "best", "4", "0", False, False, "mnist", "fast", "", False]


def test_an_answer_about_other_data_clears_no_problem(use: Call) -> None:
    """The network is checked with the data that were chosen then; meanwhile there may be others, and a problem."""
    shown = use(
        "setup",
        f"""{FORM}
        const answers = [];
        api.post = (path, body) => new Promise((done, fail) => answers.push([body.data, done, fail]));
        const [setup, root] = open();
        while (!answers.length) await rest();
        const [[data, done]] = answers;
        enter(field(root, "data"), field(root, "data").options[2].value, "change");
        root.requestSubmit();
        const shown = [data, problems(root)];
        done(table);
        await rest();
        shown.push(problems(root));
        enter(field(root, "path"), "photos", "change");
        while (answers.length < 2) await rest();
        answers[1][1](table);
        await rest();
        shown.push(answers[1][0], problems(root));
        return shown;
        """,
    )
    missing = {"data": "No path is given. Type the path of a folder, or choose a known dataset."}
    assert shown == ["mnist", missing, missing, "photos", {}]


def test_refusals_are_shown_where_they_belong(use: Call) -> None:
    shown, marks = use(
        "setup",
        f"""{FORM}
        const [setup, root] = open();
        while (!asked.length) await rest(); // the check of the network that was opened, whose answer clears a refusal
        const shown = [];
        const fail = async (error) => {{
            refuse = error;
            root.requestSubmit();
            await rest();
            shown.push([problems(root), setup.button.disabled]);
        }};
        await fail(refusal("No such data.", {{ where: "data", hint: "Look again." }}));
        const marks = [field(root, "path").ariaInvalid];
        await fail(refusal("Too many.", {{ where: "epochs" }}));
        marks.push(field(root, "path").ariaInvalid, field(root, "epochs").ariaInvalid, field(root, "seed").ariaInvalid);
        await fail(refusal("Busy.", {{ where: "somewhere" }}));
        await fail(new Error("No answer."));
        await fail(refusal("Wrong word.", {{ where: "network", position: [0, 4] }}));
        setup.say("data", "still reading", true);
        marks.push(setup.problems.data.className, field(root, "path").ariaInvalid);
        setup.say("data", ""); marks.push(setup.problems.data.className);
        return [shown, marks];
        """,
    )
    assert shown[:4] == [
        [{"data": "No such data. Look again."}, False],
        [{"epochs": "Too many."}, False],
        [{"general": "Busy."}, False],
        [{"general": "No answer."}, False],
    ]
    assert shown[4][0]["network"].endswith("Wrong word.")
    assert marks == ["true", None, "true", None, "train-problem note", None, "train-problem"]


EDITOR = """
    const said = [], asked = [], submitted = [];
    let answer = () => table;
    const editor = new m.NetworkEditor({ data: () => "pets", onText: () => said.push("text"),
        onDataRefused: (...one) => said.push(one), onSubmit: () => submitted.push(1),
        api: { post: async (path, body) => (asked.push(body), answer(body)) } });
    const root = put(editor);
    put(editor.table);
"""


def test_the_editor_underlines_a_mistake(use: Call) -> None:
    found = use(
        "network_editor",
        f"""{EDITOR}
        const show = (network, position, hint) => {{
            editor.text.value = network;
            editor.showRefusal(refusal("Odd.", {{ position, hint }}), network);
            const caret = editor.problem.querySelector("pre");
            return [editor.mirror.querySelector("mark")?.textContent ?? null, caret && caret.textContent,
                editor.problem.querySelector("p").textContent];
        }};
        const found = [show("relu, tnah", [6, 10]), show("relu,\\ntnah", [6, 6], "Say more."), show("relu", null),
            show("relu, ", [6, 6])];
        const long = `${{"a".repeat(30)}}XY${{"b".repeat(30)}}`;
        found.push(show(long, [30, 32])[1], show(long, [24, 62])[1], show(`🦊${{long}}`, [31, 33])[0]);
        found.push([editor.text.ariaInvalid, editor.table.classList.contains("stale"),
            editor.chips.wrong]);
        editor.showAnswer(table);
        found.push([editor.text.ariaInvalid, editor.problem.textContent, editor.mirror.textContent,
            editor.table.textContent.includes("5 parameters"), editor.chips.wrong]);
        return found;
        """,
    )
    assert found[:4] == [
        ["tnah", "relu, tnah\n      ^^^^", "Odd."],
        ["t", "relu, tnah\n      ^", "Odd. Say more."],
        [None, None, "Odd."],
        [" ", "relu, \n      ^", "Odd."],
    ]
    assert found[4] == f"…{'a' * 24}XY{'b' * 24}…\n{' ' * 25}^^"
    assert found[5] == f"{'a' * 30}XY{'b' * 30}\n{' ' * 24}{'^' * 38}"
    assert found[6] == "XY"
    assert found[7] == ["true", True, 0]
    assert found[8] == [None, "", "", True, -1]


def test_the_editor_asks_for_the_table(use: Call) -> None:
    asked, said, tables, submitted = use(
        "network_editor",
        f"""{EDITOR}
        const tables = [];
        const ask = async (network) => {{
            editor.text.value = network;
            editor.changed(0);
            await rest(40);
            tables.push(editor.table.textContent.includes("assumed until"), editor.problem.textContent);
        }};
        await ask("relu");
        answer = (body) => {{
            if (body.data) throw refusal("No folder.", {{ where: "data", hint: "Look.", unread: true }});
            return table;
        }};
        await ask("tanh");
        answer = () => {{ throw refusal("Odd.", {{ where: "network" }}); }};
        await ask("odd");
        const key = (more) => editor.text.dispatchEvent(new KeyboardEvent("keydown", {{ key: "Enter", ...more }}));
        key({{}}); key({{ ctrlKey: true }}); key({{ metaKey: true }}); key({{ key: "a", ctrlKey: true }});
        const preset = [...root.querySelectorAll("button")].find((one) => one.textContent === "lenet");
        preset.click();
        return [asked.slice(0, 4), said.filter((one) => one !== "text"), tables, [submitted.length,
            editor.text.labels[0].textContent, editor.value.startsWith("conv 6 5x5"), m.sentences("a."),
                m.sentences("a.", "b.")]];
        """,
    )
    assert asked == [
        {"network": "relu", "data": "pets"},
        {"network": "tanh", "data": "pets"},
        {"network": "tanh"},
        {"network": "odd", "data": "pets"},
    ]
    assert said == [["", False], ["No folder. Look.", True], ["", False]]
    assert tables == [False, "", True, "", True, "Odd."]
    assert submitted == [2, "Network", True, "a.", "a. b."]


A_SESSION_FOLLOWS_STREAMS = """async () => {
            globalThis.document = { hidden: false };
            const { Session } = await import("convlens/views/train/session_runs.js");
            const { Run } = await import("convlens/views/train/run_state.js");
            const log = [], streams = {};
            let jobs = [{ job: "a b", state: "running" }, { job: "c", state: "done" }];
            const api = {
                get: async (path) => { log.push(path); if (!jobs) throw new Error("gone"); return jobs; },
                events: (path, handlers) => { log.push(path); streams[path] = handlers; return () =>
                    log.push("closed"); },
            };
            const session = new Session(api, { onChange: (run, name) => log.push([run.job, name]),
                onList: () => log.push("new"), onStream: (run, state) => log.push([run.job, state]),
                onRefused: (error) => log.push(error ? error.message : "fine") });
            await session.refresh();
            const [first, second] = session.runs.values();
            session.follow(first); session.follow(first);
            const stream = streams["/api/jobs/a%20b/events"];
            stream.onState("lost"); stream.onState("closed");
            stream.onEvent("queued", {}, 1); stream.onEvent("queued", {}, 1);
            log.push(session.streams.size);
            stream.onEvent("done", {}, 2);
            stream.onState("lost");
            session.follow(first);
            log.push(session.streams.size, "now the list");
            await session.refresh();
            jobs = [{ job: "d", state: "running" }];
            await session.refresh();
            session.follow(session.runs.get("d"));
            jobs = [];
            await session.refresh();
            log.push([first.isForgotten, second.state, session.runs.get("d").error.slice(0, 24)]);
            jobs = null;
            await session.refresh();
            const other = new Run("e");
            session.follow(other);
            session.close();
            log.push([...session.streams.keys()].length, session.isWatching);
            return log;
        }"""


def test_a_session_follows_streams_and_forgets_what_the_server_forgot(call: Call) -> None:
    log = call(A_SESSION_FOLLOWS_STREAMS)
    assert log == [
        *["/api/jobs", "new", "fine"],
        "/api/jobs/a%20b/events",
        ["a b", "lost"],
        ["a b", "queued"],
        1,
        "closed",
        ["a b", "done"],
        *[0, "now the list", "/api/jobs", "fine"],
        *["/api/jobs", "new", "fine"],
        "/api/jobs/d/events",
        *["/api/jobs", "closed", ["d", "failed"], "fine"],
        [True, "waiting", "The server was restarted"],
        *["/api/jobs", "gone"],
        *["/api/jobs/e/events", "closed", 0, False],
    ]


def test_a_session_asks_every_two_seconds_while_it_is_watched(call: Call) -> None:
    log = call(
        """async () => {
            const { Session } = await import("convlens/views/train/session_runs.js");
            globalThis.document = { hidden: false };
            const log = [], timers = new Map();
            const before = [globalThis.setTimeout, globalThis.clearTimeout];
            let next = 1;
            globalThis.setTimeout = (run, time) => { log.push(time); timers.set(next, run); return next++; };
            globalThis.clearTimeout = (timer) => timers.delete(timer);
            const settle = async () => { for (let turn = 0; turn < 9; turn += 1) await null; };
            try {
                const session = new Session({ get: async () => (log.push("ask"), []) }, { onRefused: () => {} });
                await session.refresh();
                log.push(timers.size);
                session.setWatching(true); await settle();
                log.push(timers.size);
                const tick = async () => { const [[timer, run]] = timers; timers.delete(timer); run(); await settle();
                    };
                await tick();
                document.hidden = true;
                await tick(); log.push(timers.size);
                session.setWatching(false);
                log.push(timers.size);
                return log;
            } finally { [globalThis.setTimeout, globalThis.clearTimeout] = before; }
        }"""
    )
    assert log == ["ask", 0, "ask", 2000, 1, "ask", 2000, 2000, 1, 0]
