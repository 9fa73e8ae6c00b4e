"""Which images judge a model: known datasets, arrays, images of one's own, and data that does not fit the model."""

import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convlens.calibration import Calibration
from convlens.data import CATALOGUE, Dataset, ImportOptions, LabelledImages, import_images, load_dataset
from convlens.engines.native import NativeEngine
from convlens.errors import ConvlensError, DamagedModel, DataError, ModelFileError, UsageError
from convlens.evaluation import choose_images, evaluate
from convlens.evaluation import images as images_module
from convlens.evaluation.images import find_test_images
from convlens.network import Network, initial_weights
from convlens.preprocessing import Preprocessing
from convlens.trained_model import TrainedModel

NAMES = ("cat", "dog", "emu")


def make_model(names: tuple[str, ...] = NAMES, shape: tuple[int, int, int] = (1, 4, 4), **facts: Any) -> TrainedModel:
    network = Network.from_text("dense")
    weights = initial_weights(network, shape, len(names), seed=1)
    return TrainedModel(network, weights, Preprocessing(shape, "letterbox"), names, facts)


def make_images(count: int = 5, shape: tuple[int, int, int] = (1, 4, 4), names=NAMES, name="pets") -> LabelledImages:
    random = np.random.default_rng(count)
    pixels = random.integers(0, 256, (count, *shape), np.uint8)
    return LabelledImages(pixels, random.integers(0, len(names), count), names, name)


def test_evaluate_judges_the_models_own_logits():
    model, images = make_model(), make_images(20)
    found = evaluate(model, images)
    np.testing.assert_array_equal(found.logits, model.logits(images.images))
    assert (found.data, found.class_names) == ("pets", NAMES)
    assert found.correct == int((model.logits(images.images).argmax(1) == images.labels).sum())


def test_of_a_dataset_the_test_images_are_judged():
    dataset = Dataset("pets", make_images(9, name="pets train"), make_images(4, name="pets test"), "letterbox")
    found = evaluate(make_model(), dataset)
    assert (found.data, found.total) == ("pets test", 4)


def test_a_dataset_without_test_images_says_so():
    with pytest.raises(DataError, match=r"^pets has no test images, so there is nothing to evaluate\. Give labelled"):
        evaluate(make_model(), Dataset("pets", make_images(), None, "letterbox"))


def test_another_engine_can_compute():
    class Stubborn(NativeEngine):
        def logits(self, images: np.ndarray) -> np.ndarray:
            return np.eye(3, dtype=np.float32)[np.full(len(images), 2)]

    model = make_model()
    found = evaluate(model, make_images(), engine=Stubborn(model.plan))
    assert found.predicted.tolist() == [2] * 5


def test_an_engine_that_is_none_is_refused():
    with pytest.raises(UsageError, match=r"^engine is 'native'; give an engine, as returned by TrainedModel"):
        evaluate(make_model(), make_images(), engine="native")  # pyright: ignore[reportArgumentType]


def test_a_path_a_folder_and_latest_are_places_of_a_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model, images = make_model(), make_images()
    (tmp_path / "runs" / "first").mkdir(parents=True)
    path = model.save(tmp_path / "runs" / "first" / "model.safetensors")
    (tmp_path / "runs" / "latest").symlink_to("first", target_is_directory=True)
    for place in (path, str(path), path.parent, "latest"):
        np.testing.assert_array_equal(evaluate(place, images).logits, model.logits(images.images))
    with pytest.raises(ModelFileError, match=r"^nowhere: no such file or folder\. Give a model file"):
        evaluate("nowhere", images)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, object]]:
    """`pets` is a known dataset; the list says with what it was loaded."""
    loaded: list[tuple[str, object]] = []

    def load(name: str, data_dir: object = None, on_progress: object = None) -> Dataset:
        loaded.append((name, data_dir))
        return Dataset(name, make_images(9), make_images(4, name=f"{name} test"), "letterbox")

    monkeypatch.setitem(CATALOGUE, "pets", replace(CATALOGUE["mnist"], name="pets", class_names=NAMES))
    monkeypatch.setattr("convlens.evaluation.images.load_dataset", load)
    return loaded


