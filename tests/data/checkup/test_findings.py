from convlens.data.checkup.findings import Checkup, Finding, in_order


def finding(severity, kind="blank", **more):
    return Finding(kind, severity, f"1 image is {kind}", 1, "Take it out.", **more)


def checkup(*findings):
    return Checkup("pets", ("cat", "dog"), {"train": 900, "test": 100}, 2, in_order(findings))


def test_the_worst_comes_first_and_equals_keep_their_order():
    given = [finding("note", "a"), finding("error", "b"), finding("warning", "c"), finding("error", "d")]
    assert [one.kind for one in in_order(given)] == ["b", "d", "c", "a"]


def test_notes_are_no_problems():
    assert checkup(finding("note")).problems == ()
    assert [one.severity for one in checkup(finding("note"), finding("warning"), finding("error")).problems] == [
        "error",
        "warning",
    ]


def test_the_summary_has_at_most_six_lines():
    assert checkup(finding("note")).summary_lines() == ("Checked 1,000 images of 2 classes: no problems found.",)
    assert checkup(finding("error"), finding("note")).summary_lines() == (
        "Checked 1,000 images of 2 classes: 1 error, 1 note.",
        "error: 1 image is blank",
    )
    lines = checkup(*[finding("warning", kind) for kind in "abcdefg"]).summary_lines()
    assert lines == (
        "Checked 1,000 images of 2 classes: 7 warnings.",
        *[f"warning: 1 image is {kind}" for kind in "abcd"],
        "and 3 more problems",
    )


def test_json_has_every_file_and_the_details():
    files = tuple(f"{number}.png" for number in range(1000))
    found = checkup(finding("warning", files=files, details={"groups": [["1.png", "2.png"]]})).as_dict()
    assert found["images"] == {"train": 900, "test": 100}
    assert (found["refused"], found["problems"]) == (2, 1)
    assert found["findings"][0]["files"] == list(files)
    assert found["findings"][0]["groups"] == [["1.png", "2.png"]]
