"""Atomic writing: whatever goes wrong in the middle, the old file stays whole and nothing else is left."""

import errno
import os
import threading
from pathlib import Path

import pytest

from convlens.errors import DataError, OutputError
from convlens.files import (
    check_parent_folder,
    expand_user,
    explain_read_errors,
    explain_write_errors,
    make_folder,
    move_into_place,
    sha256_of_bytes,
    sha256_of_file,
    write_atomically,
)

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file that is there already, alone in its folder."""
    path = tmp_path / "folder" / "note.txt"
    path.parent.mkdir()
    path.write_text("old")
    return path


def assert_only_the_old_file_is_there(old: Path) -> None:
    assert [path.name for path in old.parent.iterdir()] == ["note.txt"]
    assert old.read_text() == "old"


def test_bytes_and_text_are_written_as_they_are(tmp_path):
    path = tmp_path / "folder" / "note.txt"
    path.parent.mkdir()
    assert write_atomically(path, "1\n2\r\nü") == path
    assert path.read_bytes() == b"1\n2\r\n\xc3\xbc"
    assert write_atomically(str(path), b"\x00\xff") == path
    assert path.read_bytes() == b"\x00\xff"
    assert [one.name for one in path.parent.iterdir()] == ["note.txt"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.ENOSPC, r"note\.txt: the disk is full \(3 bytes needed\)\. Free some space or choose another folder\.$"),
        (errno.EDQUOT, r"note\.txt: the disk is full \(3 bytes needed\)"),
        (errno.EIO, r"note\.txt: Input/output error\. Choose another folder\.$"),
        (errno.EROFS, r"note\.txt: no permission to write there\. Choose another folder\.$"),
        (errno.EACCES, r"note\.txt: no permission to write there\. Choose another folder\.$"),
    ],
)
def test_an_error_while_syncing_leaves_the_old_file(old, monkeypatch, code, message):
    def fail(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match="cannot write .*" + message):
        write_atomically(old, "new")
    assert_only_the_old_file_is_there(old)


def test_a_disk_that_is_full_after_half_of_the_bytes_leaves_the_old_file(old, monkeypatch):
    really_open = Path.open

    def open_nearly_full(path, *arguments):
        file = really_open(path, *arguments, buffering=0)
        write = file.write

        class NearlyFull:
            def __enter__(self):
                return self

            def __exit__(self, *error):
                file.close()

            def write(self, content):
                write(content[: len(content) // 2])
                raise OSError(errno.ENOSPC, "No space left on device")

        return NearlyFull()

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", open_nearly_full)
        with pytest.raises(OutputError, match=r"the disk is full \(2,000 bytes needed\)"):
            write_atomically(old, bytes(2000))
    assert_only_the_old_file_is_there(old)


@pytest.mark.parametrize("stopped_in", ["fsync", "replace"])
def test_a_stop_in_the_middle_leaves_the_old_file(old, monkeypatch, stopped_in):
    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt("in the middle")

    monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[stopped_in], stop)
    with pytest.raises(KeyboardInterrupt, match="in the middle"):
        write_atomically(old, "new")
    assert_only_the_old_file_is_there(old)


def test_the_content_is_synced_before_it_gets_its_name_and_the_folder_after(old, monkeypatch):
    happened = []
    monkeypatch.setattr(os, "fsync", lambda _: happened.append(old.read_text()))
    write_atomically(old, "new")
    assert happened == ["old", "new"]


def test_a_file_system_that_cannot_sync_a_folder_has_the_new_file_all_the_same(tmp_path, monkeypatch):
    temporary, path = tmp_path / "a.part", tmp_path / "a"
    temporary.write_text("new")

    def fail(descriptor: int) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", fail)
    move_into_place(temporary, path)
    assert path.read_text() == "new"
    assert not temporary.exists()


@pytest.mark.parametrize("name", ["n" * 255, "ü" * 127, "🐕" * 63], ids=["ascii", "two bytes each", "four bytes each"])
def test_the_longest_names_can_be_written(tmp_path, name):
    write_atomically(tmp_path / name, "long")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [name]


def test_a_name_that_is_too_long_says_so(tmp_path):
    (tmp_path / "deep").mkdir()
    with pytest.raises(OutputError, match=r"nnn: File name too long\. Choose another folder\.$"):
        write_atomically(tmp_path / "deep" / ("n" * 256), "new")
    assert list((tmp_path / "deep").iterdir()) == []


@pytest.mark.parametrize("place", ["folder", "", ".", "..", "/"])
def test_a_folder_where_a_file_belongs_says_so(place):
    Path("folder").mkdir()
    with pytest.raises(OutputError, match=r"a folder has that name\. Give a file name\.$"):
        write_atomically(place, "new")
    assert [path.name for path in Path().iterdir()] == ["folder"]


@pytest.mark.parametrize("write", [lambda path: write_atomically(path, "new"), check_parent_folder, make_folder])
def test_a_mistyped_path_makes_no_folders(write):
    expected = "cannot write x/deep/out: there is no folder x/deep. Make it first, or choose another folder."
    with pytest.raises(OutputError) as raised:
        write("x/deep/out")
    assert str(raised.value) == expected
    assert list(Path().iterdir()) == []


def test_so_many_folders_are_made_as_are_asked_for():
    make_folder("runs/first", and_above=1)
    make_folder("runs/first", and_above=1)
    assert Path("runs/first").is_dir()
    with pytest.raises(OutputError, match=r"^cannot write a/b: there is no folder a\."):
        make_folder("a/b/c", and_above=1)
    assert [path.name for path in Path().iterdir()] == ["runs"]


@pytest.mark.parametrize("place", ["notes/new.txt", "notes/deep/new.txt"])
def test_a_file_where_a_folder_belongs_says_so(place):
    Path("notes").write_text("mine")
    with pytest.raises(OutputError, match=r"a part of that path is a file, not a folder\. Choose another folder\.$"):
        write_atomically(place, "new")
    assert Path("notes").read_text() == "mine"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_says_so(old):
    old.parent.chmod(0o500)
    with pytest.raises(OutputError, match=r"no permission to write there\. Choose another folder\.$"):
        write_atomically(old, "new")
    assert_only_the_old_file_is_there(old)
    old.parent.chmod(0o700)


def test_a_link_stays_and_the_file_that_it_names_is_written(old):
    link = old.parent.parent / "link"
    link.symlink_to(old)
    write_atomically(link, "new")
    assert link.readlink() == old
    assert old.read_text() == "new"
    assert [path.name for path in old.parent.iterdir()] == ["note.txt"]


def test_a_link_to_nothing_and_a_linked_folder_can_be_written(tmp_path):
    (tmp_path / "link").symlink_to("nowhere")
    write_atomically(tmp_path / "link", "new")
    assert (tmp_path / "nowhere").read_text() == "new"
    assert (tmp_path / "link").readlink() == Path("nowhere")
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to("real")
    write_atomically(tmp_path / "linked" / "note", "new")
    assert (tmp_path / "real" / "note").read_text() == "new"


def test_a_link_that_names_itself_becomes_the_file(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    write_atomically(tmp_path / "loop", "new")
    assert (tmp_path / "loop").read_text() == "new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match=r"pipe: it is a device or a pipe, not a file\. Give a file name\.$"):
        write_atomically(tmp_path / "pipe", "new")
    assert (tmp_path / "pipe").is_fifo()


def test_a_reader_beside_many_writers_never_sees_half_a_file(tmp_path):
    path = tmp_path / "shared"
    contents = [bytes([number]) * 50_000 for number in range(4)]
    write_atomically(path, contents[0])
    writers = [
        threading.Thread(target=lambda content=content: [write_atomically(path, content) for _ in range(10)])
        for content in contents
    ]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        seen.add(path.read_bytes())
    for writer in writers:
        writer.join()
    assert seen <= set(contents)
    assert path.read_bytes() in contents
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["shared"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "x"), "the disk is full. Free some space or choose another folder."),
        (OSError(errno.EFBIG, "x"), "the disk is full. Free some space or choose another folder."),
        (OSError(errno.EISDIR, "x"), "a folder has that name. Give a file name."),
        (OSError(errno.ENOENT, "x"), "there is no folder runs. Make it first, or choose another folder."),
        (OSError(errno.ENOTDIR, "x"), "a part of that path is a file, not a folder. Choose another folder."),
        (OSError(errno.EEXIST, "x"), "a part of that path is a file, not a folder. Choose another folder."),
        (OSError(errno.EPERM, "x"), "no permission to write there. Choose another folder."),
        (OSError(errno.EROFS, "x"), "no permission to write there. Choose another folder."),
        (OSError(errno.EIO, "no light"), "no light. Choose another folder."),
        (OSError("no light"), "no light. Choose another folder."),
    ],
)
def test_an_error_of_the_system_says_what_to_do(error, reason):
    with pytest.raises(OutputError) as raised, explain_write_errors(Path("runs/a")):
        raise error
    assert str(raised.value) == f"cannot write runs/a: {reason}"
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("error", [OSError(errno.EIO, "no light"), OSError("no light")])
def test_an_error_while_reading_says_what_to_check(error):
    with pytest.raises(DataError) as raised, explain_read_errors("photos/a.png"):
        raise error
    assert str(raised.value) == "photos/a.png cannot be read: no light. Check the path and its permissions."
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("explain", [explain_write_errors, explain_read_errors])
def test_what_is_explained_already_stays(explain):
    said = OutputError("said")
    with pytest.raises(OutputError) as raised, explain(Path("a")):
        raise said
    assert raised.value is said


def test_a_tilde_is_the_users_folder_at_the_start_only(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    found = [expand_user(path) for path in ("~", Path("~/runs"), "runs/~", "~nosuchuser")]
    assert found == [tmp_path, tmp_path / "runs", Path("runs/~"), Path("~nosuchuser")]


def test_checksums_are_those_of_the_standard(tmp_path):
    assert sha256_of_bytes(b"abc") == sha256_of_bytes(b"a", memoryview(b"bc")) == ABC
    assert sha256_of_bytes() == EMPTY
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_of_file(tmp_path / "abc") == ABC
    # The standard's long example: a million times the letter a.
    (tmp_path / "million").write_bytes(b"a" * 1_000_000)
    assert sha256_of_file(str(tmp_path / "million")) == (
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    )


def test_a_file_longer_than_one_piece_has_the_checksum_of_its_bytes(tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "long").write_bytes(content)
    assert sha256_of_file(tmp_path / "long") == sha256_of_bytes(content)
    assert sha256_of_file(tmp_path / "long") != sha256_of_bytes(content[: 1 << 20])
