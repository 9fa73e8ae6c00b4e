"""The parts that all views are built of, one by one, in Chromium: elements, canvases, the model's line."""

from collections.abc import Callable
from typing import Any

import pytest

IMPORT = "const m = await import(`convlens/interface/{}.js`);"
Call = Callable[..., Any]


@pytest.fixture
def use(call_in_browser: Call) -> Call:
    """`use("dom", body, value)` runs statements with a module as `m` and a value as `given`; return their result."""

    def run(module: str, body: str, given: Any = None) -> Any:
        code = f"async (given) => {{ document.body.replaceChildren(); {IMPORT.format(module)} {body} }}"
        return call_in_browser(code, given)

    return run


def test_an_element_is_made_of_its_attributes_and_children(use: Call) -> None:
    markup, clicks, shape = use(
        "dom",
        """
        let clicks = 0;
        const attributes = { class: "quiet", disabled: true, hidden: false, title: null, id: undefined, tabindex: 0,
            style: { color: "red", "--far": "2px" }, data: { layer: 3 } };
        const inner = { root: m.element("b", {}, "inside") };
        const made = m.element("p", attributes, "text ", [[0, null], false, undefined, inner], "<i>");
        const button = m.element("button", { onClick: () => (clicks += 1) });
        button.click();
        const { namespaceURI, outerHTML } = m.svg("svg", { viewBox: "0 0 1 2" }, m.svg("path", { d: "M0 0" }));
        return [made.outerHTML, clicks, [namespaceURI, outerHTML]];
        """,
    )
    assert markup == (
        '<p class="quiet" disabled="" tabindex="0" data-layer="3" style="color: red; --far: 2px;">'
        "text 0<b>inside</b>&lt;i&gt;</p>"
    )
    assert clicks == 1
    assert shape == ["http://www.w3.org/2000/svg", '<svg viewBox="0 0 1 2"><path d="M0 0"></path></svg>']


def test_children_are_replaced_and_names_never_parsed(use: Call) -> None:
    filled, name, problem = use(
        "dom",
        """
        const root = m.element("div", { id: "here" }, "old");
        document.body.append(root);
        const same = m.fill(root, "new", m.element("br")) === root && m.byId("here") === root;
        let problem = "";
        try { m.byId("nowhere"); } catch (error) { problem = error.message; }
        return [[same, root.innerHTML], m.nameOf("<b>", { class: "mono" }).outerHTML, problem];
        """,
    )
    assert filled == [True, "new<br>"]
    assert name == '<bdi dir="auto" class="mono">&lt;b&gt;</bdi>'
    assert problem == "the page's HTML has no element with the id nowhere."


def test_only_the_last_of_several_announcements_is_made(use: Call) -> None:
    early, late = use(
        "dom",
        """
        const line = m.element("p", { id: "announcement" });
        document.body.append(line);
        m.announce("first", 20);
        m.announce("second", 20);
        const early = line.textContent;
        await new Promise((done) => setTimeout(done, 60));
        return [early, line.textContent];
        """,
    )
    assert [early, late] == ["", "second"]


def test_drawing_waits_for_a_frame_and_for_its_pause(use: Call) -> None:
    once, times, cancelled = use(
        "dom",
        """
        const wait = (time) => new Promise((done) => setTimeout(done, time));
        let once = 0;
        const request = m.onceAFrame(() => (once += 1));
        request(); request(); request();
        const before = once;
        await wait(60);
        const times = [];
        const steady = m.steadily(() => times.push(performance.now()), 80);
        steady(); await wait(40);
        for (let turn = 0; turn < 5; turn += 1) steady();
        const soon = times.length;
        await wait(150);
        steady.now(); await wait(40);
        let drawn = 0;
        const never = m.steadily(() => (drawn += 1), 0);
        never(); never.cancel();
        const later = m.steadily(() => (drawn += 1), 30);
        later(); later.cancel(); await wait(80);
        const none = drawn;
        never(); await wait(40);
        return [[before, once], [soon, times.length, times[1] - times[0] >= 79], [none, drawn]];
        """,
    )
    assert once == [0, 1]
    assert times == [1, 3, True]
    assert cancelled == [0, 1]


