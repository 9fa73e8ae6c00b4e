"""Train live, as people use it: the real server, the real MNIST, a real Chromium."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from convlens.server.event_stream import stream_events
from convlens.server.serving import ServerSettings, serve

WAIT = 60_000
LONG = "500"  # epochs that nobody waits for
SMALL = "conv 4 5x5 stride 2, relu, maxpool 2, dense"  # for tests of the page, not of the training
STATE, LIVE, TEXT = ".train-state", ".train-live", "#train-network"

pytestmark = [pytest.mark.slow, pytest.mark.native]


@pytest.fixture(scope="module")
def address(user_data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of this machine with the known datasets of whoever runs the tests."""
    asked, ready = threading.Event(), threading.Event()
    found: list[str] = []

    def on_ready(url: str) -> None:
        found.append(url)
        ready.set()

    settings = ServerSettings(port=0, runs=tmp_path_factory.mktemp("runs"), data_dir=user_data_folder)
    thread = threading.Thread(target=serve, args=(settings, on_ready, asked.is_set))
    thread.start()
    assert ready.wait(30)
    yield found[0].rstrip("/")
    asked.set()
    thread.join(60)
    assert not thread.is_alive()


@pytest.fixture(autouse=True)
def nothing_left_running(address: str) -> Iterator[None]:
    """What a test started is stopped, and over, before the next one."""
    yield
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        going = [job["job"] for job in client.get("/api/jobs").json() if job["state"] in ("queued", "running")]
        for job in going:
            client.post(f"/api/jobs/{job}/stop", json={})
        for job in going:
            client.get(f"/api/jobs/{job}/events")  # ends with the training


@pytest.fixture
def page(open_page: Callable[..., Any], address: str) -> Iterator[Any]:
    with open_page(f"{address}/#train", viewport={"width": 1600, "height": 1000}) as opened:
        opened.wait_for_selector("html[data-ready]")
        yield opened


@pytest.fixture(scope="module")
def shared_page(open_page: Callable[..., Any], address: str) -> Iterator[Any]:
    """Open one page for all tests that train nothing; `dialogs` are those that opened."""
    with open_page(f"{address}/#train", viewport={"width": 1600, "height": 1000}) as opened:
        opened.wait_for_selector("html[data-ready]")
        opened.dialogs = []
        opened.on("dialog", lambda dialog: (opened.dialogs.append(dialog), dialog.dismiss()))
        yield opened
        opened.goto("about:blank")
        opened.faults.clear()


@pytest.fixture
def idle_page(shared_page: Any) -> Iterator[Any]:
    """Return that page. An answer 422 to what a test typed may come after the test, so it is no fault."""
    yield shared_page
    assert not [fault for fault in shared_page.faults if "422" not in fault]
    shared_page.faults.clear()


def train(page: Any, **fields: str) -> None:
    for name, value in fields.items():
        page.fill(f"#train-{name}", value)
    page.click(".train-start")


def train_in_new_row(page: Any, **fields: str) -> None:
    """Train, and wait until the new run is in the table: before, the page shows a run of an earlier test."""
    rows = page.locator(".train-runs tbody tr")
    count = len(httpx.get(f"{page.url.partition('/#')[0]}/api/jobs", trust_env=False).json())
    expect(rows).to_have_count(count, timeout=WAIT)
    train(page, **fields)
    expect(rows).to_have_count(count + 1, timeout=WAIT)


def await_state(page: Any, words: str) -> None:
    page.locator(STATE, has_text=re.compile(words)).wait_for(timeout=WAIT)


def steps(page: Any) -> int:
    """How many steps the page knows, as it says it."""
    return int("0" + re.sub(r"\D", "", page.text_content(".train-replay output")))


def await_steps(page: Any, least: int) -> int:
    for _ in range(600):
        if (known := steps(page)) >= least:
            return known
        page.wait_for_timeout(100)
    raise AssertionError(f"only {steps(page)} steps of {least}")


def curve(page: Any) -> list[float]:
    """The places along the width of the loss curve's points."""
    path = page.locator(".train-chart-drawing").first.locator(".train-line.now").get_attribute("d") or ""
    return [float(place) for place in re.findall(r"[ML](\S+) ", path)]


