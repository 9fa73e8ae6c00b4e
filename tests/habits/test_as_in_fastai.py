"""What a user of fastai writes first, in a notebook and with files."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import convlens


def write_png(path: Path, image: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.kron(np.rint(image * 255), np.ones((3, 3))).astype(np.uint8)).save(path)
    return path


def test_a_folder_of_class_folders(X, names):
    for place in range(60):
        write_png(Path("digits") / names[place] / f"{place}.png", X[place])
    model = convlens.train("digits", recipe="fast", epochs=1, images=convlens.ImportOptions(size=24), validation=0.1)
    assert model.class_names == tuple(sorted(set(names[:60])))
    assert model.preprocessing.image_shape == (1, 24, 24)


def test_files_patterns_and_pictures_are_predicted(model, X):
    paths = [write_png(Path(f"scans/{place}.png"), X[place]) for place in range(3)]
    assert model.predict("scans/0.png").class_name == "0"
    assert model.predict(paths).labels.tolist() == model.predict("scans/*.png").labels.tolist() == ["0", "1", "2"]
    assert model.predict("scans").names == tuple(f"scans/{place}.png" for place in range(3))
    with Image.open(paths[0]) as picture:
        assert model.predict(picture).probability == model.predict(paths[0]).probability
    assert model.predict(paths[0].read_bytes()).class_name == "0"


def test_images_of_another_size_are_predicted_as_pictures(model, X, y):
    larger = np.kron(X[:20], np.ones((3, 3)))
    assert (model.predict(larger).class_numbers == y[:20]).mean() > 0.8


def test_what_is_mistaken_most(model, X, y):
    evaluation = convlens.evaluate(model, X[800:], y[800:])
    true, said, count = evaluation.most_confused(1)[0]
    places = [evaluation.class_names.index(name) for name in (true, said)]
    assert evaluation.confusion[places[0], places[1]] == count
    wrong = np.flatnonzero(model.predict(X[800:]).class_numbers != y[800:])
    assert set(evaluation.hardest_errors(3).tolist()) <= set(wrong.tolist())


def test_a_notebook_shows_tables(model, X, y):
    evaluation = convlens.evaluate(model, X[800:], y[800:])
    for shown in (model, model.network, model.history, model.predict(X[0]), model.predict(X[:3]), evaluation):
        html = shown._repr_html_()
        assert html.count("<table>") == html.count("</table>") == 1
    assert "conv 16 3x3" in model._repr_html_()
    assert model.predict(X[:3])._repr_html_().count("data:image/png") == 3
    assert f"{evaluation.accuracy * 100:.2f} %" in evaluation._repr_html_()


def test_a_page_with_the_model_inside(model):
    page = convlens.export_html(model, "digits.html")
    text = Path(page).read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "http://" not in text.replace("http://www.w3.org", "")


def test_four_threads_ask_one_model(model, X):
    parts = np.array_split(X, 4)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(model.predict_proba, parts))
    np.testing.assert_array_equal(np.concatenate(found), model.predict_proba(X))


def test_sure_answers_are_chosen(model, X):
    predictions = model.predict(X[:50])
    sure = predictions[predictions.confidences > 0.9]
    assert 0 < len(sure) < 50
    assert all(one.probability > 0.9 for one in sure)
    assert [one.answer for one in predictions[:3]] == ["0", "1", "2"]


def test_one_damaged_file_is_left_out(model, X):
    write_png(Path("good.png"), X[0])
    Path("bad.png").write_bytes(b"no image")
    with pytest.warns(UserWarning, match=r"1 image of 2 could not be read: bad\.png"):
        predictions = model.predict(["good.png", "bad.png"])
    assert predictions.failed.tolist() == [False, True]
    assert len(model.predict(["good.png", "bad.png"], on_error="skip")) == 1


def test_pairs_and_dictionaries(X, y):
    pairs = convlens.train(list(zip(X[:200], y[:200], strict=True)), network="dense", epochs=1)
    parts = convlens.train(
        {"train": (X[:200], y[:200]), "valid": (X[800:], y[800:])}, network="dense", epochs=1, batch_size=64
    )
    assert pairs.facts["training_images"] == parts.facts["training_images"] == 200
    assert parts.history["validation_accuracy"][0] == pytest.approx(parts.score(X[800:], y[800:]))
