"""What images and labels come in: dicts, frames, datasets and loaders, each of the real library."""

from types import SimpleNamespace

import datasets as hugging_face
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, IterableDataset, Subset, TensorDataset

from convlens.data.intake import read_dataset
from convlens.data.intake.columns import find_names
from convlens.data.intake.containers import find_parts
from convlens.errors import DataError
from convlens.pixels import encode_png

COUNT = 12
IMAGES = np.random.default_rng(1).integers(0, 256, (COUNT, 8, 9), np.uint8)
LABELS = np.arange(COUNT) % 3 + 5
FLOATS = IMAGES / 255
NAMES = ("ant", "bee", "cat")
PICTURES = [Image.fromarray(image) for image in IMAGES]


class Photos(torch.utils.data.Dataset):
    """As torchvision's: map style, no end of its own, with names of classes."""

    classes = NAMES

    def __init__(self, transform=None):
        self.transform = transform

    def __len__(self):
        return COUNT

    def __getitem__(self, place):
        image = Image.fromarray(IMAGES[place % COUNT])
        return (self.transform(image) if self.transform else image), int(LABELS[place % COUNT]) - 5


def to_tensor(image):
    return torch.from_numpy(np.asarray(image)[None] / np.float32(255))


class Stream(IterableDataset):
    def __iter__(self):
        return iter(zip(FLOATS, LABELS, strict=True))


class Batches:
    """As tf.data: an object that gives NumPy arrays when it's asked, with or without batches."""

    def __init__(self, size):
        self.size = size

    def as_numpy_iterator(self):
        if self.size is None:
            return iter(zip(FLOATS[..., None], LABELS, strict=True))
        return iter([(FLOATS[at : at + self.size], LABELS[at : at + self.size]) for at in range(0, COUNT, self.size)])


def hugging_face_dataset(decode=True):
    features = hugging_face.Features(
        {"id": hugging_face.Value("int64"), "img": hugging_face.Image(decode=decode),
         "species": hugging_face.ClassLabel(names=list(NAMES))}
    )  # fmt: skip
    return hugging_face.Dataset.from_dict(
        {"id": list(range(COUNT)), "img": PICTURES, "species": (LABELS - 5).tolist()}, features=features
    )


TENSORS = TensorDataset(torch.from_numpy(FLOATS).float()[:, None], torch.from_numpy(LABELS))

NUMBERED = {
    "pair": (FLOATS, LABELS),
    "pair of lists": (FLOATS.tolist(), LABELS.tolist()),
    "dict": {"image": FLOATS, "label": LABELS},
    "dict, other names": {"X": FLOATS, "Y": LABELS, "more": 3},
    "dict of the plural": {"Images": IMAGES, "labels": LABELS},
    "list of pairs": list(zip(FLOATS, LABELS, strict=True)),
    "list of dicts": [{"img": one, "target": label} for one, label in zip(PICTURES, LABELS, strict=True)],
    "generator": ((image, label) for image, label in zip(PICTURES, LABELS, strict=True)),
    "zip": zip(FLOATS, LABELS, strict=True),
    "pandas": pd.DataFrame({"id": range(COUNT), "image": list(FLOATS), "label": LABELS}, index=range(50, 50 + COUNT)),
    "pandas, pictures": pd.DataFrame({"Image": PICTURES, "Class": LABELS}),
    "pandas series": (pd.Series(PICTURES), pd.Series(LABELS)),
    "polars": pl.DataFrame({"image": FLOATS.tolist(), "label": LABELS}),
    "polars series": (pl.Series(FLOATS.tolist()), pl.Series(LABELS)),
    "arrow": pa.table({"image": FLOATS.tolist(), "label": LABELS}),
    "tensors": (torch.from_numpy(FLOATS).requires_grad_(), torch.from_numpy(LABELS)),
    "tensor dataset": TENSORS,
    "loader": DataLoader(TENSORS, batch_size=5),
    "loader of a stream": DataLoader(Stream(), batch_size=5),
    "stream": Stream(),
    "batches of tf": Batches(5),
    "items of tf": Batches(None),
}

NAMED = {
    "photos": Photos(),
    "photos as tensors": Photos(to_tensor),
    "loader of photos": DataLoader(Photos(to_tensor), batch_size=5),
    "subset": Subset(Photos(), range(COUNT)),
    "loader of a subset": DataLoader(Subset(Photos(to_tensor), range(COUNT)), batch_size=5),
    "hugging face": hugging_face_dataset(),
    "hugging face as tensors": hugging_face_dataset().with_format("torch"),
    "dict with names": {"images": IMAGES, "labels": LABELS - 5, "class_names": np.array(NAMES)},
}


