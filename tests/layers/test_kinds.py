"""The registry: what is generated from it is up to date, and every kind is known everywhere it must be."""

import re
from pathlib import Path

import numpy as np
import pytest

import convlens
import write_layers
from convlens import by_hand
from convlens.errors import NetworkError
from convlens.layers import ACTIVATIONS, BLOCKS, GELU, JOINS, KINDS, Conv2d, Layer, SiLU

ROOT = Path(__file__).parents[2]
WORDS = {**KINDS, **JOINS}


@pytest.mark.parametrize("path", write_layers.generated_texts(), ids=lambda path: path.name)
def test_generated_files_are_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == write_layers.generated_texts()[path]


def test_every_file_of_a_kind_is_in_the_registry() -> None:
    layers, blocks = write_layers.find_kinds()
    assert {kind.word: kind for kind in layers} == WORDS
    assert {kind.word: kind for kind in blocks} == BLOCKS


def test_every_kind_has_a_javascript_file_of_its_name() -> None:
    missing = [word for word in WORDS if not (ROOT / f"src/convlens/web/layers/{word}.js").is_file()]
    assert missing == []


def test_every_kind_has_a_cpp_file_of_its_name() -> None:
    found = {
        path.stem for folder in ("kernels/activations", "layers") for path in (ROOT / "native" / folder).glob("*.?pp")
    }
    assert set(WORDS) - found == set()
    assert {path.stem for path in (ROOT / "native/kernels/activations").glob("*.hpp")} == set(ACTIVATIONS)


def test_no_name_of_another_library_is_a_word_and_none_is_given_twice() -> None:
    others = [name for kind in KINDS.values() for name in (*kind.other_names, *kind.near_names)]
    assert len(others) == len(set(others))
    assert not set(others) & {*KINDS, *BLOCKS}


def test_which_kinds_need_maps_make_a_row_and_keep_places() -> None:
    facts = {word: (kind.needs_maps, kind.makes_row, kind.keeps_places) for word, kind in WORDS.items()}
    assert {word for word, (needs_maps, _, _) in facts.items() if needs_maps} == {
        "conv", "avgpool", "globalavgpool", "maxpool", "flatten",
    }  # fmt: skip
    assert {word for word, (_, makes_row, _) in facts.items() if makes_row} == {"dense", "flatten"}
    assert {word for word, (_, _, keeps_places) in facts.items() if keeps_places} == {
        "batchnorm", "dropout", "add", *ACTIVATIONS,
    }  # fmt: skip
    assert {type(fact) for triple in facts.values() for fact in triple} == {bool}


@pytest.mark.parametrize("kind", KINDS.values())
def test_every_example_is_a_layer(kind: type[Layer]) -> None:
    (layer,) = [one for one in convlens.Network(f"{kind.example}, dense").layers if type(one) is kind][:1]
    assert str(layer) == kind.example


@pytest.mark.parametrize("block", BLOCKS.values())
def test_every_example_of_a_block_is_one(block: type[convlens.layers.Block]) -> None:
    assert type(convlens.Network(f"conv 16 1x1, {block.example}, dense").layers[1]) is block


def test_all_kinds_are_exported() -> None:
    for kind in (*KINDS.values(), *BLOCKS.values()):
        assert getattr(convlens, kind.__name__) is kind
        assert kind.__name__ in convlens.__all__


def test_gelu_and_silu_by_hand() -> None:
    # Φ(1) = 0.8413447460685429; 1/(1 + e⁻¹) = 0.7310585786300049
    values = np.array([-1.0, 0.0, 1.0])
    np.testing.assert_allclose(GELU().apply(values), [-0.15865525393145707, 0, 0.8413447460685429], rtol=1e-15)
    np.testing.assert_allclose(SiLU().apply(values), [-0.2689414213699951, 0, 0.7310585786300049], rtol=1e-15)
    np.testing.assert_allclose(by_hand.activate([2.0], "silu"), [1.7615941559557649], rtol=1e-15)


def test_conv2d_takes_pytorchs_name_for_its_channels() -> None:
    assert Conv2d(out_channels=8, kernel_size=3) == Conv2d(8, kernel_size=3)
    for given in ({}, {"channels": 8, "out_channels": 8, "kernel_size": 3}):
        with pytest.raises(NetworkError, match="needs its number of output channels exactly once"):
            Conv2d(**given)
    with pytest.raises(NetworkError, match="needs its kernel size"):
        Conv2d(8)


def test_epsilon_stands_in_one_place() -> None:
    epsilon = re.compile(r"\b(?:EPSILON|epsilon)\b[^=\n]* = (?:1e-0?5|0\.00001)")
    sources = [*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.js"), *(ROOT / "native").rglob("*.?pp")]
    found = [path.stem for path in sources if epsilon.search(path.read_text(encoding="utf-8"))]
    assert found == ["batchnorm"]
