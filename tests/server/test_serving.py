"""Sockets and addresses: which port, for whom, and in which words a wrong one is refused."""

import socket

import pytest

from convlens.errors import UsageError
from convlens.server import listening, serving
from convlens.server.listening import open_socket
from convlens.server.serving import url_of


@pytest.fixture
def taken():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_port_that_was_asked_for_and_is_taken_is_one_line(taken):
    with pytest.raises(UsageError, match=rf"port {taken} is taken by another program\. Give another --port, or leave"):
        open_socket("127.0.0.1", taken)


def test_where_none_was_asked_for_the_next_free_one_is_taken(taken, monkeypatch):
    monkeypatch.setattr(listening, "FIRST_PORT", taken)
    with open_socket("127.0.0.1", None) as found:
        assert taken < found.getsockname()[1] < taken + 100


def test_all_taken(taken, monkeypatch):
    monkeypatch.setattr(listening, "FIRST_PORT", taken)
    monkeypatch.setattr(listening, "PORTS_TRIED", 1)
    with pytest.raises(UsageError, match=rf"ports {taken} to {taken} are all taken\. Give --port 0 for any free one\."):
        open_socket("127.0.0.1", None)


@pytest.mark.parametrize(
    ("host", "port", "message"),
    [
        ("127.0.0.1", 70_000, "port 70000 does not exist; give --port a number from 0"),
        ("127.0.0.1", -1, "port -1 does not exist"),
        ("no-such-name.invalid", 0, "host 'no-such-name.invalid' has no address here"),
        ("a" * 70 + ".b", 0, "cannot listen on 'aaa|has no address here"),
        ("192.0.2.1", 0, "cannot listen on '192.0.2.1'"),
    ],
)
def test_what_cannot_be_listened_on(host, port, message):
    with pytest.raises(UsageError, match=message):
        open_socket(host, port)


def test_the_address_for_everybody_is_one_that_others_can_reach(monkeypatch):
    monkeypatch.setattr(serving, "_own_address", lambda: "192.168.1.5")
    assert url_of("0.0.0.0", "0.0.0.0", 8700, "abc") == "http://192.168.1.5:8700/?token=abc"
    monkeypatch.setattr(serving, "_own_address", lambda: None)
    assert url_of("0.0.0.0", "0.0.0.0", 8700, "abc") == "http://0.0.0.0:8700/?token=abc"


def test_ctrl_c_without_a_training_interrupts_nothing(start_server):
    server = start_server()
    server.end()
    assert server.interrupted is None


def test_ctrl_c_in_a_training_waits_until_it_is_saved(start_server, tiny):
    server = start_server()
    job = server.train(epochs=50_000)
    server.listen(job, most=2)
    server.end()
    assert server.interrupted is not None
    assert server.interrupted.name == job
    assert server.lines[0] == "Training on tiny"