def left_edge(page: Any) -> float:
    return float(page.locator(".train-chart-drawing").first.locator(".train-grid").first.get_attribute("x1") or "nan")


def test_change_the_network_train_and_see_98_per_cent(page):
    page.fill(TEXT, "conv 8 5x5 pad 2, relu, maxpool 2, dense")
    page.get_by_label("Add a layer").select_option("dropout")
    assert page.input_value(TEXT) == "conv 8 5x5 pad 2, relu, maxpool 2, dropout 0.5, dense"
    page.locator("#train-layers-words", has_text="15,898 parameters").wait_for()  # 8·(25 + 1) + 10·(8·14·14 + 1)
    train(page)
    await_state(page, "Done")
    found = re.search(r"([\d.]+) %", page.text_content(".train-headline"))
    assert found
    assert 98 < float(found[1]) < 100
    assert re.search(r"95 % interval 9\d\.\d\d % to 9\d\.\d\d %", page.text_content(".train-result"))
    assert "mnist" in page.text_content(".train-result dd.mono, .train-result .mono")
    assert steps(page) == 938
    expect(page.locator(".train-runs tbody tr").first.locator("td").nth(1)).to_have_text(f"{found[1]} %")
    assert page.locator(".train-probabilities .best").count() == 1
    page.get_by_role("button", name="Look inside").click()
    page.wait_for_selector("#view-look:not([hidden])")
    page.locator("#view-look", has_text="conv 8 5x5 pad 2").wait_for()


def test_two_runs_are_compared_and_replayed(page):
    for seed in ("1", "2"):
        train_in_new_row(page, network=SMALL, seed=seed, epochs="1")
        expect(page.locator(".train-runs tbody tr").first.locator("td").nth(1)).to_have_text(
            re.compile("%"), timeout=WAIT
        )
        await_state(page, "Done")
    expect(page.locator(".train-line.earlier")).to_have_count(2)
    expect(page.locator(".train-result")).to_contain_text("Compared with the previous run")
    expect(page.locator(".train-runs input:checked")).to_have_count(2)
    page.get_by_role("slider").focus()
    shares = page.locator(".train-probabilities")
    last = shares.text_content()
    page.keyboard.press("Home")
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuetext", "after step 0")
    expect(shares).not_to_have_text(last)
    page.keyboard.press("End")
    expect(shares).to_have_text(last)
    page.locator(".train-runs input:checked").last.click()
    expect(page.locator(".train-line.earlier")).to_have_count(0)


def test_stop_finishes_the_step_and_saves(page, address):
    train(page, network=SMALL, epochs=LONG)
    await_steps(page, 20)
    page.get_by_role("button", name="Stop").click()
    await_state(page, "Stopped; everything is saved")
    jobs = httpx.get(f"{address}/api/jobs", trust_env=False).json()
    assert jobs[-1]["state"] == "stopped"
    expect(page.locator(".train-result")).to_contain_text(jobs[-1]["run"])


def test_reload_in_mid_training_shows_the_curve_from_its_beginning(page):
    train(page, network=SMALL, epochs=LONG)
    before = await_steps(page, 100)
    page.reload()
    page.wait_for_selector("html[data-ready]")
    await_state(page, f"Training: epoch \\d+ of {LONG}")
    assert await_steps(page, before) >= before
    places = curve(page)
    assert len(places) > 10
    assert places[0] < left_edge(page) + 1
    assert page.input_value("#train-epochs") == LONG  # what was typed is still there


def test_two_tabs_see_the_same(page, open_page, address):
    with open_page(f"{address}/#train", viewport={"width": 1600, "height": 1000}) as other:
        other.wait_for_selector("html[data-ready]")
        train(page, network=SMALL, epochs=LONG)  # started in one tab, seen in the other
        await_steps(page, 30)
        await_steps(other, 30)
        other.get_by_role("button", name="Stop").click()
        await_state(other, "Stopped")
        await_state(page, "Stopped")
        expect(page.locator(".train-replay output")).to_have_text(other.text_content(".train-replay output"))
        assert curve(page)[0] - left_edge(page) == pytest.approx(curve(other)[0] - left_edge(other), abs=0.2)


