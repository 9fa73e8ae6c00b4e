"""Whether an accuracy can be believed: planted copies are all found, parted series named, too few images said."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from convlens.data import CATALOGUE, Dataset, ImportOptions, LabelledImages, import_images
from convlens.evaluation import (
    Evaluation,
    ImagesToJudge,
    TrustCheck,
    check_trust,
    choose_images,
    evaluate,
    training_images,
    trust,
)
from convlens.evaluation.trust import check_amount, check_copies
from convlens.network import Network, initial_weights
from convlens.preprocessing import Preprocessing
from convlens.trained_model import TrainedModel

NAMES = ("cat", "dog")
SHAPE = (1, 16, 16)


def make_model(
    names: tuple[str, ...] = NAMES, shape: tuple[int, int, int] = SHAPE, upright: bool | None = True, **facts: Any
) -> TrainedModel:
    network = Network.from_text("dense")
    weights = initial_weights(network, shape, len(names), seed=1)
    return TrainedModel(network, weights, Preprocessing(shape, "letterbox", upright), names, facts)


def learned_from(path: Path, upright: bool | None = True, **options: Any) -> TrainedModel:
    source = {"path": str(path.resolve()), "options": ImportOptions(size=16, channels=1, **options).as_dict()}
    return make_model(upright=upright, data=path.name, data_source=source)


def noise(first: int, count: int = 1) -> np.ndarray:
    """Images that no other number gives."""
    each = [np.random.default_rng(first + place).integers(0, 256, SHAPE, np.uint8) for place in range(count)]
    return np.stack(each)


def labelled(images: np.ndarray, name: str = "pets test") -> LabelledImages:
    return LabelledImages(images, np.arange(len(images)) % 2, NAMES, name)


def save(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image.reshape(image.shape[-2:])).save(path)


def soft_picture(seed: int) -> np.ndarray:
    soft = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(16, 16)), 2)
    soft -= soft.min()
    return (soft / soft.max() * 180).astype(np.uint8)


def checks_of(model: TrainedModel, data: Any = None, **choices: Any) -> tuple[dict[str, TrustCheck], ImagesToJudge]:
    chosen = choose_images(model, data, **choices)
    found = check_trust(model, chosen, evaluate(model, chosen))
    assert len({check.kind for check in found}) == len(found)
    return {check.kind: check for check in found}, chosen


def judged(supports: Sequence[int], right: int | None = None) -> Evaluation:
    """An evaluation of so many images of each class, of which the first `right` are right."""
    labels = np.repeat(np.arange(len(supports)), supports)
    predicted = np.where(np.arange(len(labels)) < (len(labels) if right is None else right), labels, 1 - labels % 2)
    names = tuple("abcdefgh"[: len(supports)])
    return Evaluation("pets", names, labels, np.eye(len(supports), dtype=np.float32)[predicted])


def test_every_planted_copy_in_arrays_is_found():
    train, validation, test = noise(0, 60), noise(100, 10), noise(200, 20)
    test[[3, 8, 19]] = train[[0, 0, 59]]
    test[5] = validation[9]
    dataset = Dataset("pets", labelled(train), labelled(test), "letterbox", labelled(validation))
    found, _ = checks_of(make_model(data="pets"), dataset)
    assert found["copies"] == TrustCheck(
        "copies",
        "bad",
        "4 of the 20 images are also among the training images, pixel for pixel (pets test 3, pets test 5, "
        "pets test 8 and 1 more). The model may have memorised them: remove them from one of the sets and train again.",
        count=4,
        images=(3, 5, 8, 19),
    )


@pytest.mark.parametrize(("copies", "verdict"), [(1, "warning"), (2, "warning"), (3, "bad")])
def test_more_than_a_percent_of_copies_are_bad(copies, verdict):
    test = noise(1000, 200)
    test[:copies] = noise(0, copies)
    check = check_copies(ImagesToJudge(labelled(test)), labelled(noise(0, 10)))
    assert (check.verdict, check.count, check.images) == (verdict, copies, tuple(range(copies)))
    assert " more)" not in check.sentence  # three fit into the sentence


def test_an_image_that_differs_by_one_level_of_one_pixel_is_no_copy():
    test = noise(0, 3)
    test[1, 0, 15, 15] ^= 1
    check = check_copies(ImagesToJudge(labelled(test)), labelled(noise(0, 3)))
    assert check.images == (0, 2)


def test_without_copies_it_is_said_what_was_compared():
    check = check_copies(ImagesToJudge(labelled(noise(0, 20))), labelled(noise(100, 1200)))
    assert check == TrustCheck("copies", "good", "None of the 20 images is among the 1,200 training images.")


@pytest.mark.parametrize("level", [0, 7, 255])
def test_images_of_one_colour_are_not_copies_of_each_other(level):
    train, test = noise(0, 4), noise(100, 4)
    train[0], test[2] = level, level
    assert check_copies(ImagesToJudge(labelled(test)), labelled(train)).verdict == "good"
    train[0, 0, 0, 0], test[2, 0, 0, 0] = level ^ 1, level ^ 1
    assert check_copies(ImagesToJudge(labelled(test)), labelled(train)).images == (2,)


@pytest.mark.parametrize("facts", [{}, {"data": "my photos"}, {"data": 3}, {"data_source": "photos"}], ids=str)
def test_what_a_model_learned_from_may_be_unknown(facts):
    found, _ = checks_of(make_model(**facts), labelled(noise(0, 4)))
    assert found["copies"] == TrustCheck(
        "copies",
        "unknown",
        "These images could not be compared with the training images, which are missing or not named in the model.",
    )


def test_a_folder_that_is_gone_is_unknown(tmp_path):
    found, _ = checks_of(learned_from(tmp_path / "gone"), labelled(noise(0, 4)))
    assert found["copies"].verdict == "unknown"
    assert set(found) == {"copies", "amount"}


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """`pets` is a known dataset of 8 training images; the list has a place for each time that it was loaded."""
    loaded: list[str] = []

    def load(name: str, data_dir: object = None, on_progress: object = None) -> Dataset:
        loaded.append(name)
        return Dataset(name, labelled(noise(0, 8)), labelled(noise(100, 3)), "letterbox")

    monkeypatch.setitem(CATALOGUE, "pets", replace(CATALOGUE["mnist"], name="pets", class_names=NAMES))
    monkeypatch.setattr(trust, "load_dataset", load)
    return loaded


def say_that_it_is(state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from convlens.data import inventory

    def status(entry: Any, data_dir: Any = None) -> Any:
        return replace(inventory.status(entry, data_dir), state=state)

    monkeypatch.setattr("convlens.evaluation.images.status", status)


def test_copies_of_a_known_dataset_are_found_in_any_arrays(known, monkeypatch):
    say_that_it_is("present", monkeypatch)
    found, _ = checks_of(make_model(data="pets"), labelled(np.concatenate([noise(100, 2), noise(6, 2)])))
    assert found["copies"].images == (2, 3)
    assert known == ["pets"]


@pytest.mark.parametrize("state", ["missing", "incomplete"])
def test_nothing_is_fetched_to_look_for_copies(known, monkeypatch, state):
    say_that_it_is(state, monkeypatch)
    found, _ = checks_of(make_model(data="pets"), labelled(noise(0, 4)))
    assert found["copies"].verdict == "unknown"
    assert known == []


@pytest.mark.parametrize(
    "model", [make_model(("cat", "emu"), data="pets"), make_model(shape=(1, 8, 8), data="pets")], ids=["names", "shape"]
)
def test_training_images_that_are_not_the_models_are_not_compared(known, monkeypatch, model):
    say_that_it_is("present", monkeypatch)
    assert training_images(model, ImagesToJudge(labelled(noise(0, 4)))) is None
    assert known == ["pets"]


def test_training_images_are_train_and_validation_with_their_labels():
    train, validation = labelled(noise(0, 3), "pets train"), labelled(noise(50, 2), "pets validation")
    dataset = Dataset("pets", train, labelled(noise(100, 2)), "letterbox", validation)
    found = training_images(make_model(data="pets"), choose_images(make_model(data="pets"), dataset))
    assert found is not None
    np.testing.assert_array_equal(found.images.images, np.concatenate([noise(0, 3), noise(50, 2)]))
    assert found.images.labels.tolist() == [0, 1, 0, 0, 1]
    assert (found.images.name, found.name_of(4)) == ("pets", "pets 4")


@pytest.fixture
def parted(tmp_path: Path) -> Path:
    """photos/train, validation and test, with copies in test under other names, in other classes and formats."""
    photos = tmp_path / "photos"
    for part, first, count in (("train", 0, 8), ("validation", 100, 2), ("test", 200, 5)):
        for number, name in enumerate(NAMES):
            for place in range(count):
                save(photos / part / name / f"{'abcdefgh'[place]}.png", noise(first + 50 * number + place))
    save(photos / "test" / "cat" / "again.png", noise(3))
    save(photos / "test" / "cat" / "z.bmp", noise(57))  # another class in training
    save(photos / "test" / "dog" / "h.png", noise(101))  # of the validation images
    save(photos / "test" / "dog" / "i.png", noise(57))
    for part in ("train", "test"):
        save(photos / part / "cat" / "blank.png", np.full((16, 16), 9, np.uint8))
    save(photos / "train" / "dog" / "soft.png", soft_picture(1))
    return photos


PLANTED = ["test/cat/again.png", "test/cat/z.bmp", "test/dog/h.png", "test/dog/i.png"]


def test_every_planted_copy_in_a_folder_of_ones_own_is_found(parted):
    found, chosen = checks_of(learned_from(parted))
    assert [chosen.name_of(index) for index in found["copies"].images] == PLANTED
    assert found["copies"].sentence.startswith(
        "4 of the 15 images are also among the training images, pixel for pixel (test/cat/again.png, "
        "test/cat/z.bmp, test/dog/h.png and 1 more). "
    )
    assert found["copies"].verdict == "bad"
    assert found["near_copies"] == TrustCheck(
        "near_copies", "good", "No near copies across training, validation and test images."
    )
    as_dict = json.loads(json.dumps(found["copies"].as_dict(chosen.name_of)))
    assert (as_dict["kind"], as_dict["count"], as_dict["images"]) == ("copies", 4, PLANTED)


def test_near_copies_across_parts_are_said_with_what_to_do(parted):
    save(parted / "test" / "dog" / "lighter.png", soft_picture(1) + 20)
    found, chosen = checks_of(learned_from(parted))
    assert [chosen.name_of(index) for index in found["copies"].images] == PLANTED
    near = found["near_copies"]
    assert (near.verdict, near.count) == ("warning", 2)
    assert near.sentence == (
        "2 images are nearly the same as one in another part. Look at them: pictures of one scene or track belong in "
        "one part, otherwise the test is too easy."
    )


def test_training_images_of_a_folder_have_the_names_of_their_files(parted):
    model = learned_from(parted)
    found = training_images(model, choose_images(model))
    assert found is not None
    names = [found.name_of(index) for index in range(len(found.images))]
    assert len(names) == 2 * 8 + 2 + 2 * 2
    assert {name.split("/")[0] for name in names} == {"train", "validation"}
    place = names.index("validation/dog/b.png")
    np.testing.assert_array_equal(found.images.images[place], noise(151)[0])
    assert found.images.labels[place] == 1


def on_black(seed: int) -> np.ndarray:
    """Something light in the middle."""
    image = np.zeros((16, 16), np.uint8)
    image[4:12, 4:12] = noise(seed)[0, 0, :8, :8] | 128
    return image


@pytest.mark.parametrize("repair", [True, False])
def test_copies_in_another_folder_are_found_though_they_are_repaired(parted, tmp_path, repair):
    """The model believes that its images are dark on light, so what is light on dark is inverted."""
    for place in range(3):
        save(tmp_path / "others" / "cat" / f"new{place}.png", on_black(300 + place))
        save(tmp_path / "others" / "yak" / f"copy{place}.png", noise(place))  # of a class that is left out
    for place in (5, 6):
        save(parted / "train" / "dog" / f"black{place}.png", on_black(place))
        save(tmp_path / "others" / "dog" / f"copy{place}.png", on_black(place))
    save(tmp_path / "others" / "dog" / "tested.png", noise(201))  # the model did not learn from it
    found, chosen = checks_of(learned_from(parted, upright=False), tmp_path / "others", repair=repair)
    copies = found["copies"].images
    assert [chosen.name_of(index) for index in copies] == ["dog/copy5.png", "dog/copy6.png"]
    for index, place in zip(copies, (5, 6), strict=True):
        assert (chosen.images.images[index] != on_black(place)).any() == repair
    assert set(found) == {"copies", "amount"}  # how other images were divided is no question


def test_a_name_belongs_to_its_image_also_where_images_were_left_out(tmp_path):
    for place, name in enumerate(("cat", "dog", "yak", "ant")):
        for number in range(2):
            save(tmp_path / "photos" / name / f"{number}.png", noise(10 * place + number))
    chosen = choose_images(make_model(), tmp_path / "photos", repair=False)
    names = [chosen.name_of(index) for index in range(4)]
    assert sorted(names) == ["cat/0.png", "cat/1.png", "dog/0.png", "dog/1.png"]
    for index, name in enumerate(names):
        expected = noise(10 * (name[:3] == "dog") + int(name[4]))[0]
        np.testing.assert_array_equal(chosen.images.images[index], expected)
        assert NAMES[chosen.images.labels[index]] == name[:3]


def test_a_name_belongs_to_its_image_also_where_files_vanish_before_they_are_repaired(tmp_path, monkeypatch):
    for place in range(5):
        save(tmp_path / "photos" / NAMES[place % 2] / f"{place}.png", noise(place))

    def read_and_lose(*arguments: Any) -> Any:
        imported = import_images(*arguments)
        (tmp_path / "photos" / "cat" / "2.png").unlink()
        return imported

    monkeypatch.setattr("convlens.evaluation.images.import_images", read_and_lose)
    chosen = choose_images(make_model(upright=None), tmp_path / "photos")
    assert [chosen.name_of(index) for index in range(4)] == ["cat/0.png", "cat/4.png", "dog/1.png", "dog/3.png"]
    np.testing.assert_array_equal(chosen.images.images, np.concatenate([noise(place) for place in (0, 4, 1, 3)]))


def test_arrays_have_no_files():
    dataset = Dataset("pets", labelled(noise(0, 4)), labelled(noise(9, 2)), "letterbox")
    chosen = choose_images(make_model(), dataset)
    assert chosen.dataset is dataset
    assert (chosen.imported, chosen.places, chosen.name_of(1)) == (None, None, "pets test 1")
    assert choose_images(make_model(), labelled(noise(9, 2))).dataset is None


def write_films(folder: Path) -> None:
    for film in range(6):
        for picture in range(4):
            save(folder / NAMES[film % 2] / f"film{film}_{picture:03}.png", noise(10 * film + picture))


def test_files_of_one_film_that_were_parted_are_said_with_what_to_do(tmp_path):
    write_films(tmp_path / "films")
    found, chosen = checks_of(learned_from(tmp_path / "films"))
    count = len(chosen.images)
    assert 2 <= count < 6
    assert (found["groups"].verdict, found["groups"].count) == ("warning", count)
    assert found["groups"].images == tuple(range(count))
    assert found["groups"].sentence == (
        f"By their names, {count} of the {count} images belong to series whose other files were used for training, "
        f"such as that of {chosen.name_of(0)}; the split was by file. If a series shows the same object, the accuracy "
        "is too high. Keep them together: "
        'convlens train … --group-by "{stem[:5]}", with as many letters as identify a series.'
    )


def test_a_split_that_kept_films_together_is_good(tmp_path):
    write_films(tmp_path / "films")
    found, chosen = checks_of(learned_from(tmp_path / "films", group_by="{stem[:5]}"))
    assert found["groups"] == TrustCheck("groups", "good", "The split kept files together by {stem[:5]}.")
    assert len({chosen.name_of(index)[:9] for index in range(len(chosen.images))}) <= 2


def write_table(folder: Path, tested: dict[int, int]) -> Path:
    """Six films of four pictures in one folder; `tested` says from which picture on each film's are for testing."""
    rows = ["path,label,split"]
    for film in range(6):
        for picture in range(4):
            name = f"film{film}_{picture:03}.png"
            save(folder / "all" / name, noise(10 * film + picture))
            rows.append(f"all/{name},{NAMES[film % 2]},{'test' if picture >= tested.get(film, 4) else 'train'}")
    (folder / "films.csv").write_text("\n".join(rows) + "\n")
    return folder / "films.csv"


