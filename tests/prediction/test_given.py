"""`predict` of everything that can be given: each form of an image gives the same answer as its plain array."""

import io
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from convlens.data import Dataset, LabelledImages
from convlens.errors import DataError, ImageError, UsageError
from convlens.prediction import Prediction, Predictions


def expected(model, images: np.ndarray) -> np.ndarray:
    """The probabilities of N×8×8 images as the engine gives them."""
    return model.calibration.probabilities(model.logits(np.ascontiguousarray(images[:, None])))


@pytest.mark.parametrize("count", [2, 3, 4, 5, 7])
@pytest.mark.parametrize(
    "form",
    [
        lambda images: images,
        lambda images: images[:, None],
        lambda images: images[..., None],
        lambda images: images.astype(np.int64),
        lambda images: images / 255,
        lambda images: np.asfortranarray(images),
        lambda images: images[:, None].tolist(),
        torch.from_numpy,
        lambda images: torch.from_numpy(images / 255).float().requires_grad_(),
        list,
        tuple,
        lambda images: [image[None] for image in images],
        lambda images: [torch.from_numpy(image) for image in images],
        lambda images: (image for image in images),
        lambda images: [Image.fromarray(image) for image in images],
        lambda images: LabelledImages(images[:, None], np.zeros(len(images), int), tuple("0123456789")),
    ],
)
def test_a_batch_in_any_form_is_so_many_predictions(model, grey, count, form):
    found = model.predict(form(grey[:count]))
    assert isinstance(found, Predictions)
    assert len(found) == count
    np.testing.assert_allclose(found.probabilities, expected(model, grey[:count]), rtol=1e-6)
    np.testing.assert_array_equal(found.pixels[:, 0], grey[:count])


@pytest.mark.parametrize(
    "form",
    [
        lambda image, _: image,
        lambda image, _: image[..., None],
        lambda image, _: torch.from_numpy(image),
        lambda image, _: image.tolist(),
        lambda _, png: png,
        lambda _, png: bytearray(png),
        lambda _, png: memoryview(png),
        lambda _, png: io.BytesIO(png),
        lambda _, png: io.BufferedReader(io.BytesIO(png)),
        lambda *_: "one.png",
        lambda *_: Path("one.png"),
        lambda image, _: Image.fromarray(image),
    ],
)
def test_one_image_in_any_form_is_one_prediction(model, grey, as_png, form):
    Path("one.png").write_bytes(as_png(grey[0]))
    found = model.predict(form(grey[0], as_png(grey[0])))
    assert isinstance(found, Prediction)
    np.testing.assert_allclose(found.probabilities, expected(model, grey[:1])[0], rtol=1e-6)


def test_columns_of_frames_are_lists(model, grey, as_png):
    Path("one.png").write_bytes(as_png(grey[0]))
    column = np.array(["one.png", "one.png"])
    np.testing.assert_allclose(model.predict(column).probabilities, expected(model, grey[[0, 0]]), rtol=1e-6)
    for library in ("pandas", "polars"):
        frames = pytest.importorskip(library)
        assert model.predict(frames.Series(["one.png"])).names == ("one.png",)


def test_colour_images_are_read_in_both_layouts(make_model):
    model = make_model((3, 8, 8))
    images = np.random.default_rng(1).integers(0, 256, (4, 3, 8, 8), np.uint8)
    one = model.predict(images[1])
    for same in (images[1].transpose(1, 2, 0), [images[1]], images[1:2].transpose(0, 2, 3, 1)):
        found = model.predict(same)
        np.testing.assert_array_equal((found if isinstance(found, Prediction) else found[0]).pixels, one.pixels)
    np.testing.assert_array_equal(model.predict(images).pixels, images)


