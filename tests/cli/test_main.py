"""The command line's root: help that is quick and shows examples, exit codes, errors as one line."""

import subprocess
import sys

import pytest

import convlens as package
from convlens.cli.main import app, run

COMMANDS = ["train", "evaluate", "predict", "layers", "data", "data list", "data fetch"]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_help_opens_with_examples(convlens, command):
    ran = convlens(*command.split(), "--help")
    assert ran.code == 0
    before_parameters = ran.out.partition("╭")[0]
    assert before_parameters.count(f"convlens {command}".strip()) >= 2


def test_every_command_and_every_option_has_a_help_text(convlens):
    told = set()
    for name in [*app, *(f"data {one}" for one in app["data"]), *(f"by-hand {one}" for one in app["by-hand"])]:
        _, commands, _ = app.parse_commands(name.split())
        if commands[-1].default_command is None or name.split()[-1].startswith("-"):
            continue
        for one in commands[-1].assemble_argument_collection(parse_docstring=True):
            assert one.names[0] == "*" or one.parameter.help, f"{name} {one.names[0]}"
        assert commands[-1].help, name
        told.add(name)
    assert {"train", "export", "data fetch", "by-hand conv2d", "by-hand gallery"} <= told
    whole = " ".join(convlens("--help").out.split())
    assert "Train CNN classifiers for small images, see how every number is computed" in whole
    assert "130 interrupted. Add --debug to any command" in whole


@pytest.mark.parametrize("command", [("predict", "latest", "tiny:0"), ("evaluate", "latest"), ("report", "latest")])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--engine", "abacus"), "'abacus'"),
        (("--device", "tpu"), "'tpu'"),
        (("--threads", "0"), "threads is 0"),
    ],
)
def test_wishes_about_the_engine_reach_it(convlens, trained_run, command, options, message):
    for json in ((), ("--json",)):
        ran = convlens(*command, *options, *json)
        assert (ran.code, ran.out) == (2, "")
        assert message in ran.err


def test_version_is_the_packages(convlens):
    assert convlens("--version").out.strip() == package.__version__


def test_an_unknown_command_is_one_line_with_exit_code_2(convlens):
    ran = convlens("trian")
    assert ran.code == 2
    assert ran.err.startswith("error: ")
    assert "trian" in ran.err
    assert len(ran.err.splitlines()) == 1


COMMANDS_OF_ALL = (
    "The commands are train, evaluate, predict, report, layers, open, export, data and by-hand. See `convlens --help`."
)
COMMANDS_BY_HAND = (
    "The commands are correlate, convolve, full, conv2d, pool, tensor, output-size, coverage, network, gradient and "
    "gallery. See `convlens by-hand --help`."
)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("tain", f'"tain" is not a command. Did you mean "train"? {COMMANDS_OF_ALL}'),
        ("xyz", f'"xyz" is not a command. {COMMANDS_OF_ALL}'),
        ("--verison", f"There is no option --verison. Did you mean --version? {COMMANDS_OF_ALL}"),
        ("by-hand convolv 1", f'"convolv" is not a command. Did you mean "convolve"? {COMMANDS_BY_HAND}'),
        ("train --epohcs 3", "There is no option --epohcs. Did you mean --epochs? See `convlens train --help`."),
        ("train --epohcs=3", "There is no option --epohcs. Did you mean --epochs? See `convlens train --help`."),
        ("train --hepl", "There is no option --hepl. Did you mean --help? See `convlens train --help`."),
        ("train --epochs", "--epochs needs a value. See `convlens train --help`."),
        ("train --epochs 1 --epochs 2", "--epochs is given more than once. Give it once. See `convlens train --help`."),
        ("predict", "MODEL is missing. See `convlens predict --help`."),
        ("layers a b c", '"b", "c" are 2 arguments too many. See `convlens layers --help`.'),
        ("layers a b", '"b" is one argument too many. See `convlens layers --help`.'),
        (
            "train --epochs 2.5",
            'Invalid value for --epochs: "2.5" is not a whole number. Give one such as 3. See `convlens train --help`.',
        ),
    ],
)  # fmt: skip
def test_a_command_line_that_cannot_be_read_gets_whole_sentences(convlens, arguments, message):
    ran = convlens(*arguments.split())
    assert (ran.code, ran.out, ran.err) == (2, "", f"error: {message}\n")


def test_a_missing_argument_points_to_the_help(convlens):
    ran = convlens("predict")
    assert ran.code == 2
    assert ran.err.endswith("See `convlens predict --help`.\n")


def test_no_command_shows_the_help(convlens):
    ran = convlens()
    assert ran.code == 0
    assert "convlens train" in ran.out


def test_markup_in_a_message_is_just_text(convlens):
    ran = convlens("predict", "[red]no[/such]", "x.png")
    assert ran.code == 4
    assert "[red]no[/such]: no such file or folder" in ran.err


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        (["--help"], {"torch", "matplotlib", "numpy", "PIL", "fastapi"}),
        (["train", "--help"], {"torch", "matplotlib", "numpy", "PIL", "fastapi"}),
        (["layers", "conv 8 3x3, relu, dense"], {"torch", "matplotlib", "fastapi"}),
        (["data", "list"], {"torch", "matplotlib", "fastapi"}),
    ],
)
def test_commands_import_only_what_they_need(arguments, forbidden):
    program = (
        "import sys; from convlens.cli.main import run; code = run(sys.argv[1:]); "
        f"loaded = {sorted(forbidden)!r}; print([name for name in loaded if name in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    assert ran.stderr == "[]\n"


def test_the_package_imports_neither_torch_nor_matplotlib():
    program = (
        "import sys, convlens; "
        "convlens.Network, convlens.load_model, convlens.evaluate, convlens.train, convlens.UsageError; "
        "print([name for name in ('torch', 'matplotlib', 'fastapi', 'cyclopts') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_a_reader_who_has_seen_enough_is_no_error():
    program = "import sys; from convlens.__main__ import main; sys.argv = ['convlens', 'layers']; main()"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait()


@pytest.mark.parametrize("command", [("evaluate",), ("report",), ("report", "latest", "latest", "--out"), ("train",)])
def test_a_name_that_no_file_can_have_is_one_line(command, capsys):
    assert run([*command, "x" * 5000]) in (2, 4)
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert len(error) < 1000
    assert "defect" not in error