@pytest.mark.parametrize("form", NUMBERED)
def test_every_form_gives_the_same_images(form):
    train = read_dataset(NUMBERED[form]).train
    np.testing.assert_array_equal(train.images[:, 0], IMAGES)
    assert train.class_names == ("5", "6", "7")
    np.testing.assert_array_equal(train.labels, LABELS - 5)


@pytest.mark.parametrize("form", NAMED)
def test_names_of_classes_come_along(form):
    train = read_dataset(NAMED[form]).train
    np.testing.assert_array_equal(train.images[:, 0], IMAGES)
    assert train.class_names == NAMES
    np.testing.assert_array_equal(train.labels, LABELS - 5)


def test_a_streamed_hugging_face_dataset():
    stream = hugging_face_dataset().to_iterable_dataset().rename_columns({"species": "label"})
    train = read_dataset(stream).train
    np.testing.assert_array_equal(train.images[:, 0], IMAGES)
    assert train.class_names == NAMES


def test_of_several_features_of_classes_the_name_decides():
    coarse = hugging_face.ClassLabel(names=["small", "large"])
    two = hugging_face_dataset().add_column("coarse", [0] * COUNT).cast_column("coarse", coarse)
    with pytest.raises(DataError, match=r"'id', 'img', 'species', 'coarse'; none of them can be the labels"):
        read_dataset(two)
    assert read_dataset(two.rename_column("species", "label")).train.class_names == NAMES
    assert read_dataset((two["img"], two["species"])).train.class_names == ("0", "1", "2")


def test_a_dataset_names_its_classes_if_one_of_its_features_has_names():
    def named(**features):
        items = [(image, number % 2) for number, image in enumerate(IMAGES)]
        return read_dataset(ItemsWithFeatures(items, features)).train.class_names

    pets = SimpleNamespace(names=["cat", "dog"])
    assert named(image=object(), kind=pets) == ("cat", "dog")
    assert named(kind=pets, size=SimpleNamespace(names=["small", "large"])) == ("0", "1")
    assert named(kind=SimpleNamespace(names=None)) == ("0", "1")
    assert named(image=object()) == ("0", "1")


class ItemsWithFeatures:
    """Pairs of an image and a label with features as Hugging Face has them beside them."""

    def __init__(self, items, features):
        self.items, self.features = items, features

    def __len__(self):
        return len(self.items)

    def __getitem__(self, place):
        return self.items[place]


def test_pictures_that_hugging_face_has_not_decoded_are_files():
    assert read_dataset(hugging_face_dataset(decode=False)).train.image_shape == (1, 16, 16)


@pytest.mark.parametrize(
    "form",
    [
        {"train": (FLOATS[:8], LABELS[:8]), "val": (FLOATS[8:10], LABELS[8:10]), "test": (FLOATS[9:], LABELS[9:])},
        {"x_train": IMAGES[:8], "y_train": LABELS[:8], "x_val": IMAGES[8:10], "y_val": LABELS[8:10],
         "x_test": IMAGES[9:], "y_test": LABELS[9:]},
        pd.DataFrame({"image": [*PICTURES, *PICTURES[9:10]], "label": [*LABELS, LABELS[9]],
                      "split": ["train"] * 8 + ["validation"] * 2 + ["Test"] * 3})[lambda frame: frame.index != 12],
    ],
    ids=["dict of parts", "names of an .npz", "a column split"],
)  # fmt: skip
def test_parts_as_given(form):
    dataset = read_dataset(form)
    np.testing.assert_array_equal(dataset.train.images[:, 0], IMAGES[:8])
    assert dataset.validation is not None
    assert dataset.test is not None
    assert len(dataset.validation) == 2
    np.testing.assert_array_equal(dataset.test.images[:, 0], IMAGES[12 - len(dataset.test) :])
    np.testing.assert_array_equal(dataset.test.labels, LABELS[12 - len(dataset.test) :] - 5)


def test_a_dataset_dict_of_hugging_face():
    whole = hugging_face_dataset()
    given = hugging_face.DatasetDict({"train": whole, "test": whole.select(range(5))})
    dataset = read_dataset(given)
    assert dataset.test is not None
    assert (len(dataset.train), len(dataset.test), dataset.test.class_names) == (COUNT, 5, NAMES)


def test_the_arrays_of_an_npz_file(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:4], y_test=LABELS[:4])
    with np.load(tmp_path / "a.npz") as arrays:
        dataset = read_dataset(arrays)
    assert dataset.test is not None
    np.testing.assert_array_equal(dataset.test.images[:, 0], IMAGES[:4])