def test_parts_have_their_roles(use: Call) -> None:
    found = use(
        "parts",
        """
        const problem = new m.Problem();
        problem.say("no"); const said = problem.root.outerHTML;
        problem.say(""); const silent = problem.root.hidden;
        const table = m.scrollingTable("name", [["", "x"], ["head", "number"]], [m.tableRow("row", m.numberCells(1))]);
        const own = m.scrollingTable("own", [], document.createElement("tfoot"), { caption: "words" });
        return { said, silent, table: table.outerHTML, own: own.firstChild.innerHTML,
            plain: [m.div("").outerHTML, m.div("a", "b").outerHTML, m.button("b", () => {}, { title: "t" }).outerHTML],
            lists: [...m.items("a", "b"), ...m.optionList([1, "one"])].map((one) => one.outerHTML),
            facts: m.factList("facts", [["name", "value"]]).outerHTML };
        """,
    )
    assert found["said"] == '<p class="notice alarm" role="alert">no</p>'
    assert found["silent"]
    assert found["table"] == (
        '<div class="scroll" tabindex="0" role="region" aria-label="name"><table><thead><tr><td></td>'
        '<th scope="col" class="number">head</th></tr></thead>'
        '<tbody><tr><th scope="row">row</th><td class="number">1</td></tr></tbody></table></div>'
    )
    assert found["own"] == "<caption>words</caption><thead><tr></tr></thead><tfoot></tfoot>"
    assert found["plain"] == [
        "<div></div>",
        '<div class="a">b</div>',
        '<button type="button" title="t">b</button>',
    ]
    assert found["lists"] == ["<li>a</li>", "<li>b</li>", '<option value="1">one</option>']
    assert found["facts"] == '<dl class="facts"><div><dt>name</dt><dd>value</dd></div></dl>'


PIXELS = """
    const pixelsOf = (canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return Array.from({ length: data.length / 4 }, (_, at) => [...data.slice(4 * at, 4 * at + 4)]);
    };
    const canvas = document.createElement("canvas");
"""
WHITE, PLUS, MINUS, NOTHING = [255] * 3, [0, 0x2C, 0x54], [0x62, 0x26, 0], [0] * 4


def opaque(*colours: list[int]) -> list[list[int]]:
    return [[*colour, 255] for colour in colours]


def test_maps_are_painted_by_hand(use: Call) -> None:
    both, limits, style, grey, flat = use(
        "maps",
        f"""{PIXELS}
        const layout = m.arrange({{ count: 2, height: 1, width: 2, columns: 2, gap: 1, scale: 3 }});
        const light = {{ theme: "light" }};
        const limits = [m.drawMaps(canvas, [1, -1, 0, NaN], layout, light)];
        const first = pixelsOf(canvas);
        limits.push(m.drawMaps(canvas, [5, -9, 0, 1], layout, {{ ...light, limit: 0.5 }}));
        const both = [first, pixelsOf(canvas)];
        limits.push(m.drawMaps(canvas, [0, 0, 0, 0], layout, light), m.drawMaps(canvas, [-3, 2, 0, 0], layout, light));
        const style = [canvas.width, canvas.height, canvas.style.width, canvas.style.height];
        m.drawMaps(canvas, [1, -1, 5, 2], layout, {{ grey: [0, 2] }});
        const grey = pixelsOf(canvas);
        m.drawMaps(canvas, [1, 2, 1, 2], layout, {{ grey: [1, 1] }});
        return [both, limits, style, grey, pixelsOf(canvas)];
        """,
    )
    assert both[0] == [*opaque(PLUS, MINUS), NOTHING, *opaque(WHITE, WHITE)]
    assert both[1] == [*opaque(PLUS, MINUS), NOTHING, *opaque(WHITE, PLUS)]
    assert limits == [1, 0.5, 0, 3]
    assert style == [5, 1, "15px", "3px"]
    assert grey == [*opaque([128] * 3, [0] * 3), NOTHING, *opaque([255] * 3, [255] * 3)]
    assert flat == [*opaque([0] * 3, [255] * 3), NOTHING, *opaque([0] * 3, [255] * 3)]


def test_pictures_are_painted_by_hand(use: Call) -> None:
    grey, colour, sizes = use(
        "maps",
        f"""{PIXELS}
        m.drawPicture(canvas, [7, 250], [1, 1, 2], 4);
        const grey = pixelsOf(canvas);
        const sizes = [canvas.width, canvas.height, canvas.style.width, canvas.style.height];
        m.drawPicture(canvas, [1, 2, 3, 4, 5, 6], [3, 2, 1]);
        return [grey, pixelsOf(canvas), [...sizes, canvas.width, canvas.height]];
        """,
    )
    assert grey == opaque([7] * 3, [250] * 3)
    assert colour == opaque([1, 3, 5], [2, 4, 6])
    assert sizes == [2, 1, "8px", "4px", 1, 2]


MODEL = {"payload": {"name": "digits"}, "layers": [{"parameters": 1200}, {"parameters": None}, {"parameters": 34}]}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (None, {"parameters": "1,234"}),
        (
            {
                "data": {"name": "mnist"},
                "recipe": "fast",
                "test": {"accuracy": 0.9876, "total": 10000},
                "seconds": 9.96,
            },
            {
                "data": "mnist",
                "recipe": "fast",
                "accuracy": "98.76 % of 10,000",
                "trained in": "10.0 s",
                "parameters": "1,234",
            },
        ),
        (
            {"data": "pets", "recipe": "", "test": {"accuracy": 0.5}, "seconds": 10},
            {"data": "pets", "accuracy": "50.00 %", "trained in": "10 s", "parameters": "1,234"},
        ),
        ({"recipe": {"epochs": 2}, "test": {"total": 3}}, {"recipe": '{"epochs":2}', "parameters": "1,234"}),
    ],
)
def test_facts_of_the_open_model(use: Call, facts: Any, expected: dict[str, str]) -> None:
    found, title, notices = use(
        "model_line",
        """
        const root = document.createElement("div");
        m.showModelLine(root, given);
        const read = (name) => [...root.querySelectorAll(name)].map((one) => one.textContent);
        const values = read("dd");
        return [Object.fromEntries(read("dt").map((name, at) => [name, values[at]])), document.title, read(".notice")];
        """,
        {**MODEL, "facts": facts},
    )
    assert found == expected
    assert [title, notices] == ["digits · Convlens", []]