def test_films_that_a_table_parts_are_named_one_by_one(tmp_path):
    """Films 0 and 1 are in both parts, film 2 is all for testing."""
    found, chosen = checks_of(learned_from(write_table(tmp_path, {0: 3, 1: 2, 2: 0}), validation_share=0.0))
    torn = [chosen.name_of(index) for index in found["groups"].images]
    assert torn == ["all/film0_003.png", "all/film1_002.png", "all/film1_003.png"]
    assert found["groups"].count == 3
    assert found["groups"].sentence.startswith(
        "By their names, 3 of the 7 images belong to series whose other files were used for training, such as that of "
        "all/"
    )
    assert found["groups"].sentence.endswith("the accuracy is too high. Put each series into one part as a whole.")


def test_films_that_a_table_keeps_together_are_no_warning(tmp_path):
    found, _ = checks_of(learned_from(write_table(tmp_path, {2: 0, 3: 0}), validation_share=0.0))
    assert "groups" not in found or found["groups"].verdict == "good"


def test_files_that_are_merely_numbered_are_no_warning(tmp_path):
    for number, name in enumerate(NAMES):
        for place in range(10):
            save(tmp_path / "photos" / name / f"{name}_{place:03}.png", noise(50 * number + place))
    found, _ = checks_of(learned_from(tmp_path / "photos"))
    assert "groups" not in found or found["groups"].verdict == "good"
    assert (found["copies"].verdict, found["near_copies"].verdict) == ("good", "good")


