import pytest

from convlens.errors import NetworkError, UsageError
from convlens.layers import KINDS
from convlens.network import PRESETS, TUTORIAL, Network, layer_table, preset, read_network


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_text_in_its_canonical_form_and_fits_mnist(name: str) -> None:
    assert str(preset(name)) == PRESETS[name]
    assert layer_table(preset(name), (1, 28, 28), 10).warnings == ()
    assert name not in KINDS


def test_a_network_is_read_from_a_name_or_a_text() -> None:
    assert (
        read_network("tutorial") == read_network(" Tutorial ") == read_network(TUTORIAL) == Network.from_text(TUTORIAL)
    )
    assert str(read_network("dense")) == "dense"


def test_a_name_with_a_slip_is_pointed_at() -> None:
    with pytest.raises(NetworkError) as caught:
        read_network(" tutorail ")
    assert str(caught.value) == (
        "'tutorail' is neither a preset network (tutorial, lenet) nor a layer. Did you mean 'tutorial'?\n"
        "  tutorail\n"
        "  ^^^^^^^^"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rleu", "'rleu' is not a layer. Did you mean 'relu'?"),
        ("dens", "'dens' is not a layer. Did you mean 'dense'?"),
        ("", "the text of the network is empty"),
        ("tutorail, dense", "'tutorail' is not a layer."),
    ],
)
def test_what_is_no_name_is_read_as_text(text: str, message: str) -> None:
    with pytest.raises(NetworkError) as caught:
        read_network(text)
    assert message in str(caught.value)


def test_an_unknown_preset_names_those_there_are() -> None:
    with pytest.raises(
        UsageError, match=r"'lenett' is not a preset network; presets are tutorial, lenet\. Did you mean 'le"
    ):
        preset("lenett")
    with pytest.raises(UsageError, match=r"'zzz' is not a preset network; .* Use one of these\."):
        preset("zzz")
