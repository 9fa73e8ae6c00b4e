import pytest

from convlens.errors import NetworkError
from convlens.layers import (
    KINDS,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    LeakyReLU,
    MaxPool2d,
    ReLU,
    Sigmoid,
    SlidingLayer,
    Tanh,
    write_chain,
)
from convlens.network import Network, read_network
from convlens.network.text import read_layers


def refused(text: str) -> NetworkError:
    with pytest.raises(NetworkError) as caught:
        Network.from_text(text)
    return caught.value


def underlined(error: NetworkError) -> str:
    assert error.text is not None
    *_, line, marks = str(error).split("\n")
    assert marks == "  " + " " * error.start + "^" * (error.end - error.start)
    assert line == "  " + error.text
    return error.text[error.start : error.end]


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("conv 8 3x3 pad 1 stride 2 dilation 2", Conv2d(8, kernel_size=3, stride=2, padding=1, dilation=2)),
        ("conv 8 3", Conv2d(8, kernel_size=3)),
        ("conv 8 3x5 pad 1x2", Conv2d(8, kernel_size=(3, 5), padding=(1, 2))),
        ("conv 8 3 × 5", Conv2d(8, kernel_size=(3, 5))),
        ("CONV 8\t3X5", Conv2d(8, kernel_size=(3, 5))),
        ("conv 8 pad 1 3x3", Conv2d(8, kernel_size=3, padding=1)),
        ("relu", ReLU()),
        ("leaky_relu", LeakyReLU(0.01)),
        ("leaky_relu 0.1", LeakyReLU(0.1)),
        ("leaky_relu 1e-05", LeakyReLU(0.00001)),
        ("tanh", Tanh()),
        ("sigmoid", Sigmoid()),
        ("maxpool 2", MaxPool2d(2)),
        ("maxpool 3 stride 2 pad 1", MaxPool2d(3, 2, 1)),
        ("avgpool 2x3", AvgPool2d((2, 3))),
        ("batchnorm", BatchNorm2d()),
        ("dropout", Dropout(0.5)),
        ("dropout .25", Dropout(0.25)),
        ("globalavgpool", GlobalAvgPool2d()),
        ("flatten", Flatten()),
        ("dense", Dense()),
        ("dense 64", Dense(64)),
    ],
)
def test_every_layer_is_read(text: str, layer: Layer) -> None:
    assert read_layers(text)[0] == [layer]


def test_every_layer_type_has_a_word_of_its_own() -> None:
    assert len(KINDS) == 14
    assert all(layer_type.word == word for word, layer_type in KINDS.items())


def test_lines_blanks_and_a_last_comma_do_not_matter() -> None:
    plain = Network.from_text("conv 8 3x3 pad 1, relu, maxpool 2, dense")
    assert Network.from_text("\n conv 8 3x3\n   pad 1,\n relu,\r\n\tmaxpool 2 ,\n dense,\n") == plain
    assert Network.from_text("conv 8 3x3pad 1,relu,maxpool 2,dense") == plain


def test_the_text_says_flatten_only_where_it_is_not_implied() -> None:
    assert str(Network.from_text("conv 2 3x3, flatten, dense")) == "conv 2 3x3, dense"
    assert str(Network.from_text("conv 2 3x3, flatten, batchnorm, dense")) == "conv 2 3x3, flatten, batchnorm, dense"
    assert str(Network.from_text("conv 2 3x3, globalavgpool, flatten")) == "conv 2 3x3, globalavgpool"
    assert write_chain([Flatten(), ReLU(), Dense(3)], is_network=True) == "flatten, relu, dense 3"