def test_a_queued_training_says_its_place(page):
    train_in_new_row(page, network=SMALL, epochs=LONG)
    await_state(page, "Training: epoch")
    train_in_new_row(page, network=SMALL, epochs="1")
    expect(page.locator(".train-runs tbody tr").first).to_contain_text("queued", timeout=WAIT)
    boxes = page.locator(".train-runs input")
    boxes.nth(0).check()
    boxes.nth(1).uncheck()
    await_state(page, "Waiting: number 1 in the queue")


def test_choices_before_the_next_frame_all_count(page):
    """Two clicks between two drawings of the table: the second one starts from what the first one chose."""
    train_in_new_row(page, network=SMALL, epochs=LONG)
    await_state(page, "Training: epoch")
    train_in_new_row(page, network=SMALL, epochs="1")
    expect(page.locator(".train-runs tbody tr").first).to_contain_text("queued", timeout=WAIT)
    page.evaluate("for (const box of [...document.querySelectorAll('.train-runs input')].slice(0, 2)) box.click()")
    await_state(page, "Waiting: number 1 in the queue")
    boxes = page.locator(".train-runs input")
    assert boxes.nth(0).is_checked()
    assert not boxes.nth(1).is_checked()


def test_an_update_of_the_table_keeps_its_boxes(page):
    """A click is lost where its element is replaced between press and release."""
    train_in_new_row(page, network=SMALL, epochs="1")
    row = page.locator(".train-runs tbody tr").first
    box = row.get_by_role("checkbox").element_handle()
    await_state(page, "Done")
    expect(row.locator("td").nth(1)).to_have_text(re.compile("%"))
    assert box.evaluate("box => box.isConnected")


def test_a_broken_stream_reconnects(page, address, monkeypatch):
    """The first stream breaks off in the middle of an event; the browser comes back with the last number it saw."""
    asked: dict[int, list[int]] = {}  # by log: the page may follow the runs of earlier tests, too

    def record(log: Any, after: int) -> Any:
        asked.setdefault(id(log), []).append(after)
        return stream_events(log, after)

    monkeypatch.setattr("convlens.server.routes.stream_events", record)
    seen = {job["job"] for job in httpx.get(f"{address}/api/jobs", trust_env=False).json()}

    def break_off(route: Any) -> None:
        job = route.request.url.partition("/jobs/")[2].partition("/")[0]
        if job in seen:
            route.continue_()
            return
        seen.add(job)
        received = b""
        with httpx.Client(trust_env=False) as client, client.stream("GET", route.request.url) as stream:
            for chunk in stream.iter_raw():
                received += chunk
                if received.count(b"event: chunk") >= 4:
                    break
        route.fulfill(body=received[:-20], content_type="text/event-stream")

    page.route("**/api/jobs/*/events*", break_off)
    train(page, network=SMALL, epochs="4")  # as no other test does, so that its steps cannot be another run's
    await_steps(page, 4 * 469)
    await_state(page, "Done")
    (afters,) = (afters for afters in asked.values() if len(afters) > 1)
    assert afters[0] == 0  # the request of break_off; then the browser's
    assert afters[1] >= 4
    assert steps(page) == 4 * 469  # nothing twice, nothing lost
    assert "connection lost" not in page.text_content(LIVE)


def test_a_mistake_is_underlined_where_it_stands(idle_page):
    page = idle_page
    page.fill(TEXT, "conv 8 3x3 pad 1, rleu, maxpool 2, dense")
    page.locator(".train-problem strong", has_text="'rleu' is not a layer.").wait_for()
    assert page.text_content(".train-mirror mark") == "rleu"
    assert page.text_content(".train-caret") == "conv 8 3x3 pad 1, rleu, maxpool 2, dense\n                  ^^^^"
    assert page.locator(".train-chip[aria-invalid]").text_content() == "rleu"
    page.get_by_role("button", name="lenet").click()
    page.locator("#train-layers-words", has_text="61,706 parameters").wait_for()
    assert page.locator(".train-problem strong").count() == 0


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>, dense",
        "🦊" * 50 + ", dense",
        "conv 8 3x3, " * 1500 + "dense",
        "conv 99999999999999999999 3x3, dense",
        "__proto__, constructor, dense",
        "\u202erelu, dense",
        "",
        "(" * 19_000,
    ],
)
def test_hostile_network_text(idle_page, text):
    page = idle_page
    page.fill(TEXT, "dense")
    expect(page.locator("#train-network-problem strong")).to_have_count(0)
    page.fill(TEXT, text)
    page.locator("#train-network-problem strong").wait_for()
    train(page)
    page.wait_for_timeout(300)
    assert page.locator("#train-network-problem strong").text_content()
    assert page.locator("#view-train img, #view-train b").count() == 0
    assert page.locator("#train-network-problem mark, .train-mirror img").count() == 0
    assert not page.dialogs