def test_batches_of_another_size_are_prepared_as_pictures(model):
    larger = np.random.default_rng(2).integers(0, 256, (6, 32, 24), np.uint8)
    found = model.predict(larger)
    assert (len(found), found.pixels.shape) == (6, (6, 1, 8, 8))
    assert found == model.predict(list(larger))
    assert any("scaled" in note for note in found[0].notes)
    labelled = model.predict(LabelledImages(larger[:, None], np.array([3, 1, 4, 1, 5, 9]), tuple("0123456789")))
    assert labelled == found
    assert [one.true_class for one in labelled] == list("314159")


def test_images_of_a_known_dataset_are_asked_for_by_number(model, make_model, tiny, digits_8x8):
    test = digits_8x8.test
    found = model.predict(["tiny:2", "tiny:0", "tiny:296"])
    np.testing.assert_array_equal(found.pixels, test.images[[2, 0, 296]])
    assert [(one.name, one.true_class) for one in found] == [
        (f"tiny:{number}", str(test.labels[number])) for number in (2, 0, 296)
    ]
    with pytest.raises(UsageError, match=r"tiny:297: tiny has 297 test images\. Give tiny:0 to tiny:296\."):
        model.predict("tiny:297")
    larger = make_model((1, 16, 16)).predict("tiny:2")
    assert (larger.pixels.shape, larger.true_class) == ((1, 16, 16), str(test.labels[2]))


def test_a_batch_is_not_changed_by_what_happens_to_the_array_later(model, grey):
    found = model.predict(grey)
    before = found.pixels.copy()
    grey[:] = 0
    np.testing.assert_array_equal(found.pixels, before)


def test_repair_is_for_pictures_unless_it_is_asked_for(digit_model, as_png):
    digit = np.zeros((28, 28), np.uint8)
    digit[4:24, 12:16] = np.random.default_rng(1).integers(230, 256, (20, 4))  # nothing that looks enlarged
    dark = 255 - digit
    Path("dark.png").write_bytes(as_png(dark))
    np.testing.assert_array_equal(digit_model.predict("dark.png").pixels[0], digit)
    np.testing.assert_array_equal(digit_model.predict(Image.fromarray(dark)).pixels[0], digit)
    np.testing.assert_array_equal(digit_model.predict("dark.png", repair=False).pixels[0], dark)
    for array in (dark, [dark], [dark, "dark.png"], dark[None, None]):
        for repair, wanted in ((None, dark), (False, dark), (True, digit)):
            found = digit_model.predict(array, repair)
            one = found if isinstance(found, Prediction) else found[0]
            np.testing.assert_array_equal(one.pixels[0], wanted)


def test_nothing_is_no_predictions(model):
    for nothing in ([], (), iter(()), np.zeros((0, 8, 8), np.uint8), np.zeros((0, 1, 8, 8))):
        found = model.predict(nothing)
        assert found == []
        assert (found.labels.tolist(), found.probabilities.shape, found.unknown.tolist()) == ([], (0, 10), [])
    assert model.predict_proba([]).shape == (0, 10)


class Unwilling:
    """Something with numbers that does not give them."""

    def __array__(self, *_: object, **__: object) -> np.ndarray:
        raise RuntimeError("no numbers today")