@pytest.mark.parametrize(
    ("text", "word", "reason"),
    [
        ("conv 8 3x3 pad 1, rleu, maxpool 2", "rleu", "'rleu' is not a layer. Did you mean 'relu'?"),
        ("conv 8 3x3 pad 1 relu", "relu", "relu is a separate layer. Write a comma before it: ', relu'."),
        ("conv 8 3x3 pad 1 rleu", "rleu", "Did you mean the layer 'relu'? Then write a comma before it."),
        (
            "relu, conv",
            "conv",
            "conv needs two numbers, its channels and its kernel size. Write for example 'conv 8 3x3'.",
        ),
        ("conv 8) 3x3, dense", "8", "conv has 8 channels but no kernel size. Write for example 'conv 8 3x3'."),
        ("conv 8, relu", "8", "conv has 8 channels but no kernel size. Write for example 'conv 8 3x3'."),
        ("conv 8, 3x3", "8", "conv has no kernel size before the comma. Remove the comma after it: 'conv 8 3x3'."),
        ("conv 3x5, relu", "3x5", "no number of channels. Write the channels before it, for example 'conv 8 3x5'."),
        ("maxpool, dense", "maxpool", "maxpool needs its kernel size. Write for example 'maxpool 2'."),
        ("conv 8 3x3 pad, relu", "pad", "pad needs a number, same or valid after it. Write for example 'pad 1'."),
        ("conv 8 3x3 pad", "pad", "pad needs a number, same or valid after it. Write for example 'pad 1'."),
        ("conv 8 3x3 stride relu", "relu", "stride needs a number after it, not 'relu'. Write for example 'stride 2'."),
        ("maxpool 2 pad, relu", "pad", "pad needs a number or valid after it. Write for example 'pad 1'."),
        (
            "conv 8 3x3 pad sam",
            "sam",
            "pad needs a number, same or valid after it, not 'sam'. Did you mean 'pad same'?",
        ),
        ("conv 8 4x4 pad same", "same", "reaches over 4 would need 1 on one side and 2 on the other. Take an odd"),
        ("conv 8 3x3 stride 2 pad same", "same", "a stride of 2 makes them smaller. Change the stride to 1, or"),
        (
            "maxpool 3 pad same",
            "same",
            "maxpool has no padding 'same', and neither does PyTorch's. Write a number, such",
        ),
        ("conv 8 3x3 same", "same", "same is a padding and needs its option before it. Write 'pad same'."),
        ("conv 8 3x3 pad -1", "-1", "the padding of conv is -1; it must be a whole number from 0 to 1,024"),
        ("conv 8 3x3 pad −1", "−1", "the padding of conv is -1;"),
        (
            "conv -8 3x3",
            "-8",
            "the number of channels of conv is -8; it must be one whole number from 1 to 65,536. Change",
        ),
        ("conv 8 3x3 stride 0", "0", "the stride of conv is 0;"),
        ("conv 70000 3", "70000", "Change it to 65,536 or less."),
        ("conv " + "9" * 30 + " 3", "9" * 30, "is a number of more than 20 digits;"),
        ("conv 8.5 3", "8.5", "the number of channels of conv is 8.5;"),
        ("conv 8 3x3x3", "3x3x3", "Write one or two numbers, such as 3x3."),
        ("conv 8 3x", "x", "a size is two numbers with an x between them. Write for example 3x3."),
        ("conv 8 3x3 5", "5", "5 is one number too many for conv: a number here needs an option before it"),
        ("conv 8 3x3 pad 1 pad 2", "pad", "pad is given twice for this layer. Remove one of them."),
        ("conv 8 3x3 padding 1", "padding", "'padding' is not known here. Did you mean 'pad'?"),
        ("conv 8 3x3 stide 2", "stide", "Did you mean 'stride'?"),
        (
            "conv 8 3x3 foo",
            "foo",
            "'foo' is not known here. conv takes stride, pad, dilation and groups after its numbers.",
        ),
        (
            "maxpool 2 dilation 2",
            "dilation",
            "not an option of maxpool; maxpool takes stride and pad after its numbers.",
        ),
        ("maxpool 3 pad 2", "2", "the padding of maxpool is 2, more than half of its kernel size 3."),
        ("relu 3", "3", "relu takes no number and nothing else, so 3 is too many. Remove it."),
        ("dense 64 32", "32", "dense takes one number and nothing else, so 32 is too many. Remove it."),
        ("dropout 1", "1", "the probability of dropout is 1; it must be a number from 0 to just below 1."),
        ("dropout nan", "nan", "'nan' is not known here. dropout takes one number and nothing else."),
        ("dropout 1/2", "/", "Fractions are decimal numbers: write 0.5 instead of 1/2."),
        ("leaky_relu 2", "2", "the slope of leaky_relu is 2; it must be a number from 0 to 1."),
        ("conv 8 3x3,, relu", ",", "there is no layer before this comma. Remove the comma, or write a layer"),
        (",relu", ",", "there is no layer before this comma."),
        ("8 3x3", "8", "8 is a number, but a layer begins with its name."),
        ("conv 8 3x3, pad 1", "pad", "'pad' is not a layer but belongs to one. Remove the comma before it."),
        ("(relu), dense", "(", "brackets are only for concat or residual. Write for example 'concat(conv 8 1x1;"),
        (") relu", ")", "this bracket has no opening bracket. Remove it."),
        ("conv(8, 3)", "(", "the numbers of a layer are written without brackets. Write for example 'conv 8 3x3'."),
        (
            "conv 8 3x3; relu",
            ";",
            "';' separates the branches of a concat. Layers are separated by commas:",
        ),
        ("conv 8 3x3 -> relu", "->", "Layers are separated by commas: write ',' instead."),
        ("conv 8 3x3 pad=1", "=", "write 'pad 1' instead of 'pad=1'."),
        ("conv 8 3*3", "*", "A size is written with an x: 3x3."),
        ("conv8 3x3", "conv8", "Write a space before the number: 'conv 8'."),
        ("maxpool2", "maxpool2", "Write a space before the number: 'maxpool 2'."),
        ("relu" + "9" * 60, "relu" + "9" * 60, f"Write a space before the number: 'relu {'9' * 34}…'."),
        ("conv 8 3x3 pad1", "pad1", "Write a space before the number: 'pad 1'."),
        ("linear 10", "linear", "'linear' is not a layer. Did you mean 'dense'?"),
        ("conv2d 8 3", "conv2d", "Did you mean 'conv'?"),
        ("dense, softmax", "softmax", "Leave it out: a network ends with one logit per class"),
        (
            "blub",
            "blub",
            "Layers are conv, dense, avgpool, globalavgpool, maxpool, batchnorm, dropout, gelu,",
        ),
        ("соnv 8 3x3", "соnv", "Its letter 'с' is not a Latin one (U+0441)."),
        ("conv 8 ３x3", "３", "'３' (U+FF13) has no meaning in the text of a network."),
        ("dense 🙂", "🙂", "'🙂' (U+1F642) has no meaning in the text of a network."),
        ("relu, dense 10²", "²", "'²' (U+00B2) has no meaning"),
        ("dense, relu, dense", "dense", "only the last dense may leave it out"),
        (
            "dense 10, conv 8 3x3",
            "conv 8 3x3",
            "conv 8 3x3 needs maps, but the dense before it leaves one row of numbers.",
        ),
        ("flatten, maxpool 2, dense", "maxpool 2", "maxpool 2 needs maps, but the flatten before it"),
        ("flatten, flatten, dense", "flatten", "there is nothing to flatten here: the flatten before it leaves"),
        ("relu, tanh", "tanh", "the network has no conv and no dense, so it has nothing to learn."),
    ],
)
def test_mistakes_point_at_the_word_and_say_what_to_write(text: str, word: str, reason: str) -> None:
    error = refused(text)
    assert underlined(error) == word
    assert reason in error.reason
    assert "\n" not in error.reason