def test_a_folder_that_does_not_exist(page):
    page.select_option("#train-data", label="Your own images …")
    page.fill("#train-path", "no-such-folder/<b>here</b>")
    page.press("#train-path", "Tab")
    page.locator("#train-data-problem", has_text="does not exist").wait_for()
    train(page)
    expect(page.locator("#train-data-problem")).to_contain_text("no-such-folder/<b>here</b>")
    assert page.get_attribute("#train-path", "aria-invalid") == "true"
    assert page.locator(".train-layers").count() == 1  # the network is still judged
    page.faults.clear()


def test_wrong_numbers_are_told_at_their_field(idle_page):
    page = idle_page
    train(page, epochs="0")
    page.locator("#train-epochs-problem", has_text="whole number from 1 to 100,000").wait_for()
    train(page, epochs="", seed="-1")
    page.locator("#train-seed-problem", has_text="whole number from 0").wait_for()


def test_layers_by_keyboard(idle_page):
    """Tab into the row, arrows along it, Alt and an arrow moves, Enter opens the numbers, Delete removes."""
    page = idle_page
    page.fill(TEXT, "conv 8 3x3, relu, maxpool 2, dense")
    page.locator(".train-chip").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "relu"
    page.keyboard.press("Alt+ArrowRight")
    assert page.input_value(TEXT) == "conv 8 3x3, maxpool 2, relu, dense"
    assert page.evaluate("document.activeElement.textContent") == "relu"
    page.keyboard.press("Delete")
    assert page.input_value(TEXT) == "conv 8 3x3, maxpool 2, dense"
    page.locator(".train-chip").first.click()
    page.locator(".train-numbers").get_by_label("channels", exact=True).fill("12")
    page.locator(".train-numbers").get_by_label("pad", exact=True).fill("1")
    assert page.input_value(TEXT) == "conv 12 3x3 pad 1, maxpool 2, dense"
    page.get_by_role("button", name="Move this layer later").click()
    assert page.input_value(TEXT) == "maxpool 2, conv 12 3x3 pad 1, dense"


def test_layers_inside_a_residual(idle_page):
    """Chips of a group stand in its frame; keyboard, fields and menu work inside it as outside."""
    page = idle_page
    page.fill(TEXT, "conv 8 3x3 pad 1, relu, dense")
    page.locator(".train-chip", has_text="relu").click()
    page.get_by_label("Add a layer").select_option("residual")
    body = "conv 8 3x3 pad 1, batchnorm, relu, conv 8 3x3 pad 1, batchnorm"
    assert page.input_value(TEXT) == f"conv 8 3x3 pad 1, relu, residual({body}), dense"
    inside = page.locator(".train-block .train-branch .train-chip")
    assert inside.all_text_contents() == body.split(", ")
    inside.nth(1).click()
    page.get_by_role("button", name="Remove", exact=True).click()
    inside.first.click()
    page.locator(".train-numbers").get_by_label("channels", exact=True).fill("4")
    assert page.input_value(TEXT).startswith("conv 8 3x3 pad 1, relu, residual(conv 4 3x3 pad 1, relu, conv 8")
    inside.nth(1).focus()
    page.keyboard.press("Alt+ArrowLeft")
    page.keyboard.press("Alt+ArrowLeft")
    assert page.input_value(TEXT).startswith("conv 8 3x3 pad 1, relu, relu, residual(conv 4 3x3 pad 1, conv 8")
    assert page.evaluate("document.activeElement.textContent") == "relu"
    page.keyboard.press("Delete")
    page.locator(".train-chip", has_text="residual").click()
    page.get_by_role("button", name="Add a shortcut").click()
    page.get_by_label("Add a layer").select_option("relu")  # behind the group, which is chosen
    text = "residual(conv 4 3x3 pad 1, conv 8 3x3 pad 1, batchnorm, shortcut conv 8 1x1), relu, dense"
    assert page.input_value(TEXT) == f"conv 8 3x3 pad 1, relu, {text}"
    assert page.locator(".train-branch").last.get_attribute("aria-label") == "shortcut"