def test_data_can_be_given_by_name_or_is_what_the_model_was_trained_on(known, tmp_path):
    assert evaluate(make_model(data="other"), "pets", data_dir=tmp_path).total == 4
    assert evaluate(make_model(data="pets")).data == "pets test"
    assert known == [("pets", tmp_path), ("pets", None)]


@pytest.mark.parametrize("facts", [{"data": "my photos"}, {}, {"data": ["pets"]}, {"data": 3}])
def test_a_model_of_unknown_data_asks_for_its_name(facts):
    message = r"^this model was trained on .*, which is not a known dataset\. Name the data to evaluate it on\.$"
    with pytest.raises(UsageError, match=message):
        evaluate(make_model(**facts))


def test_an_unknown_name_is_refused():
    with pytest.raises(UsageError, match="mnsit"):
        evaluate(make_model(), "mnsit")


def test_other_classes_are_listed_on_both_sides():
    images = make_images(names=("a" * 30, "b", "c", "d", "e", "f"))
    with pytest.raises(DataError) as caught:
        evaluate(make_model(), images)
    assert str(caught.value) == (
        "this model has other classes: 3 classes (cat, dog, emu), while pets has 6 classes "
        f"({'a' * 23}…, b, c, d, e, …). Evaluate it on data with its classes."
    )


def test_the_same_classes_in_another_order_are_other_classes():
    with pytest.raises(DataError, match=r"3 classes \(cat, dog, emu\), while pets has 3 classes \(dog, cat, emu\)"):
        evaluate(make_model(), make_images(names=("dog", "cat", "emu")))


@pytest.mark.parametrize(("shape", "text"), [((1, 4, 5), "1×4×5"), ((3, 4, 4), "3×4×4")])
def test_images_of_another_shape_say_both(shape, text):
    with pytest.raises(DataError, match=f"^pets has images of {text}; this model takes 1×4×4"):
        evaluate(make_model(), make_images(shape=shape))


def test_a_known_dataset_of_other_classes_is_refused_before_it_is_fetched(known):
    with pytest.raises(DataError, match=r"2 classes \(x, y\), while pets has 3 classes \(cat, dog, emu\)"):
        evaluate(make_model(("x", "y")), "pets")
    assert known == []


def test_the_models_calibration_judges(tmp_path):
    images, calibration = make_images(20), Calibration(2.0, 0.4, 0.01, 1.0, 0.0, 100)
    found = evaluate(replace(make_model(), calibration=calibration), images)
    assert found.calibration == calibration
    np.testing.assert_array_equal(found.probabilities, calibration.probabilities(found.logits))
    assert evaluate(make_model(), images).calibration == Calibration()


SIXTEEN = (1, 16, 16)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[ImportOptions]]:
    """A function: says which images `photos` holds, and returns a list of the options with which they will be read."""

    def hold(test: bool = False, validation: bool = False, names: tuple[str, ...] = NAMES) -> list[ImportOptions]:
        asked: list[ImportOptions] = []

        def read(
            path: object, options: ImportOptions, cache_dir: object, on_progress: object, check: Callable[..., None]
        ) -> SimpleNamespace:
            asked.append(options)
            check(names)
            whole, some, few = (make_images(count, SIXTEEN, names, f"photos {count}") for count in (40, 12, 7))
            notes = ("3 files were skipped",)
            dataset = Dataset("photos", whole, some if test else None, "auto", few if validation else None, notes)
            parts = (dataset.train, dataset.validation, dataset.test)
            return SimpleNamespace(
                name="photos", dataset=lambda: dataset, places=lambda part: np.arange(len(parts[part] or ()))
            )

        def repair(imported: SimpleNamespace, part: int, *rest: object) -> tuple[LabelledImages, Any, tuple[str, ...]]:
            dataset = imported.dataset()
            return (dataset.train, dataset.validation, dataset.test)[part], imported.places(part), ()

        monkeypatch.setattr("convlens.evaluation.images.import_images", read)
        monkeypatch.setattr("convlens.evaluation.images.repair_images", repair)
        return asked

    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path)
    return hold