@pytest.mark.parametrize("text", ["", "   ", "\n\t\n"])
def test_an_empty_text_is_refused_with_an_example(text: str) -> None:
    assert str(refused(text)) == (
        "the text of the network is empty; it needs at least one layer. "
        "Write for example 'conv 8 3x3 pad 1, relu, maxpool 2, dense'."
    )


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("conv 8 3x3, rleu, dense", "rleu"),
        ("conv 8 3x3,\n  relu,\n  denze", "denze"),
        ("relu, " * 60 + "pol 2", "pol"),
        ("  tutoral ", "tutoral"),
    ],
)
def test_an_editor_gets_the_place_in_all_of_the_text(text: str, marked: str) -> None:
    with pytest.raises(NetworkError) as caught:
        read_network(text)
    assert caught.value.position is not None
    assert text[slice(*caught.value.position)] == marked


def test_layers_in_python_have_no_place() -> None:
    with pytest.raises(NetworkError) as caught:
        Network([Conv2d(8, kernel_size=30), Dense()]).resolve((1, 28, 28), 10)
    assert caught.value.position is None


def test_the_second_of_two_equal_words_is_pointed_at() -> None:
    assert refused("flatten, flatten, dense").start == len("flatten, ")
    assert refused("conv 8 3x3 pad 1 pad 2").start == len("conv 8 3x3 pad 1 ")


