"""The report of a run, asked for by the page: written once, handed out with a policy of its own, and of runs alone."""

from pathlib import Path

import pytest


@pytest.fixture
def run(save_model) -> Path:
    return save_model("runs/first <run>")


def test_a_report_is_written_and_handed_out(server, run):
    answer = server.post("/api/report", {"run": run.name})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"url": "/reports/first%20%3Crun%3E"}
    page = server.get(answer.json()["url"])
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; img-src data:; style-src 'unsafe")
    assert page.content == (run / "report.html").read_bytes()
    assert "of 297 images of <bdi>tiny test</bdi> are classified correctly" in page.text


def test_a_report_that_is_newer_than_its_model_is_not_made_again(server, run):
    server.post("/api/report", {"run": run.name})
    written = (run / "report.html").stat().st_mtime_ns
    assert server.post("/api/report", {"run": run.name}).status_code == 200
    assert (run / "report.html").stat().st_mtime_ns == written


def test_what_is_no_run_has_no_report(server, run, tmp_path):
    assert server.get("/reports/nothing").status_code == 404
    assert server.get("/reports/first%20%3Crun%3E").status_code == 404  # nobody asked for it yet
    for name in ("nothing", "../runs", "a/b", "\0"):
        answer = server.post("/api/report", {"run": name})
        assert answer.status_code == 422, name
        assert "\n" not in answer.json()["error"]
    assert server.post("/api/report", {"run": ""}).status_code == 422
    secret = tmp_path / "secret.html"
    secret.write_text('<meta name="generator" content="Convlens 0 report">secret', encoding="utf-8")
    (run / "report.html").symlink_to(secret)
    assert server.get("/reports/first%20%3Crun%3E").status_code == 404


def test_a_run_that_cannot_be_judged_is_refused_in_one_line(server, save_model):
    save_model("runs/other", ("ant", "bee"))
    answer = server.post("/api/report", {"run": "other"})
    assert answer.status_code == 422
    assert "this model has other classes: 2 classes (ant, bee)" in answer.json()["error"]