ODD = {
    "nothing": None,
    "a number": 5,
    "a number of NumPy": np.float32(1),
    "a function": print,
    "a class": Image.Image,
    "a dict": {"a": np.zeros((8, 8))},
    "a set": {1},
    "a range": range(3),
    "no name": "",
    "a line": "\n",
    "a zero byte": "a\0b",
    "a very long name": "x" * 5000,
    "an address": "https://example.org/seven.png",
    "a dataset": "mnist",
    "no number": "mnist:seven",
    "a negative number": "mnist:-1",
    "a misspelt dataset": "mnits:7",
    "a pattern without files": "*.webp",
    "an empty folder": Path("empty"),
    "one axis": np.zeros(64),
    "five axes": np.zeros((1, 1, 1, 8, 8)),
    "not a number": np.full((2, 8, 8), np.nan),
    "infinity": np.full((8, 8), np.inf),
    "negative": -np.ones((2, 8, 8)),
    "too large": np.full((8, 8), 1000),
    "complex": np.zeros((8, 8), complex),
    "dates": np.zeros((8, 8), "M8[s]"),
    "a record": np.zeros(3, [("a", int)]),
    "objects": np.array([None, 1], object),
    "masked": np.ma.masked_array(np.zeros((2, 8, 8)), mask=True),
    "no pixels": np.zeros((2, 0, 8)),
    "pairs": [(np.zeros((8, 8)), 3)],
    "a None in a list": [np.zeros((8, 8)), None],
    "a batch in a list": [np.zeros((5, 8, 8))],
    "a list of lists": [[0, 1], [0]],
    "a sparse tensor": torch.zeros(2, 8, 8).to_sparse(),
    "a tensor without data": torch.zeros(2, 8, 8, device="meta"),
    "unwilling": Unwilling(),
    "text": io.StringIO("seven"),
    "no bytes": b"",
    "bytes of something else": b"dear reader",
    "a dataset in memory": Dataset(
        "pets", LabelledImages(np.zeros((1, 1, 8, 8), np.uint8), np.zeros(1, int), ("a",)), None, "letterbox"
    ),
}


@pytest.mark.parametrize("ask", ["predict", "predict_proba", "predict_labels", "score"])
@pytest.mark.parametrize("name", ODD)
def test_odd_inputs_get_one_line_of_our_own(model, name, ask):
    Path("empty").mkdir()
    rest = (["1"],) if ask == "score" else ()
    with pytest.raises((UsageError, DataError)) as refused:
        getattr(model, ask)(ODD[name], *rest)
    message = str(refused.value)
    assert "\n" not in message
    assert message.endswith((".", "zip"))
    assert len(message) < 300 or name == "a very long name"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "a number",
            "cannot predict a value of type int. Give a path, the bytes of a file, an open file, a Pillow image,",
        ),
        ("a set", "cannot predict a value of type set. Give a path,"),
        ("a range", "X[0] has type int. Give a path,"),
        ("no name", "the name of an image is empty. Give a path, a folder or a pattern."),
        ("an address", "https://example.org/seven.png is a URL; Convlens downloads no images. Save the image and give"),
        ("a dataset", "'mnist' is a dataset with many images. Give one of its test images, such as mnist:7. To test"),
        ("no number", "'mnist:seven': 'seven' is not an index. Give a test image such as mnist:7."),
        ("a pattern without files", "*.webp: no file matches this pattern. Check the path."),
        ("an empty folder", "empty: this folder has no image files. Give files, or a folder that contains some."),
        ("one axis", "X has the shape (64,). Give H×W, H×W×C or C×H×W for one image, N×8×8, N×1×8×8 or N×8×8×1 for a"),
        ("objects", "X[0] has type NoneType. Give a path,"),
        ("pairs", "X[0] is a pair, such as an image and its label. Give the images alone."),
        ("a None in a list", "X[1] has type NoneType. Give a path,"),
        ("a batch in a list", "X[0] has the shape (5, 8, 8), which is not a single image. Give H×W, H×W×C or C×H×W"),
        ("text", "X: this file is open in text mode. Open it with open(path, 'rb')."),
        ("a dataset in memory", "pets is a whole dataset. Give its images: dataset.test or dataset.train."),
    ],
)
def test_odd_inputs_are_told_apart(model, name, message):
    Path("empty").mkdir()
    with pytest.raises((UsageError, DataError)) as refused:
        model.predict(ODD[name])
    assert str(refused.value).startswith(message)


class Place:
    """A path of another library."""

    def __fspath__(self) -> str:
        return "1.png"


def test_elements_of_a_list_may_be_lists_paths_of_any_kind_and_of_any_size(model, grey, as_png):
    Path("1.png").write_bytes(as_png(grey[1]))
    large = np.full((16, 16), 77, np.uint8)
    found = model.predict([Place(), grey[1].tolist(), large])
    assert found.names == ("1.png", "", "")
    np.testing.assert_array_equal(found.pixels[:, 0], [grey[1], grey[1], np.full((8, 8), 77)])
    assert model.predict(Place()).name == "1.png"
    assert isinstance(model.predict(large), Prediction)
    assert set(model.predict(large).pixels.flat) == {77}