def test_in_several_lines_only_the_line_of_the_mistake_is_shown() -> None:
    assert str(refused("conv 8 3x3,\nrelu,\n\tmaxpol 2,\ndense")) == (
        "'maxpol' is not a layer. Did you mean 'maxpool'?\n   maxpol 2,\n   ^^^^^^"
    )


@pytest.mark.parametrize(
    ("text", "shown", "word"),
    [
        # 100 letters around the mistake, which is 30 behind the first of them unless the line ends before
        ("relu, " * 30 + "rleu" + ", relu" * 30, "… " + "relu, " * 5 + "rleu" + ", relu" * 11 + " …", "rleu"),
        ("rleu" + ", relu" * 30, "rleu" + ", relu" * 16 + " …", "rleu"),
        ("relu, " * 30 + "rleu", "… " + "relu, " * 16 + "rleu", "rleu"),
        ("relu, " * 5 + "rleu" + ", relu" * 30, "relu, " * 5 + "rleu" + ", relu" * 11 + " …", "rleu"),
        ("relu, " * 16 + "rleu", "relu, " * 16 + "rleu", "rleu"),
        ("relu, " * 16 + "rleuu", "… " + ("relu, " * 16)[1:] + "rleuu", "rleuu"),
        ("x" * 99, "x" * 99, "x" * 99),
        ("x" * 101, "x" * 100 + " …", "x" * 60),
    ],
)
def test_a_long_line_is_cut_around_the_mistake(text: str, shown: str, word: str) -> None:
    error = refused(text)
    assert error.text == shown
    assert underlined(error) == word


def test_a_word_of_more_than_40_letters_is_quoted_up_to_39() -> None:
    assert f"'{'x' * 40}' is not a layer" in refused("x" * 40).reason
    assert f"'{'x' * 39}…' is not a layer" in refused("x" * 41).reason


@pytest.mark.parametrize("before", ["", "relu ", "conv 8 3 ", "dense 5 ", "conv 8 3x3 pad 1 ", "conv 8 3 pad "])
@pytest.mark.parametrize("endless", ["x" * 100_000, "9" * 100_000, "3x" * 50_000 + "3"])
def test_an_endless_word_or_number_makes_no_endless_message(before: str, endless: str) -> None:
    assert len(str(refused(before + endless))) < 600


@pytest.mark.parametrize("text", ["conv 3\nx\n5, relu", "3\nx 5", "dense 5 3 x\n3", "conv 8 3\nx\n3x3"])
def test_a_size_over_several_lines_is_quoted_on_one(text: str) -> None:
    error = refused(text)
    assert "\n" not in error.reason
    assert underlined(error)


@pytest.mark.parametrize("letter", ["\x1b", "\x00", "\x07", "\u202e", "\udcff"])
def test_what_no_terminal_should_print_is_not_in_the_message(letter: str) -> None:
    error = refused(f"dense {letter}10")
    assert underlined(error) == "�"
    assert f"an invisible character (U+{ord(letter):04X}) has no meaning" in error.reason
    str(error).encode()


@pytest.mark.parametrize(
    ("text", "padding"),
    [
        ("conv 8 5x5 pad same", (2, 2)),
        ("conv 8 pad same 1x7", (0, 3)),
        ("conv 8 3x5 dilation 2x3 PAD Same", (2, 6)),
        ("conv 8 4 pad valid stride 2", (0, 0)),
        ("maxpool 3 pad valid", (0, 0)),
    ],
)
def test_a_padding_in_words_becomes_its_number(text: str, padding: tuple[int, int]) -> None:
    layer = Network(f"{text}, dense").layers[0]
    assert isinstance(layer, SlidingLayer)
    assert layer.padding == padding
    assert "same" not in str(layer)
    assert "valid" not in str(layer)