def test_of_a_plain_folder_every_image_is_judged_at_the_models_size(own):
    asked, model = own(), make_model(shape=SIXTEEN)
    found = evaluate(model, "photos")
    assert asked == [ImportOptions(size=16, channels=1, test_share=0, validation_share=0)]
    assert (found.total, found.data) == (40, "photos")
    assert found.notes == ("3 files were skipped", "evaluated on all of its 40 images")
    assert evaluate(model, Path("photos")).notes == found.notes


def test_of_a_divided_folder_the_test_images_are_judged(own):
    own(test=True, validation=True)
    found = evaluate(make_model(shape=SIXTEEN), "photos")
    assert (found.total, found.notes[-1]) == (12, "evaluated on its 12 test images (its own split)")


def test_of_a_folder_with_training_and_validation_images_the_latter_are_judged(own):
    own(validation=True)
    found = evaluate(make_model(shape=SIXTEEN), "photos")
    assert found.notes[-1] == "evaluated on its 7 validation images, since it has no test images"
    assert found.total == 7


def test_classes_go_by_name_whatever_their_order(own):
    own(names=("emu", "cat"))
    found = evaluate(make_model(shape=SIXTEEN), "photos")
    numbers = make_images(40, SIXTEEN, ("emu", "cat")).labels
    assert found.class_names == NAMES
    assert found.labels.tolist() == np.array([2, 0])[numbers].tolist()
    assert found.classes[1].support == 0


def test_images_of_classes_that_the_model_does_not_know_are_left_out_and_named(own):
    names = ("emu", "yak", "cat", "zebra")
    own(names=names)
    model, images = make_model(shape=SIXTEEN), make_images(40, SIXTEEN, names)
    found, known = evaluate(model, "photos"), np.isin(images.labels, [0, 2])
    assert found.total == known.sum() < 40
    np.testing.assert_array_equal(found.logits, model.logits(images.images[known]))
    assert found.labels.tolist() == (2 - images.labels[known]).tolist()
    assert found.notes[-1] == f"{40 - found.total} images left out: the model does not know 2 classes (yak, zebra)"


def test_a_folder_without_any_class_of_the_model_is_refused(own):
    own(names=("yak", "zebra"))
    with pytest.raises(DataError, match=r"3 classes \(cat, dog, emu\), while photos has 2 classes \(yak, zebra\)"):
        evaluate(make_model(shape=SIXTEEN), "photos")


@pytest.mark.parametrize("shape", [(1, 4, 4), (1, 20, 24), (1, 97, 97)])
def test_files_are_not_read_at_sizes_that_no_file_is_read_at(own, shape):
    asked = own()
    text = "×".join(map(str, shape))
    with pytest.raises(DataError, match=f"takes images of {text}; files are read as squares of 16 to 96 pixels"):
        evaluate(make_model(shape=shape), "photos")
    assert asked == []


def learned_from(path: Path, **options: Any) -> TrainedModel:
    source = {"path": str(path.resolve()), "options": ImportOptions(**options).as_dict()}
    return make_model(shape=SIXTEEN, data="photos", data_source=source)


@pytest.mark.parametrize("data", [None, "photos", "../working-folder/../photos/"], ids=["nothing", "name", "other way"])
def test_a_model_of_ones_own_images_is_never_judged_on_what_it_learned(own, data, tmp_path):
    asked = own(test=True)
    (tmp_path / "working-folder").mkdir(exist_ok=True)
    if data and data.startswith(".."):
        data = str(tmp_path / "working-folder" / data)
    found = evaluate(learned_from(tmp_path / "photos", group_by="{stem[:5]}", split_seed=7, size=32), data)
    assert asked == [ImportOptions(size=16, channels=1, group_by="{stem[:5]}", split_seed=7)]
    assert found.total == 12
    assert found.notes[-1] == "the model was trained on these images; evaluated on the 12 set aside for testing"


def test_images_that_were_all_used_for_training_judge_nothing(own, tmp_path):
    own(test=False)
    with pytest.raises(DataError, match=r"^photos has no test images, so there is nothing to evaluate\."):
        evaluate(learned_from(tmp_path / "photos", test_share=0.0))