def test_images_in_arrays_of_a_file_have_no_series(tmp_path):
    images, labels = noise(0, 24)[:, 0], np.arange(24) % 2
    images[20] = images[2]
    np.savez(tmp_path / "pets.npz", x_train=images[:18], y_train=labels[:18], x_test=images[18:], y_test=labels[18:],
             class_names=np.array(NAMES))  # fmt: skip
    found, chosen = checks_of(learned_from(tmp_path / "pets.npz", validation_share=0.0))
    assert [chosen.name_of(index) for index in found["copies"].images] == ["x_test 2"]
    assert "groups" not in found or found["groups"].verdict == "good"


def test_enough_images_say_how_well_the_accuracy_is_known():
    # 9,873 of 10,000: 98.49 to 98.93 %, half of which is 0.22
    found = check_amount(judged([5000, 5000], right=9873))
    assert found == TrustCheck("amount", "good", "10,000 images measure the accuracy to within 0.22 percentage points.")


def test_few_images_say_between_what_the_accuracy_lies():
    # Wilson for 57 of 60: 86.3 to 98.3 %
    found = check_amount(judged([30, 30], right=57))
    assert found == TrustCheck(
        "amount",
        "warning",
        "60 images are too few: the accuracy may be anywhere from 86.3 to 98.3 %. Evaluate on more images.",
    )