def test_the_line_of_a_stopped_a_nameless_and_of_no_model(use: Call) -> None:
    lines = use(
        "model_line",
        """
        const root = document.createElement("div");
        const chooser = document.createElement("select");
        return given.map((model) => {
            m.showModelLine(root, model, chooser);
            const names = [...root.children].map((one) => `${one.tagName}.${one.className}`);
            return [names, root.firstChild.textContent, document.title];
        });
        """,
        [{**MODEL, "facts": {"stopped": "too early"}}, {**MODEL, "payload": {"name": ""}}, None],
    )
    assert lines[0] == [["H2.model-name", "DL.facts", "SELECT.", "P.notice"], "digits", "digits · Convlens"]
    assert lines[1][:2] == [["H2.model-name", "DL.facts", "SELECT."], "A model"]
    words = "No model is open: train one, or start with `convlens open MODEL`."
    assert lines[2] == [["P.soft", "SELECT."], words, "Convlens"]


def test_the_list_of_runs(use: Call) -> None:
    found = use(
        "run_chooser",
        """
        const asked = [], opened = [], refused = [];
        let runs = [{ name: "a", accuracy: 0.5 }, { name: "b c", accuracy: null }];
        const api = { get: async (path) => {
            asked.push(path);
            if (!runs) throw new Error("gone");
            return path === "/api/runs" ? runs : { path };
        } };
        const chooser = new m.RunChooser(api, async (payload) => opened.push(payload), (words) => refused.push(words));
        document.body.append(chooser.root);
        const list = () => [chooser.root.hidden, chooser.root.value,
            ...[...chooser.root.options].map((one) => `${one.value}|${one.text}|${one.disabled ? "no" : ""}`)];
        const lists = [list()];
        chooser.show(null); lists.push(list());
        await chooser.refresh(); lists.push(list());
        chooser.show("file"); lists.push(list());
        chooser.show("b c"); lists.push(list());
        const choose = async (value) => {
            chooser.root.value = value;
            chooser.root.dispatchEvent(new Event("change"));
            const busy = chooser.root.disabled;
            await new Promise((done) => setTimeout(done, 5));
            return [busy, chooser.root.disabled, document.activeElement === chooser.root];
        };
        const states = [await choose("b c"), await choose("")];
        runs = null;
        states.push(await choose("a"));
        await chooser.refresh(); lists.push(list());
        chooser.offer([{ name: "file" }]); lists.push(list());
        return { asked, opened, refused, lists, states };
        """,
    )
    runs = ["a|a: 50.00 %|", "b c|b c|"]
    assert found["lists"] == [
        [True, ""],
        [True, "", "|Open a run …|no"],
        [False, "", "|Open a run …|no", *runs],
        [False, "", "|file|", *runs],
        [False, "b c", "|file|", *runs],
        [False, "b c", "|file|", *runs],  # what the server does not answer changes nothing
        [True, "file", "file|file|"],
    ]
    assert found["asked"] == ["/api/runs", "/api/model?run=b%20c", "/api/model?run=", "/api/model?run=a", "/api/runs"]
    assert found["opened"] == [{"path": "/api/model?run=b%20c"}, {"path": "/api/model?run="}]
    assert found["refused"] == ["gone"]
    assert found["states"] == [[True, False, True]] * 3


def test_the_theme_is_switched_and_kept(use: Call) -> None:
    seen = use(
        "theme_button",
        """
        const colours = await import("convlens/interface/colours.js");
        const heard = [], seen = [];
        const end = colours.onTheme((theme) => heard.push(theme));
        const button = document.createElement("button");
        const look = () => seen.push([colours.currentTheme(), document.documentElement.dataset.theme ?? null,
            localStorage.getItem("convlens-theme"), button.textContent, button.ariaLabel]);
        localStorage.setItem("convlens-theme", "pink");
        m.furnishThemeButton(button); look();
        button.click(); look();
        button.click(); look();
        end();
        button.click();
        const again = document.createElement("button");
        m.furnishThemeButton(again);
        seen.push([colours.currentTheme(), again.textContent, heard]);
        localStorage.clear();
        colours.setTheme(null);
        return seen;
        """,
    )
    assert seen == [
        ["light", None, "pink", "Dark", "Change to the dark theme"],
        ["dark", "dark", "dark", "Light", "Change to the light theme"],
        ["light", "light", "light", "Dark", "Change to the dark theme"],
        ["dark", "Light", ["light", "dark", "light"]],
    ]