def test_a_model_of_ones_own_images_can_be_judged_on_others(own, tmp_path):
    asked = own()
    (tmp_path / "photos").rename(tmp_path / "pictures")
    (tmp_path / "photos").mkdir()
    assert evaluate(learned_from(tmp_path / "pictures", split_seed=7), "photos").total == 40
    assert asked[0].split_seed == 0
    assert asked[0].test_share == 0


@pytest.mark.parametrize(
    "source",
    ["photos", 3, {}, {"path": "photos"}, {"path": 3, "options": {}}, {"path": "photos", "options": {"sise": 16}},
     {"path": "photos", "options": {"size": 5}}, {"path": "photos", "options": 3}, ["photos", {}]],
    ids=str,
)  # fmt: skip
def test_a_source_that_cannot_be_is_one_clear_line(own, source):
    own(test=True)
    with pytest.raises(DamagedModel, match=r"does not say where its training images were: .*Name the data to evaluate"):
        evaluate(make_model(shape=SIXTEEN, data_source=source))


def test_a_damaged_source_does_not_hinder_other_data(own):
    own(test=True)
    assert evaluate(make_model(shape=SIXTEEN, data_source="photos"), "photos").total == 12
    impossible = {"path": "a\0b", "options": {}}
    assert evaluate(make_model(shape=SIXTEEN, data_source=impossible), "photos").total == 12


def test_what_was_chosen_can_be_judged_later(own):
    own(test=True)
    model = make_model(shape=SIXTEEN)
    chosen = choose_images(model, "photos")
    found = evaluate(model, chosen)
    assert (found.total, found.notes) == (12, chosen.notes)


def write_pictures(folder: Path, names: tuple[str, ...], count: int) -> None:
    """Pictures of 24 × 20 pixels, each class in its folder, from dark to light."""
    for number, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for index in range(count):
            pixels = np.full((24, 20), 20 + 60 * number + index, np.uint8)
            pixels[4:9, 6:12] = 255
            Image.fromarray(pixels).save(folder / name / f"{index}.png")


def test_files_are_read_as_they_are_for_training(tmp_path):
    write_pictures(tmp_path / "photos", ("emu", "cat"), 4)
    model = make_model(shape=SIXTEEN)
    found = evaluate(model, tmp_path / "photos", repair=False)
    options = ImportOptions(size=16, channels=1, test_share=0, validation_share=0)
    dataset = load_dataset(tmp_path / "photos", options=options)
    assert sorted(found.labels.tolist()) == [0] * 4 + [2] * 4
    np.testing.assert_array_equal(found.logits, model.logits(dataset.train.images))
    assert [dataset.train.class_names[label] for label in dataset.train.labels] == [
        NAMES[label] for label in found.labels
    ]
    assert evaluate(model, str(tmp_path / "photos"), repair=False).notes[-1] == "evaluated on all of its 8 images"


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_pictures_are_repaired_as_predictions_repair_them(tmp_path, packed):
    write_pictures(tmp_path / "photos", ("emu", "cat"), 3)
    place = tmp_path / "photos"
    if packed:
        place = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "photos"))
    model = replace(make_model(shape=SIXTEEN), preprocessing=Preprocessing(SIXTEEN, "letterbox", light_on_dark=False))
    found = evaluate(model, place)
    assert found.notes[-1] == "repaired as in predictions: 6 of 6 images changed"  # light on dark, inverted
    for name in ("emu", "cat"):
        expected = [one.probabilities for one in model.predict(sorted((tmp_path / "photos" / name).iterdir()))]
        rows = found.labels == NAMES.index(name)
        np.testing.assert_allclose(
            np.sort(found.probabilities[rows], axis=0), np.sort(np.stack(expected), axis=0), rtol=1e-5
        )


def test_pictures_that_vanish_before_they_are_repaired_are_left_out(tmp_path, monkeypatch):
    write_pictures(tmp_path / "photos", NAMES, 2)
    read = import_images

    def read_and_lose(*arguments: Any) -> Any:
        imported = read(*arguments)
        (tmp_path / "photos" / "cat" / "0.png").unlink()
        return imported

    monkeypatch.setattr(images_module, "import_images", read_and_lose)
    found = evaluate(make_model(shape=SIXTEEN), tmp_path / "photos")
    assert found.total == 5
    assert found.notes[-1] == "left out, because they are missing or cannot be read any more: 1"


