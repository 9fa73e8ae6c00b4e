"""CSV files: which columns are taken, and one line for each way in which they can be wrong."""

import re
import zipfile
from pathlib import Path
from typing import IO

import pytest

from convlens.data.custom import sources
from convlens.data.custom.listing import Listing
from convlens.data.custom.sources import list_images
from convlens.data.custom.table import read_table
from convlens.data.parts import TEST, TRAIN, UNDECIDED
from convlens.errors import DataError


@pytest.mark.parametrize(
    "text",
    [
        "path,label\n1.png,cat\n2.png,dog\n",
        "label;FileName\ncat;1.png\ndog;2.png\n",
        "\ufeffid\tImage Path\tClass\n7\t1.png\tcat\n8\t2.png\tdog\n",
        'image,target\r\n"1.png","cat"\r\n\r\n"2.png","dog"\r\n',
    ],
    ids=["plain", "semicolons", "tabs", "quotes"],
)
def test_columns_are_known_by_their_names(text: str) -> None:
    table = read_table(text.encode(), "pets.csv")
    assert (table.names, table.labels.tolist(), table.class_names) == (["1.png", "2.png"], [0, 1], ("cat", "dog"))
    assert table.parts.tolist() == [UNDECIDED, UNDECIDED]
    assert table.notes == ()


def test_parts_and_natural_order() -> None:
    table = read_table(b"path,label,split\na,10,train\nb,2,Test\nc,2,\n", "t.csv")
    assert table.class_names == ("2", "10")
    assert table.labels.tolist() == [1, 0, 0]
    assert table.parts.tolist() == [TRAIN, TEST, UNDECIDED]


def test_lines_that_are_left_out_are_said() -> None:
    table = read_table(b"path,label\na,x\n , \nb\n,y\nc,y\na,x\n", "t.csv")
    assert table.names == ["a", "c"]
    assert table.notes == (
        "t.csv: 2 lines without a path or a label left out (line 4 first)",
        "t.csv: 1 lines that repeat a file count once (a)",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "t.csv has no column of paths: its first line is nothing; known are path, file, image, filename."),
        (b"1.png,cat\n2.png,dog\n", "t.csv has no column of paths: its first line is '1.png', 'cat';"),
        (
            b"path,colour\na,b\n",
            "t.csv has no column of labels: its first line is 'path', 'colour'; known are label, class,",
        ),
        (b"path,label\n", "t.csv has no rows with a path and a label"),
        (b"path,label\na,x\nb,x\n", "t.csv has only one class, x; a classifier needs two classes"),
        (b"path,label\na,x\na,y\n", "t.csv: line 3 labels a as y, an earlier line as x. Give every file one label."),
        (
            b"path,label,split\na,x,holdout\n",
            "t.csv: line 2 has the part 'holdout'; allowed are train, validation and test",
        ),
        (b"path,label\n\xff,x\n", "t.csv is not UTF-8 text (line 2). Save it as CSV in UTF-8."),
        (
            b'path,label\n"' + b"a" * (1 << 21),
            "t.csv is not a CSV file: line 2 has more than 1,048,576 characters. Save it as CSV.",
        ),
    ],
    ids=["empty", "no header", "no labels", "no rows", "one class", "two labels", "part", "not text", "endless"],
)
def test_one_line_for_each_mistake(text: bytes, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read_table(text, "t.csv")


def test_a_table_in_an_archive_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two million lines take seconds."""
    path, read = tmp_path / "pets.zip", list[str]()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pets/table.csv", "path,label\n1.png,cat\n2.png,dog\n")
        archive.writestr("pets/1.png", b"an image")

    def read_and_note(content: IO[bytes], name: str) -> Listing:
        read.append(name)
        return read_table(content, name)

    monkeypatch.setattr(sources, "read_table", read_and_note)
    assert list_images(path).names == ["pets/1.png", "pets/2.png"]
    assert read == [f"{path}/pets/table.csv"]


def test_an_unrelated_table_in_an_archive_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "pets.zip"
    for text in ("path,label\nx.png,cat\ny.png,dog\n", "no table"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("cat/1.png", b"an image")
            archive.writestr("dog/2.png", b"an image")
            archive.writestr("about.csv", text)
        assert list_images(path).names == ["cat/1.png", "dog/2.png"]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.png", b"an image")
        archive.writestr("about.csv", "no table")
    with pytest.raises(DataError, match=r"pets\.zip/about\.csv has no column of paths"):
        list_images(path)


def test_paths_start_at_the_table(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "1.png").write_bytes(b"xyz")
    table = tmp_path / "t.csv"
    table.write_text(f"path,label\nimages/1.png,a\n{tmp_path / 'images' / '1.png'},b\ngone.png,b\n")
    listing = list_images(table)
    assert listing.sizes.tolist() == [3, 3, 0]
    assert Path(listing.place(0)) == Path(listing.place(1)) == tmp_path / "images" / "1.png"
    table.write_text("path,label\nx/1.png,a\nx/2.png,b\n")
    with pytest.raises(DataError, match=r"none of its 2 files exists \(x/1.png, x/2.png\)\. Paths are relative to"):
        list_images(table)