def test_rows_of_a_residual_are_indented(idle_page):
    page = idle_page
    page.fill(TEXT, "conv 4 3x3 pad 1, residual(conv 4 3x3 pad 1, shortcut conv 4 1x1), relu, dense")
    # 4·(9 + 1) + 4·(36 + 1) + 4·(4 + 1) + 10·(4·28·28 + 1)
    page.locator("#train-layers-words", has_text="31,578 parameters").wait_for()
    rows = page.locator(".train-layers tbody th")
    left = [rows.nth(place).evaluate("(cell) => parseFloat(getComputedStyle(cell).paddingLeft)") for place in range(5)]
    assert left[1] == left[2] > left[0] == left[3] == left[4]
    assert rows.nth(2).text_content() == "shortcutconv 4 1x1"


def test_its_report_opens_in_a_tab_of_its_own(page):
    train(page, network=SMALL, epochs="1")
    await_state(page, "Done")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Open report").click()
    report = opened.value
    report.get_by_role("heading", name="mnist").first.wait_for(timeout=WAIT)
    assert "/reports/" in report.url
    assert report.evaluate("window.opener") is None


def test_a_report_that_cannot_be_written_says_why(page):
    train(page, network=SMALL, epochs="1")
    await_state(page, "Done")
    page.route("**/api/report", lambda route: route.fulfill(status=422, json={"error": "its <b>images</b> are gone."}))
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Open report").click()
    page.locator(".train-result .alarm", has_text="its <b>images</b> are gone.").wait_for()
    assert opened.value.is_closed()
    page.faults.expect("422")
    page.faults.clear()


@pytest.fixture(scope="module", params=[("light", 400), ("dark", 1400)], ids=["light-400", "dark-1400"])
def accessible_page(open_page: Callable[..., Any], address: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    # `open_page` leaves movement out: in the middle of a change of colour nothing has the contrast that it should have.
    scheme, width = request.param
    with open_page(f"{address}/#train", color_scheme=scheme, viewport={"width": width, "height": 900}) as page:
        page.wait_for_selector(".train-layers")
        yield page


@pytest.mark.parametrize("state", ["ready", "training", "done", "mistake"])
def test_axe_finds_nothing(accessible_page, violations, state):
    page = accessible_page
    if state == "training":
        train_in_new_row(page, network=SMALL, epochs=LONG)
        await_steps(page, 20)
    elif state == "done":
        train_in_new_row(page, network=SMALL, epochs="1")
        await_state(page, "Done")
    elif state == "mistake":
        page.fill(TEXT, "conv 8 3x3, rleu, concat(relu; ), dense")
        page.locator(".train-problem strong").wait_for()
        page.faults.expect("422")
    within = {"ready": "html", "mistake": "#train-network-problem, .train-mirror, .train-chips"}
    assert violations(page, within=within.get(state, "#view-train")) == []


@pytest.mark.parametrize("width", [400, 1000, 1600])
def test_nothing_is_wider_than_the_page(idle_page, width):
    page = idle_page
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size({"width": 1600, "height": 1000})


def test_the_focus_stays_when_the_server_answers(page):
    page.fill(TEXT, "conv 8 3x3 pad 1, relu, dense")
    page.locator(".train-chip", has_text="conv").click()
    page.route("**/api/layers*", lambda route: (page.wait_for_timeout(200), route.continue_()))
    page.locator(".train-numbers").get_by_label("channels", exact=True).fill("4")
    page.locator(".train-chip", has_text="relu").focus()
    page.locator("#train-layers-words", has_text="31,410 parameters").wait_for()  # 4·(9 + 1) + 10·(4·28·28 + 1)
    assert page.evaluate("document.activeElement.textContent") == "relu"
