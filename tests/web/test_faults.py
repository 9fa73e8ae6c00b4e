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