def test_a_pattern_without_two_stars_takes_the_images_of_a_folder_that_matches(model, grey, folder):
    (folder / "3.png").unlink()
    Path("scans.txt").write_text("dear reader")
    Path("scans.png").write_bytes((folder / "1.png").read_bytes())
    assert model.predict("scans*").names == ("scans/1.png", "scans/2.png", "scans/10.png", "scans.png")
    assert model.predict("**/1*.png").names == ("scans/1.png", "scans/10.png")


def test_a_closed_file_is_no_image(model, as_png, grey):
    file = io.BytesIO(as_png(grey[0]))
    file.close()
    with pytest.raises(UsageError, match="cannot read this file"):
        model.predict(file)


@pytest.fixture
def folder(grey, as_png) -> Path:
    """Three pictures and a file that is none."""
    place = Path("scans")
    place.mkdir()
    for name, image in zip(["1.png", "2.png", "10.png"], grey, strict=False):
        (place / name).write_bytes(as_png(image))
    (place / "3.png").write_text("dear reader")
    return place


def test_one_unreadable_file_costs_that_file_only(model, grey, folder):
    with pytest.warns(UserWarning, match=r"^1 image of 4 could not be read: scans/3\.png\. .*on_error='keep'") as said:
        found = model.predict(folder)
    assert said[0].filename == __file__
    assert found.names == ("scans/1.png", "scans/2.png", "scans/3.png", "scans/10.png")
    assert found.failed.tolist() == [False, False, True, False]
    np.testing.assert_allclose(found.probabilities[[0, 1, 3]], expected(model, grey[:3]), rtol=1e-6)
    assert np.isnan(found.probabilities[2]).all()
    assert "is not an image" in str(found.errors[2])
    assert found[2].unknown


def test_what_an_unreadable_file_does_can_be_chosen(model, folder):
    files = ["scans/3.png", "scans/1.png"]
    kept = model.predict(files, on_error="keep")  # without a warning, which would be an error here
    assert kept.failed.tolist() == [True, False]
    assert model.predict(files, on_error="skip").names == ("scans/1.png",)
    assert model.predict("scans/3.png", on_error="keep").failed
    for given in (files, folder, "scans/3.png"):
        with pytest.raises(ImageError, match=r"3\.png is not an image"):
            model.predict(given, on_error="raise")
    with pytest.raises(ImageError, match=r"3\.png is not an image"):
        model.predict("scans/3.png")
    with pytest.raises(UsageError, match="on_error='skip' skipped the only image"):
        model.predict("scans/3.png", on_error="skip")
    with pytest.raises(UsageError, match=r"on_error is 'ignore'\. Give 'raise', 'keep' or 'skip'\."):
        model.predict(files, on_error="ignore")
    with pytest.raises(UsageError, match=r"repair is 'yes'\. Give True, False or None\."):
        model.predict(files, repair="yes")
    for ask in (model.predict_proba, model.predict_labels):
        with pytest.raises(ImageError, match=r"3\.png is not an image"):
            ask(files)


def test_nothing_but_unreadable_files_needs_no_engine(model):
    found = model.predict(["a.png", "b.png"], on_error="keep")
    assert found.failed.all()
    assert found.labels.tolist() == ["", ""]


def test_patterns_and_lists_of_folders(model, folder):
    (folder / "notes.txt").write_text("notes")
    assert model.predict("scans/1*.png").names == ("scans/1.png", "scans/10.png")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert model.predict("scans/*").names == model.predict("scans").names == model.predict(["scans"]).names
        assert model.predict("**/*.png").names == model.predict("scans").names


def test_hundreds_of_pictures_keep_few_steps(model, grey):
    found = model.predict([Image.fromarray(grey[0])] * 300)
    assert [bool(one.steps) for one in found] == [True] * 100 + [False] * 200
    np.testing.assert_allclose(found.probabilities, np.repeat(expected(model, grey[:1]), 300, axis=0), rtol=1e-6)


