"""The Debian package, with stand-ins for apt-get and dpkg-deb: full, empty and unreachable package lists."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convlens.data.sources import DebianPackage, SourceError

SOURCE = DebianPackage("dataset-fashion-mnist", "./usr/share/datasets/fashion-mnist", seconds=20)
Install = Callable[[str, str], Path]

# An apt-get that notes its arguments and downloads only with package lists that `update` has filled; always if `full`.
APT_GET = """
import json
with open({noted!r}, 'a') as file:
    file.write(json.dumps(arguments) + '\\n')
options = dict(text.split('=', 1) for flag, text in zip(arguments, arguments[1:]) if flag == '-o')
lists = options.get('Dir::State::lists')
def stop(text):
    sys.stderr.write('W: a warning\\n' + text + '\\n')
    sys.exit(100)
if 'update' in arguments:
    if not {reachable}:
        stop('E: Failed to fetch the lists')
    open(lists + '/filled', 'w').close()
elif {full} or (lists and os.path.exists(lists + '/filled')):
    shutil.copy({package!r}, 'dataset-fashion-mnist_1_all.deb')
else:
    stop('E: Unable to locate package dataset-fashion-mnist')
"""


@pytest.fixture
def install(install_client: Install, tiny: Any, tmp_path: Path) -> Callable[..., Path]:
    """Install both programs; gives the file that notes what apt-get was called with."""

    def install_both(*, full: bool = False, reachable: bool = True) -> Path:
        noted, package = tmp_path / "noted", tmp_path / "package"
        package.write_bytes(tiny.tar("./usr/share/datasets/fashion-mnist", ".gz"))
        source = APT_GET.format(noted=str(noted), package=str(package), full=full, reachable=reachable)
        install_client("apt-get", source)
        install_client(
            "dpkg-deb",
            "assert arguments[0] == '--fsys-tarfile', arguments\n"
            "shutil.copyfileobj(open(arguments[1], 'rb'), sys.stdout.buffer)",
        )
        (tmp_path / "into").mkdir()
        return noted

    return install_both


def calls(noted: Path) -> list[list[str]]:
    return [json.loads(line) for line in noted.read_text().splitlines()]


def test_with_package_lists(tiny: Any, install: Callable[..., Path], tmp_path: Path) -> None:
    noted = install(full=True)
    assert list(SOURCE.deliver(tiny.sizes, tmp_path / "into", lambda _: None)) == list(tiny.contents)
    assert {path.name: path.read_bytes() for path in (tmp_path / "into").iterdir()} == tiny.contents
    [call] = calls(noted)
    assert call[-2:] == ["download", "dataset-fashion-mnist"]
    assert not any("Dir::" in argument for argument in call)


def test_with_empty_lists_it_updates_into_a_folder_of_its_own(
    tiny: Any, install: Callable[..., Path], tmp_path: Path
) -> None:
    noted = install()
    assert list(SOURCE.deliver(tiny.sizes, tmp_path / "into", lambda _: None)) == list(tiny.contents)
    assert {path.name for path in (tmp_path / "into").iterdir()} == set(tiny.contents)
    first, update, second = calls(noted)
    assert first[-2:] == second[-2:] == ["download", "dataset-fashion-mnist"]
    assert update[-1] == "update"
    for call in (update, second):
        folders = [argument.partition("=")[2] for argument in call if argument.startswith("Dir::")]
        assert len(folders) == 2
        assert all(Path(folder).is_relative_to(tmp_path / "into") for folder in folders)


def test_unreachable(tiny: Any, install: Callable[..., Path], tmp_path: Path) -> None:
    install(reachable=False)
    with pytest.raises(SourceError) as caught:
        list(SOURCE.deliver(tiny.sizes, tmp_path / "into", lambda _: None))
    assert str(caught.value) == (
        "apt-get ended with code 100: E: Unable to locate package dataset-fashion-mnist; "
        "with new package lists: apt-get ended with code 100: E: Unable to locate package dataset-fashion-mnist; "
        "updating them: apt-get ended with code 100: E: Failed to fetch the lists"
    )
    assert not any((tmp_path / "into").iterdir())


def test_not_a_debian_machine(tiny: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^apt-get is not installed$"):
        list(SOURCE.deliver(tiny.sizes, tmp_path, lambda _: None))


def test_a_package_without_the_files(install: Callable[..., Path], tmp_path: Path) -> None:
    install(full=True)
    with pytest.raises(SourceError, match=r"its archive has no .*fashion-mnist/extra\.gz"):
        list(SOURCE.deliver({"extra": 5}, tmp_path / "into", lambda _: None))
