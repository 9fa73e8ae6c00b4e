import numpy as np
from PIL import Image

from convlens.data import Dataset, LabelledImages, import_images
from convlens.data.checkup.collection import Refusal, collect_dataset, collect_imported


def save(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (20, 20), np.uint8)
    Image.fromarray(pixels).save(path)


def test_files_that_gave_no_image_are_kept_apart(tmp_path):
    for number in range(4):
        save(tmp_path / "pets" / "cat" / f"{number}.png", number)
        save(tmp_path / "pets" / "dog" / f"{number}.png", 10 + number)
    (tmp_path / "pets" / "cat" / "0.png").write_text("hello")
    (tmp_path / "pets" / "dog" / "gone.png").symlink_to(tmp_path / "nowhere")
    (tmp_path / "pets" / "eel").mkdir()
    (tmp_path / "pets" / "eel" / "0.png").write_text("hello")
    collection = collect_imported(import_images(tmp_path / "pets", cache_dir=tmp_path / "cache"))
    assert len(collection) == len(collection.images) == len(collection.facts) == 7
    assert collection.class_names == ("cat", "dog")
    assert collection.lost == ("eel",)
    assert {(one.name, one.problem) for one in collection.refused} == {
        ("cat/0.png", "not_an_image"),
        ("dog/gone.png", "vanished"),
        ("eel/0.png", "not_an_image"),
    }
    assert all(isinstance(one, Refusal) and one.words for one in collection.refused)
    assert not collection.facts["problem"].any()
    for name, label in zip(collection.names, collection.labels, strict=True):
        assert name.startswith(collection.class_names[label])


def test_names_facts_and_pixels_belong_together(tmp_path):
    for number in range(12):
        folder = tmp_path / "pets" / ("cat" if number % 2 else "dog")
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("L", (20 + number, 20), number * 10).save(folder / f"{number}.png")
    collection = collect_imported(import_images(tmp_path / "pets", cache_dir=tmp_path / "cache"))
    for place, name in enumerate(collection.names):
        number = int(name.partition("/")[2].removesuffix(".png"))
        assert collection.facts["width"][place] == 20 + number
        assert collection.images[place].max() == number * 10
    assert collection.blank.all()


def test_which_parts_the_source_gives(tmp_path):
    for number in range(20):
        save(tmp_path / "drawn" / ("cat" if number % 2 else "dog") / f"{number}.png", number)
        part = "test" if number < 4 else "train"
        save(tmp_path / "parted" / part / ("cat" if number % 2 else "dog") / f"{number}.png", number)
    drawn = collect_imported(import_images(tmp_path / "drawn", cache_dir=tmp_path / "cache"))
    assert drawn.given is not None
    assert set(drawn.given.tolist()) == {-1}
    assert set(drawn.parts.tolist()) == {0, 1, 2}
    parted = collect_imported(import_images(tmp_path / "parted", cache_dir=tmp_path / "cache"))
    assert parted.given is not None
    for name, given, part in zip(parted.names, parted.given, parted.parts, strict=True):
        assert given == (2 if name.startswith("test") else 0)
        assert part == 2 if given == 2 else part in (0, 1)


def test_a_dataset_in_memory_gets_the_facts_that_files_have():
    images = np.zeros((3, 1, 8, 8), np.uint8)
    images[1, 0, 2:4, 2:4] = 200
    images[2, 0, 0, 0] = 8
    train = LabelledImages(images[:2], np.array([0, 1]), ("cat", "dog"), "pets train")
    test = LabelledImages(images[2:], np.array([1]), ("cat", "dog"), "pets test")
    collection = collect_dataset(Dataset("pets", train, test, "letterbox"))
    assert collection.names == ["train 0", "train 1", "test 0"]
    assert collection.parts.tolist() == [0, 0, 2]
    row = collection.facts[1]
    assert (row["width"], row["height"], row["lowest"], row["highest"], row["border"]) == (8, 8, 0, 200, 0)
    assert row["mean"] == 12.5  # 4 of 64 pixels
    assert collection.blank.tolist() == [True, False, True]  # nobody sees 8 grey levels
    assert len(set(collection.facts["pixel_hash"].tolist())) == 3


def test_validation_images_come_between():
    images = np.zeros((2, 1, 8, 8), np.uint8)
    one = LabelledImages(images, np.array([0, 1]), ("cat", "dog"))
    collection = collect_dataset(Dataset("pets", one, one, "auto", one))
    assert collection.names == ["train 0", "train 1", "validation 0", "validation 1", "test 0", "test 1"]
    assert collection.parts.tolist() == [0, 0, 1, 1, 2, 2]
    assert collection.show(3, label=True, part=True) == "validation 1 (dog)"
