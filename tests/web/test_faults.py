"""What the fixtures of these tests catch: a page may do nothing wrong unseen."""

import pytest

FAULTS = {
    "console: something is wrong": "() => console.error('something is wrong')",
    "uncaught: nobody catches this": "() => { setTimeout(() => { throw new Error('nobody catches this'); }) }",
    "a request to another machine: http://example.com/": "() => fetch('http://example.com/').catch(() => 0)",
    "404 for http://127.0.0.1": "() => fetch('/no-such-file.js').then((answer) => answer.status)",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_fails_the_test(open_page, web_address, fault):
    def do_wrong():
        with open_page(f"{web_address}/empty.html") as page:
            page.evaluate(FAULTS[fault])
            page.wait_for_timeout(100)

    with pytest.raises(AssertionError, match=fault):
        do_wrong()


def test_a_fault_can_be_expected(page):
    page.evaluate("() => console.error('something is wrong')")
    page.faults.expect("something is wrong")
    with pytest.raises(AssertionError, match="no fault with 'something else'"):
        page.faults.expect("something else")


def test_what_is_the_pages_own_is_no_fault(page):
    assert page.evaluate("async () => Object.keys(await import('convlens/engine/decode.js')).includes('decodeBytes')")
    assert page.evaluate("async () => (await fetch('data:text/plain,hello')).text()") == "hello"
    page.evaluate("() => console.warn('a warning is none')")


FAULTS_IN_NODE = {
    **{fault: code for fault, code in FAULTS.items() if "404" not in fault},
    "a rejection that nobody catches": "() => { Promise.reject(new Error('a rejection that nobody catches')) }",
    "nobody awaits this": "() => { setTimeout(() => { throw new Error('nobody awaits this'); }, 5) }",
    "a Map cannot be handed to Python": "() => new Map()",
    "evaluate.js": "() => nothingOfThisName",  # the place, too
}


@pytest.mark.parametrize("fault", FAULTS_IN_NODE)
def test_a_fault_in_node_fails_the_test(start_node, fault):
    def do_wrong():
        with start_node() as node:
            node.evaluate(FAULTS_IN_NODE[fault])
            node.evaluate("new Promise((done) => setTimeout(done, 20))")

    with pytest.raises(Exception, match=fault):
        do_wrong()


def test_node_is_given_and_gives_every_number(call):
    values = [0, 1.5, 1e300, float("inf"), float("-inf"), "text", None, True, {"a": []}]
    assert call("(values) => values", values) == values
    nan, undefined, floats, minus = call("([nan]) => [nan, undefined, new Float32Array([0.5]), -0]", [float("nan")])
    assert nan != nan
    assert (undefined, floats, str(minus)) == (None, [0.5], "-0.0")
    assert call("async () => Object.keys(await import('convlens/engine/decode.js')).includes('decodeBytes')")
    assert call("async () => (await fetch('data:text/plain,hello')).text()") == "hello"
    call("() => console.warn('a warning is none')")


def test_a_node_that_ends_says_so(start_node):
    def end():
        with start_node() as node:
            node.evaluate("() => process.exit(3)")

    with pytest.raises(Exception, match="node ended with exit status 3"):
        end()