def test_frames_of_files(tmp_path):
    paths = [tmp_path / f"{place}.png" for place in range(COUNT)]
    for path, image in zip(paths, IMAGES, strict=True):
        path.write_bytes(encode_png(image))
    expected = read_dataset([path.read_bytes() for path in paths], LABELS).train
    assert expected.image_shape == (1, 16, 16)
    for frame in (
        pd.DataFrame({"path": map(str, paths), "label": LABELS}),
        pl.DataFrame({"file_name": list(map(str, paths)), "label": LABELS}),
        pl.DataFrame({"image": [path.read_bytes() for path in paths], "label": LABELS}),
    ):
        np.testing.assert_array_equal(read_dataset(frame).train.images, expected.images)


def test_one_column_is_enough_where_labels_come_apart():
    frame = pd.DataFrame({"whatever": PICTURES})
    np.testing.assert_array_equal(read_dataset(frame, LABELS).train.images[:, 0], IMAGES)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (FLOATS, r"data is of the type ndarray and the shape \(12, 8, 9\), without labels. Give both: train\(X, y\)"),
        (torch.zeros(3, 8, 8), r"of the type Tensor and the shape \(3, 8, 8\), without labels"),
        (PICTURES, r"data\[0\] is of the type Image.*If these are images, also give their labels: train\(X, y\)"),
        (PICTURES[0], "of the type Image, without labels"),
        ([FLOATS, LABELS], r"data\[0\] is of the type ndarray and the shape \(12, 8, 9\), not an image and its label"),
        ([(1, 2, 3)], r"data\[0\] is of length 3, not an image and its label"),
        ([(FLOATS[0], 1), 7], r"data\[1\] is 7, not an image and its label. Give pairs"),
        ((FLOATS,), r"data is a tuple of length 1. Give images and labels: train\(X, y\)"),
        ((FLOATS, None), "data has no labels: the second item of the pair is None"),
        (((FLOATS, LABELS), (FLOATS, LABELS)), r"train\(\*data\[0\], test=data\[1\]\)"),
        ({}, r"data has the columns \(none\); none of them can be the images"),
        (
            {"image": FLOATS},
            r"'image'; none of them can be the labels \(known names: label, class, category, target, class_name, …\)",
        ),
        ({"x_train": FLOATS}, "data has x_train but not y_train. Give both"),
        (pd.DataFrame({"a": [1], "b": [2]}), "has the columns 'a', 'b'; none of them can be the images"),
        (pd.DataFrame({"img": [1], "image": [2], "label": [3]}), "2 of them may be the images: img, image"),
        (pd.DataFrame({"image": [2], "label": [3], "target": [3]}), "2 of them may be the labels: label, target"),
        (
            pd.DataFrame(FLOATS.reshape(COUNT, -1)).assign(label=LABELS),
            r"73 columns.*train\(X.reshape\(-1, 28, 28\), y\)",
        ),
        (
            pd.DataFrame({"image": PICTURES, "label": LABELS, "split": "fold 3"}),
            "row 0 has 'fold 3' in the column split",
        ),
        (pl.LazyFrame({"image": [1], "label": [2]}), r"whose rows are not read yet. Give data.collect\(\)"),
        (Photos, "data is the class Photos, not an instance of it"),
        (None, "data is None; give an array with labels"),
        (7, "data is 7; give an array"),
        (b"bytes", "data is b'bytes'; give"),
        (object(), "data is of the type object; give"),
        ([], "data is empty"),
        ({"train": {"train": (FLOATS, LABELS), "test": (FLOATS, LABELS)}}, r"data\['train'\] has several parts"),
        ({"val": (FLOATS, LABELS), "dev": (FLOATS, LABELS)}, r"data\['dev'\] is a second part for validation"),
        ({"test": (FLOATS, LABELS)}, "the data have test images but no training images"),
    ],
)
def test_what_holds_no_labelled_images_is_explained(data, message):
    with pytest.raises(DataError, match=message):
        read_dataset(data)


class Broken(torch.utils.data.Dataset):
    def __len__(self):
        return 3

    def __getitem__(self, place):
        raise RuntimeError("the disk\nis gone")


def test_what_other_peoples_code_raises_is_one_line():
    with pytest.raises(DataError, match=r"^data \(Broken\) cannot be read: the disk is gone\. Correct the data\.$"):
        read_dataset(Broken())


def test_batches_must_fit_their_labels():
    lost = DataLoader(TENSORS, batch_size=3, collate_fn=lambda _: (torch.zeros(3, 8, 8), [1, 2]))
    with pytest.raises(DataError, match=r"data\[0\] has 3 images but 2 labels"):
        find_parts(lost)
    batches = [(torch.zeros(3, 8, 8), torch.zeros(3)), (torch.zeros(3, 9, 8), torch.zeros(3))]
    with pytest.raises(DataError, match=r"X has images of different shapes, \(8, 8\) and \(9, 8\)"):
        find_parts(iter(batches))


def test_names_of_columns():
    assert find_names(["ID", "File Name", "Category"], "it") == ("File Name", "Category")
    assert find_names(["a", "b"], "it", "a", "b") == ("a", "b")