def test_an_archive_that_is_replaced_before_its_pictures_are_repaired_is_no_data(tmp_path, monkeypatch):
    write_pictures(tmp_path / "photos", NAMES, 2)
    place = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "photos"))
    read = import_images

    def read_and_lose(*arguments: Any) -> Any:
        imported = read(*arguments)
        with zipfile.ZipFile(place, "w") as archive:
            archive.writestr("other", "")
        return imported

    monkeypatch.setattr(images_module, "import_images", read_and_lose)
    with pytest.raises(DataError, match=f"^{place.name}: none of the images can be read any more. Check the folder."):
        evaluate(make_model(shape=SIXTEEN), place)


def test_images_in_arrays_of_a_file_are_repaired_and_progress_is_told(tmp_path):
    pixels = np.full((130, 16, 16), 230, np.uint8)
    pixels[:, 4:12, 6:10] = 20
    pixels[:10] = 255 - pixels[:10]
    np.savez(tmp_path / "photos.npz", images=pixels, labels=np.array(NAMES)[np.arange(130) % 3])
    model = replace(make_model(shape=SIXTEEN), preprocessing=Preprocessing(SIXTEEN, "letterbox", light_on_dark=False))
    told = []
    found = evaluate(model, tmp_path / "photos.npz", on_progress=told.append)
    assert found.notes[-1] == "repaired as in predictions: 10 of 130 images changed"  # the ten light on dark
    np.testing.assert_array_equal(found.labels, np.arange(130) % 3)
    ten = model.logits(255 - pixels[:10, np.newaxis])
    np.testing.assert_array_equal(found.logits, np.concatenate([ten, model.logits(pixels[10:, np.newaxis])]))
    assert [(one.done, one.total) for one in told if one.what == "repairing"] == [(0, 130), (64, 130), (128, 130)]


def test_test_images_of_other_classes_alone_are_refused(tmp_path):
    write_pictures(tmp_path / "photos" / "train", ("cat", "yak"), 5)
    write_pictures(tmp_path / "photos" / "test", ("yak",), 2)
    with pytest.raises(DataError, match="this model has other classes: 3 classes"):
        evaluate(make_model(shape=SIXTEEN), tmp_path / "photos")


def test_the_test_folder_of_divided_files_is_judged(tmp_path):
    write_pictures(tmp_path / "photos" / "train", NAMES, 5)
    write_pictures(tmp_path / "photos" / "test", NAMES, 2)
    found = evaluate(make_model(shape=SIXTEEN), tmp_path / "photos")
    assert found.total == 6
    assert found.notes[-2] == "evaluated on its 6 test images (its own split)"


def test_the_images_that_training_set_aside_are_found_again(tmp_path):
    write_pictures(tmp_path / "photos", NAMES, 10)
    dataset = load_dataset(tmp_path / "photos", options=ImportOptions(size=16, split_seed=3, test_share=0.3))
    assert dataset.test is not None
    model = learned_from(tmp_path / "photos", size=16, split_seed=3, test_share=0.3)
    for data in (None, tmp_path / "photos"):
        found = evaluate(model, data)
        np.testing.assert_array_equal(found.logits, model.logits(dataset.test.images))
        np.testing.assert_array_equal(found.labels, dataset.test.labels)
    shown = find_test_images(model)
    assert shown is not None
    np.testing.assert_array_equal(shown.images, dataset.test.images)
    np.testing.assert_array_equal(shown.labels, dataset.test.labels)
    assert find_test_images(replace(model, class_names=("yak", "zebra", "ox"))) is None
    assert find_test_images(learned_from(tmp_path / "pictures")) is None  # they are not there
    assert find_test_images(make_model(data="my own arrays")) is None  # nobody knows where they are


def test_a_path_that_is_not_there_says_so(tmp_path):
    with pytest.raises(ConvlensError, match="photos"):
        evaluate(make_model(shape=SIXTEEN), tmp_path / "photos")
    with pytest.raises(ConvlensError, match="photos"):
        evaluate(learned_from(tmp_path / "photos"))