def test_probabilities_labels_and_score(model, grey):
    shares = expected(model, grey)
    names = [model.class_names[place] for place in shares.argmax(axis=1)]
    np.testing.assert_array_equal(model.predict_proba(grey), shares)
    assert model.predict_proba(grey).dtype == np.float64
    np.testing.assert_array_equal(model.predict_proba(grey.reshape(7, 64)), shares)
    np.testing.assert_allclose(model.predict_proba(grey[:1]), shares[:1], rtol=1e-6)
    np.testing.assert_allclose(model.predict_proba(grey[0]), shares[:1], rtol=1e-6)
    assert model.predict_labels(grey).tolist() == names
    assert model.predict(grey).labels.tolist() == names
    assert model.score(grey, names) == 1
    wrong = names[:3] + [str((int(name) + 1) % 10) for name in names[3:]]
    assert model.score(grey, wrong) == 3 / 7
    assert model.score(grey, [int(name) for name in wrong]) == 3 / 7
    labelled = LabelledImages(grey[:, None], np.array([int(name) for name in wrong]), model.class_names)
    assert model.score(labelled) == 3 / 7
    with pytest.raises(DataError, match=r"y has 6 labels for 7 images\. Give one label for each image\."):
        model.score(grey, wrong[:6])
    with pytest.raises(DataError, match=r"y is missing\. Give one label for each image"):
        model.score(grey)
    with pytest.raises(DataError, match="y has a label that is not a class of the model: 'cow'"):
        model.score(grey[:2], ["1", "cow"])
    with pytest.raises(DataError, match="y is empty"):
        model.score([], [])


def test_the_score_takes_labels_as_training_took_them(make_model):
    # Named by numbers, labels are these; else whole numbers count the classes from 0 on.
    images = np.random.default_rng(6).integers(0, 256, (9, 8, 8), np.uint8)
    for class_names, labels in ((("3", "7"), np.array([3, 7])), (("cat", "dog"), np.array([0, 1]))):
        model = make_model(class_names=class_names)
        said = model.predict(images).class_numbers
        assert model.score(images, labels[said]) == model.score(images, np.array(class_names)[said]) == 1
        assert model.score(images, torch.from_numpy(labels[1 - said])) == 0
        assert model.score(images, labels[said].astype(float)) == 1


def test_the_score_is_the_accuracy_that_evaluate_finds(model, digits_8x8):
    from convlens.evaluation import evaluate

    test = digits_8x8.test
    assert model.score(test.images, test.labels) == evaluate(model, test).accuracy == model.score(test)


def test_a_file_comes_before_a_pattern_that_is_its_name(model, grey, as_png):
    Path("seven[1].png").write_bytes(as_png(grey[0]))
    Path("seven1.png").write_bytes(as_png(grey[1]))
    found = model.predict("seven[1].png")
    assert isinstance(found, Prediction)
    np.testing.assert_array_equal(found.pixels[0], grey[0])


@pytest.mark.parametrize("place", [99, 100, 256, 257])
def test_steps_are_kept_by_number_and_not_by_chunk(model, grey, place):
    found = model.predict([Image.fromarray(grey[place % 7])] * (place + 1))
    assert bool(found[place].steps) is (place < 100)


def test_probabilities_labels_and_score_take_arrays_as_they_are(digit_model):
    dark = np.full((1, 28, 28), 255, np.uint8)
    dark[:, 4:24, 12:16] = np.random.default_rng(1).integers(0, 26, (20, 4))
    plain, repaired = digit_model.predict(dark[0]), digit_model.predict(dark[0], repair=True)
    assert not np.allclose(plain.probabilities, repaired.probabilities)
    np.testing.assert_array_equal(digit_model.predict_proba(dark)[0], plain.probabilities)
    assert digit_model.predict_labels(dark).tolist() == [plain.class_name]
