"""What is copied: everything that is needed, and only that, as source that a person can read."""

import ast
import subprocess
import sys

import pytest
from tests.exports.preparation.fitted import FITTED

from convlens.errors import MissingDependency
from convlens.exports import python_file
from convlens.exports.preparation import bundle as bundling
from convlens.exports.preparation import companion
from convlens.exports.preparation.bundle import bundle
from convlens.exports.preparation.companion import source_for
from convlens.exports.preparation.modules import Import, Module, Piece, read_module
from convlens.preprocessing import RULES, Preprocessing


def sources():
    for rules in RULES:
        imports, code = source_for(Preprocessing((1, 28, 28), rules), companion._ROOTS)
        yield f"{imports}\n\n{code}"
    imports, code = source_for(FITTED["letterbox, colour"], python_file._ROOTS)
    yield f"{imports}\n\n{code}"


def test_the_copies_are_complete_and_read_like_convlens(tmp_path):
    """No name is missing, none is unused; long lines, order of imports and layout are checked, too."""
    for place, source in enumerate(sources()):
        (tmp_path / f"copy{place}.py").write_text(source, encoding="utf-8")
        modules = {
            ((node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name).partition(".")[0]
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        assert modules - set(sys.stdlib_module_names) == {"numpy", "PIL"}
    for what in (["check", "--select", "F,E,I"], ["format", "--diff"]):
        command = [
            sys.executable,
            "-m",
            "ruff",
            *what,
            "--isolated",
            "--line-length",
            "120",
            "--no-cache",
            str(tmp_path),
        ]
        ran = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
        assert ran.returncode == 0, ran.stdout[:2000]


def test_a_copy_has_only_what_its_rules_need():
    digit, garment, glyph, letterbox, python = sources()
    assert "def remove_lines" in digit
    assert "def even_out_shadows" in glyph
    assert "def remove_lines" not in garment + glyph + letterbox
    assert "def prepare_glyph" not in digit + letterbox
    assert "def to_colour" in python
    assert "def to_colour" not in letterbox
    assert "def conv(" in python
    for source in (digit, garment, glyph, letterbox, python):
        assert "subprocess" not in source  # decoding in a process of its own needs Convlens
        assert "is_enforced_here" not in source
        assert ">>>" not in source
        assert "msgspec" not in source
    assert max(map(len, (digit, garment, glyph, letterbox))) < 84_000
    assert len(letterbox) < 54_000


def test_source_is_cut_into_pieces():
    module = read_module("convlens.pixels.conversion")
    assert module.purpose == "Converts images of any mode to 8-bit grey or colour, with notes on what was changed."
    assert module.imports["np"] == Import("numpy", "", "np")
    assert module.imports["Image"] == Import("PIL.Image", "Image", None, typing_only=True)
    assert module.imports["ImageError"] == Import("convlens.errors", "ImageError")
    colour = module.defined["VISIBLE_COLOUR"]
    assert colour.text.splitlines()[0] == "VISIBLE_COLOUR = 16"
    assert colour.text.splitlines()[1].startswith('"""Grey levels; ')
    decoding = read_module("convlens.pixels.decoding")
    compressions = decoding.defined["_TIFF_COMPRESSIONS"]
    assert compressions.text.startswith("# With other compressions, ")
    with pytest.raises(MissingDependency, match="the source of builtins is not installed"):
        read_module("builtins")


def module_of(name, text, **imports):
    pieces = tuple(Piece(line + "\n", (line.split()[0],), 1) for line in text.splitlines())
    return Module(name, "It does.", pieces, {key: Import(*value) for key, value in imports.items()})


def test_names_that_two_modules_have(monkeypatch):
    first = module_of("convlens.one", "_SIDE = 2\narea = _SIDE**2")
    second = module_of("convlens.two", "_SIDE = 3\nsum = _SIDE + area", area=("convlens.one", "area"))
    modules = {module.name: module for module in (first, second)}
    monkeypatch.setattr(bundling, "read_module", modules.__getitem__)
    _, code = bundle([("convlens.two", "sum")], {})
    space = {}
    exec(code, space)
    assert (space["area"], space["sum"]) == (4, 7)
    assert "_ONE_SIDE = 2" in code
    assert "_TWO_SIDE = 3" in code
    assert code.index("convlens/one.py") < code.index("convlens/two.py")
    modules["convlens.one"] = module_of("convlens.one", "sum = 1\narea = sum")
    with pytest.raises(ValueError, match=r"several definitions would be called sum\."):
        bundle([("convlens.two", "sum")], {})
