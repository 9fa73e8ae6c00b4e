"""Parts of the campaigns, short: hostile images, archives and streams. Each runs in a process of its own."""

import random
import re
import sys

import pytest

from campaign_parts.hostile_archives import make_case
from campaign_parts.hostile_images import make_image, valid_images

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="time and memory come from /proc")


def test_images_follow_from_the_seed():
    made = [make_image(random.Random(f"1 {number}"), {"a.png": b"abcdefgh" * 9}) for number in range(60)]
    assert made == [make_image(random.Random(f"1 {number}"), {"a.png": b"abcdefgh" * 9}) for number in range(60)]
    assert {kind for kind, _, _ in made} >= {"Pillow's, changed", "another structure", "changed bytes"}
    assert len({name for _, name, _ in made}) > 20
    assert sum(content == valid_images().get(name) for _, name, content in made) < 6


def test_hostile_images_keep_all_promises(campaign):
    line, broken = campaign("images", 6)
    assert broken == []
    assert line.startswith("6 images (")
    assert ") through 8 entrances: 0 over 2 s, 0 over 600 MB, 0 errors outside the tree; at most " in line


def test_costly_images_and_errors_outside_the_tree_are_found(campaign):
    sabotage = (
        "import campaign_parts.images as images, numpy as np\n"
        "images.MOST_SECONDS, images.MOST_MEMORY = 0.01, 50\n"
        "def read(*arguments):\n"
        "    sum(range(3_000_000))\n"
        "    np.ones(100_000_000, np.uint8)\n"
        "    raise KeyError('x')\n"
        "real = images._entrances\n"
        "images._entrances = lambda *given: {'by hand': read}\n"
        "images._warm_up = lambda *given: None\n"
    )
    line, broken = campaign("images", 2, sabotage)
    assert "through 1 entrances: 2 over 0.01 s, 2 over 50 MB, 2 errors outside the tree" in line
    assert len(broken) == 6
    assert [promise for promise in broken if promise.endswith(": KeyError: 'x'")] == broken[2::3]
    assert all(promise.startswith("by hand: seed 5, number ") for promise in broken)


def test_hostile_archives_keep_all_promises(campaign):
    line, broken = campaign("archives", 4)
    assert broken == []
    assert line.startswith("4 archives, arrays, tables and folders through 2 entrances: ")
    assert " 0 errors outside the tree, 0 with bytes left in the cache, 0 over 2 s, 0 over 600 MB; " in line


def test_archives_follow_from_the_seed():
    made = [make_case(random.Random(f"1 {number}")) for number in range(20)]
    assert made == [make_case(random.Random(f"1 {number}")) for number in range(20)]
    assert len({kind for kind, _ in made}) > 6


def test_leftovers_costs_and_errors_of_archives_are_found(campaign):
    sabotage = (
        "import campaign_parts.archives as archives, numpy as np\n"
        "from convlens.errors import DataError\n"
        "archives.MOST_SECONDS, archives.MOST_MEMORY = 0.01, 50\n"
        "archives._warm_up = lambda folder: None\n"
        "def refuse(path, cache):\n"
        "    (cache / 'arrays').mkdir(parents=True)\n"
        "    (cache / 'arrays' / 'a.npy').write_bytes(b'12345')\n"
        "    (cache / '.lock').touch()\n"
        "    raise DataError('x' * 2_001)\n"
        "def read(path, cache):\n"
        "    (path.parent / 'left').touch()\n"
        "    sum(range(3_000_000))\n"
        "    np.ones(100_000_000, np.uint8)\n"
        "    raise KeyError('x')\n"
        "archives.ENTRANCES = {'refuses': refuse, 'reads': read}\n"
    )
    line, broken = campaign("archives", 2, sabotage)
    assert ": 2 times refused, 2 times taken, 4 errors outside the tree, 2 with bytes left in the cache, " in line
    assert ", 2 over 0.01 s, 2 over 50 MB; " in line
    assert [promise.split(": ", 2)[2] for promise in broken[:2]] == [
        "a message of more than 2,000 characters",
        "5 bytes in the cache: ['a.npy']",
    ]
    reads = [promise for promise in broken if promise.startswith("reads: seed 5, number 1, ")]
    assert "KeyError at <string>:" in reads[0]
    assert reads[0].endswith(": 'x'")
    assert reads[1].endswith(": the folder of the source was changed")
    assert (reads[2][-2:], reads[3][-3:], len(reads)) == (" s", " MB", 4)


def test_bad_clients_of_streams_get_what_is_promised(campaign):
    line, broken = campaign("streams", 40)
    assert broken == []
    assert int(line.split()[0]) in range(40, 46), "a client that comes again has several streams"
    assert " streams, 0 answers 500, 0 with events that are missing, repeated or out of order, 0 lines on" in line
    assert " 0 lines on stderr, 0 descriptors kept; " in line
    assert " 64 of 64 streams served afterwards, " in line


def test_faults_of_streams_are_found(campaign):
    server = (
        "from convlens.server import event_log, routes\n"
        "routes._event_number = lambda header: max(0, int(header) - 1) if header.isdigit() else None\n"
        "keep = lambda log, wake: (log._listeners.add(wake) for _ in range(1))\n"
        "event_log.EventLog.listening = event_log.contextmanager(keep)\n"
        "from convlens.__main__ import main\n"
        "main()\n"
    )
    sabotage = f"import campaign_parts.server_process as process\nprocess.PROGRAM = ('-c', {server!r})\n"
    _, broken = campaign("streams", 60, sabotage)
    assert "comes with nonsense (b'99999999999999999999'): answered with 500\n" in "\n".join(broken)
    assert any(re.search(r"reads everything: (the events|answered with 200)", promise) for promise in broken)
    assert any("comes again: the events [1, " in promise for promise in broken)
    assert any(" lines on stderr, the first: " in promise for promise in broken)
    assert any(" of 64 new streams were served afterwards" in promise for promise in broken)