def test_the_limits_of_few():
    assert check_amount(judged([1000, 30])).verdict == "good"
    assert check_amount(judged([1000, 29])).count == 1
    # All right: from n/(n + 3.841) to 1, wider than 4 % up to 92 images.
    assert check_amount(judged([61, 31])).verdict == "warning"
    assert check_amount(judged([62, 31])).verdict == "good"


def test_classes_of_few_images_and_of_none_are_named():
    found = check_amount(judged([500, 29, 0]))
    assert (found.verdict, found.count) == ("warning", 2)
    assert found.sentence.endswith(
        " percentage points. Class b has fewer than 30 images, so its results are imprecise. Class c has no images "
        "here and is not evaluated."
    )
    many = check_amount(judged([500, 1, 2, 3, 4, 0, 0]))
    assert many.count == 6
    assert many.sentence.endswith(
        " points. 4 classes (b, c, d and 1 more) have fewer than 30 images, so their results are imprecise. 2 "
        "classes (f, g) have no images here and are not evaluated."
    )


def test_a_model_that_was_stopped_says_so():
    chosen = ImagesToJudge(labelled(noise(0, 4)))
    for model in (make_model(), make_model(finished=True)):
        assert [check.kind for check in check_trust(model, chosen, evaluate(model, chosen))] == ["copies", "amount"]
    model = make_model(finished=False)
    copies, amount, stopped = check_trust(model, chosen, evaluate(model, chosen))
    assert (copies.kind, amount.kind) == ("copies", "amount")
    assert stopped == TrustCheck(
        "unfinished", "warning", "Training was stopped early; this is the model at that point."
    )
