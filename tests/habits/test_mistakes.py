"""What newcomers write and cannot mean: each line with the whole message that it gets.

A message says what was given, what is allowed, and what to write. Change one here only after reading it as somebody who
has seen nothing but the README.
"""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import convlens

DATA = {
    "train(y, X)": "y has the shape (300, 8, 8). Give one label for each image, shape (N,). Did you swap images and "
    "labels? Images come first.",
    "train(X)": "data is of the type ndarray and the shape (300, 8, 8), without labels. Give both: train(X, y) or "
    "evaluate(model, X, y).",
    "train(X, y[:-1])": "X has the shape (300, 8, 8), which is 300 images, but there are 299 labels. Give one label "
    "for each image.",
    "train(X * 16, y)": "X holds float64 from 0 to 16, which is dark for 0 to 255. If 16 is white, give "
    "X / 16; if 255 is white, give X.astype(np.uint8).",
    "train(X - 0.5, y)": "X holds float64 from -0.5 to 0.5; allowed are whole numbers from 0 to 255 and floats from 0 "
    "to 1. Give the pixels before normalisation.",
    "train(np.where(X > 0.9, np.nan, X), y)": "X has NaN or infinite values. Replace them, for example "
    "with np.nan_to_num.",
    "train(X.reshape(300, 64), y)": "X has the shape (300, 64): rows of 64 numbers, which do not show the height and "
    "width of the images. If they are grey, give X.reshape(-1, 8, 8); if it is one image of 300×64 pixels, give "
    "X[np.newaxis].",
    "train(X[0], y[0])": "y has the shape (). Give one label for each image, shape (N,).",
    "train(X, y + 0.5)": "y[0] is 0.5, which is not a class. Convlens only classifies: give integers, strings or "
    "booleans as labels.",
    "train(X, np.eye(10)[y] * 0.5)": "y has the shape (300, 10), but y[0] is [0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, "
    "0.0…, which is not one-hot (a single 1, otherwise 0). Give one label for each image, or one-hot rows.",
    "train(X, [None, *y[1:]])": "y[0] is None, not a label. Leave out images without a label.",
    "train(X[:0], y[:0])": "y is empty. Give one label for each image.",
    "train(X[y == 3], y[y == 3])": "y has only one class, 3; a classifier needs two. Give images of two classes or "
    "more.",
    "train(X, y, validation=(np.zeros((10, 9, 9)), y[:10]))": "X_validation has the shape (10, 9, 9), but images of "
    "1×8×8 (channels, height, width) are needed. Give N×8×8, N×8×8×1, N×1×8×8 or N×64.",
    "train(X, y, validation=(Xv, yv[:-1]))": "X_validation has the shape (200, 8, 8), which is 200 images, but there "
    "are 199 labels. Give one label for each image.",
    "train(X, y, validation=Xv)": "validation is of the type ndarray and the shape (200, 8, 8), without labels. Give "
    "both: validation=(X, y).",
    "train(X, y, validation=20)": "validation is 20; give a share from 0 to 0.5, such as 0.1.",
    "train(X[y < 5], y[y < 5], test=(Xv, yv))": "y_test has labels that are not classes of the training data: '5', "
    "'6', '7' and 2 more (101 images). The classes are 0, 1, 2, 3, 4. Leave out these images, or correct their labels.",
    'train("nowhere/")': "nowhere/ does not exist. Give a folder of class folders, a CSV file of paths and labels, an "
    ".npz file, IDX files, or a zip of one of these.",
    'train("lenet", X, y)': "train: images and labels come first; name all other arguments: "
    "train(X, y, validation=(X, y), epochs=3).",
    'train("lenet", (X, y))': "data is 'lenet', the name of a network. Write train(X, y, network=\"lenet\").",
    "train(network, (X, y))": "data is a Network. Give images and labels first: train(X, y, network=network).",
    'load_dataset("minst")': "unknown dataset 'minst'; known: mnist, fashion-mnist; did you mean mnist? Or give a "
    "folder, a CSV, an .npz, IDX files or a zip",
}
NETWORKS = {
    "Conv2d(1, 8, 3)": "Conv2d(1, 8, 3) is PyTorch's order. Here the layer before determines the input channels, and "
    "arguments after the output channels are named. Write Conv2d(8, kernel_size=3).",
    "Conv2d(filters=8, kernel_size=3)": "Conv2d has no argument 'filters'; its name here is channels. Write "
    "Conv2d(channels=8, kernel_size=3).",
    'Conv2d(8, kernel_size=3, activation="relu")': "Conv2d has no argument 'activation': an activation is a separate "
    "layer after it, such as ReLU(). Leave it out.",
    "Dense(128, 10)": "Dense takes only its number of outputs, because the layer before it determines the number of "
    "inputs. Write Dense(10).",
    "Dropout(p=0.5)": "Dropout has no argument 'p'; its name here is probability. Write Dropout(probability=0.5).",
    "convlens.Linear(10)": "module 'convlens' has no attribute 'Linear'; write convlens.Dense.",
    "convlens.MaxPooling2D(2)": "module 'convlens' has no attribute 'MaxPooling2D'; write convlens.MaxPool2d.",
    "convlens.Sequential([Dense()])": "module 'convlens' has no attribute 'Sequential'; write convlens.Network([...]).",
    "convlens.Softmax()": "module 'convlens' has no attribute 'Softmax'; leave it out; the probabilities are computed "
    "after the last Dense().",
    "Network(Conv2d(8, kernel_size=3), ReLU(), Dense())": "Network: give the layers as one list: "
    "Network([Conv2d(8, kernel_size=3), ReLU(), Dense()]).",
    "Network([Conv2d(8, kernel_size=3), ReLU, Dense()])": "layer 1 is the class ReLU itself, not a layer. Write "
    "ReLU(...) with brackets.",
    'train(X, y, network="lenett")': "'lenett' is neither a preset network (tutorial, lenet) nor a layer. Did you mean "
    "'lenet'?",
    'train(X, y, network="lenet")': "layer 3, conv 16 5x5, gets maps of 4×4, too small for its 5×5 kernel. Change the "
    "kernel size 5x5 to 4x4, set 'pad 1', shrink the maps less before it (layer 2, avgpool 2), or remove one of the "
    "two.",
    'train(X, y, network="dense 7")': "the network gives 7 numbers for an image, but there are 10 classes. Change "
    "'dense 7' to 'dense 10', or write 'dense' alone, which gives one per class.",
    "network.parameters()": "'Network' object has no attribute 'parameters'; write "
    "print(convlens.network.layer_table(network, (1, 28, 28), classes=10)).",
    "by_hand.conv2d([[1, 2], [3, 4]], [[1]])": "the image has 2 dimensions (2×2); give a tensor channels × height × "
    "width.",
    "by_hand.cross_correlate([1, 2, 3], [1, 2])": "a has 3 numbers and b has 2; give equally long vectors, or slide "
    "one along the other with full, same or valid.",
}
SETTINGS = {
    'train(X, y, epochs="3")': "epochs is '3'; give a whole number from 1 to 100,000.",
    "train(X, y, epochs=0)": "epochs is 0; give a whole number from 1 to 100,000.",
    "train(X, y, learning_rate=-1)": "learning_rate is -1; give a number above 0, such as 0.001.",
    "train(X, y, lr=0.1)": "train() got an unexpected keyword argument 'lr'; write learning_rate=.",
    "train(X, y, validation_data=(Xv, yv))": "train() got an unexpected keyword argument 'validation_data'; write "
    "validation=(X, y).",
    "train(X, y, random_state=0)": "train() got an unexpected keyword argument 'random_state'; write seed=.",
    "train(X, y, verbose=0)": "train() got an unexpected keyword argument 'verbose'; write progress=False or "
    "progress=True.",
    "train(X, y, epocs=3)": "train() got an unexpected keyword argument 'epocs'. Did you mean 'epochs'?",
    "train(X, y, 5)": "train: images and labels come first; name all other arguments: "
    "train(X, y, validation=(X, y), epochs=3).",
    'train(X, y, recipe="fats")': "recipe 'fats' is not known; give fast, tutorial or best. Did you mean 'fast'?",
    'train(X, y, device="gpu")': "device 'gpu' is not known; give auto, cpu, cuda or mps. Did you mean 'cpu'?",
    'train(X, y, augmentation="shift 0.1 rotation 10")': "augmentation 'shift 0.1 rotation 10': give one number after "
    "shift, and a comma before the next change.",
    "train(X, y, early_stopping=3)": "early_stopping needs held-out images, and none are held out. Give a share of "
    "the training images, such as validation=0.1, or data with validation images, or train without early stopping.",
    'train(X, y, settings={"epochs": 3})': "settings is {'epochs': 3}; give TrainingSettings(...).",
}
MODELS = {
    "model.fit(X, y)": "'TrainedModel' object has no attribute 'fit'; write model = convlens.train(X, y), which makes "
    "a new model.",
    "model.forward(X)": "'TrainedModel' object has no attribute 'forward'; write model.predict_proba(X), or "
    "model.logits(images).",
    "model.eval()": "'TrainedModel' object has no attribute 'eval'; leave it out; predictions always use evaluation "
    "mode.",
    "model.classes_": "'TrainedModel' object has no attribute 'classes_'; write model.class_names.",
    "model.evaluate(X, y)": "'TrainedModel' object has no attribute 'evaluate'; write convlens.evaluate(model, X, y).",
    "model.state_dict()": "'TrainedModel' object has no attribute 'state_dict'; write model.weights, a dict of arrays.",
    "model.predict(X, batch_size=32)": "TrainedModel.predict() got an unexpected keyword argument 'batch_size'; leave "
    "it out.",
    "model.predict(X) == y": "predictions are not an array. Use .labels (class names), .class_numbers or "
    ".probabilities. To compare them with labels, use model.score(X, y).",
    "np.argmax(model.predict(X), axis=1)": "predictions are not an array. Use .labels (class names), .class_numbers or "
    ".probabilities. To compare them with labels, use model.score(X, y).",
    "model.predict(X).argmax(axis=1)": "'Predictions' object has no attribute 'argmax'; write .class_numbers.",
    "model.predict(X[0]).label": "'Prediction' object has no attribute 'label'; write .class_name.",
    "model.predict(X[:1])": "X of 1×8×8 can be read in two ways: one image of 8×8 with 1 channel, written X[0]; or a "
    "batch of 1 grey image of 8×8, written X[:, np.newaxis]. Write the one that you mean.",
    "model.predict(X.reshape(300, 64)[:3])": "X of 3×64 can be read in two ways: one grey image of 3×64 pixels, "
    "written X[..., np.newaxis]; or 3 rows of 64 pixels, one for each image, written X.reshape(-1, 1, 8, 8). Write the "
    "one that you mean.",
    "model.predict(X * 16)": "X holds float64 from 0 to 16, which is dark for 0 to 255. If 16 is white, give "
    "X / 16; if 255 is white, give X.astype(np.uint8).",
    "model.predict_proba(np.zeros((5, 6, 8, 8)))": "X has the shape (5, 6, 8, 8): neither the second nor the last "
    "axis has a number of channels. Give N×C×H×W or N×H×W×C with 1 channel (grey), 3 (colour) or 4 (with "
    "transparency).",
    "model.predict(None)": "cannot predict a value of type NoneType. Give a path, the bytes of a file, an open file, a "
    "Pillow image, an array, or a list of these.",
    "model.score(X)": "y is missing. Give one label for each image, in a list or an array.",
    "model.score(X, y[:-1])": "y has 299 labels for 300 images. Give one label for each image.",
    'model.score(X[:2], ["cat", "dog"])': "y has labels that are not classes of the model: 'cat', 'dog' (2 images). "
    "The classes are 0, 1, 2, 3, 4, 5, 6, 7, 8, 9. Leave out these images, or correct their labels.",
    "evaluate((X, y), model)": "evaluate was given an object of type tuple as the model. The model comes first, then "
    "the data: evaluate(model, data), or evaluate(model, X, y).",
    "evaluate(model, X)": "data is of the type ndarray and the shape (300, 8, 8), without labels. Give both: "
    "train(X, y) or evaluate(model, X, y).",
    "evaluate(model, np.zeros((5, 28, 28)), y[:5])": "X has the shape (5, 28, 28), but images of 1×8×8 (channels, "
    "height, width) are needed. Give N×8×8, N×8×8×1, N×1×8×8 or N×64.",
    "evaluate(model)": "this model was trained on 'arrays', which is not a known dataset. Name the data to "
    "evaluate it on.",
    "evaluate(model, X, y).confusion_matrix": "'Evaluation' object has no attribute 'confusion_matrix'; write "
    ".confusion.",
    'model.history["val_loss"]': "'val_loss' is not in the history; it has loss, accuracy, validation_accuracy, "
    "validation_loss, learning_rate, seconds.",
    "convlens.confusion_matrix(y, y)": "module 'convlens' has no attribute 'confusion_matrix'; write "
    "convlens.evaluate(model, X, y).confusion.",
}
FILES = {
    'model.predict("nowhere.png")': "nowhere.png does not exist: check the path.",
    'model.predict("*.jpg")': "*.jpg: no file matches this pattern. Check the path.",
    'model.predict("notes.txt")': "notes.txt is not an image: PNG, JPEG, WebP, GIF, BMP and TIFF files can be read; "
    "open it in another program and save it as PNG.",
    'load_model("nowhere.safetensors")': "nowhere.safetensors: no such file or folder. Give a model file, a run "
    "folder, latest, or hf://user/name.",
    'load_model("model.pt")': "model.pt is a pickle, such as torch.save writes. A pickle can run any code, so Convlens "
    "never opens one. Give a file that model.save wrote.",
    'load_model("notes.txt")': "notes.txt is not a trained model: it is not a safetensors file. Give a model that "
    "Convlens wrote.",
    'convlens.load("model.pt")': "module 'convlens' has no attribute 'load'; write convlens.load_model(path).",
    'model.save("models/digits.safetensors")': "cannot write models/digits.safetensors: there is no folder models. "
    "Make it first, or choose another folder.",
    'model.save(".")': "cannot write .: a folder has that name. Give a file name.",
    'model.save("notes.txt/model.safetensors")': "cannot write notes.txt/model.safetensors: a part of that path is a "
    "file, not a folder. Choose another folder.",
    'train(X, y, epochs=1, out=".")': ". is not empty, and runs are never overwritten. Give another folder with out=.",
    'resume_training("nowhere")': "nowhere contains no last.checkpoint, so there is nothing to resume. Give the "
    "folder of a stopped run.",
    'export_html("page.html", model)': "model is 'page.html'; give a TrainedModel, as returned by convlens.load_model.",
}
MISTAKES = DATA | NETWORKS | SETTINGS | MODELS | FILES


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_told_in_one_line(line: str, at: SimpleNamespace) -> None:
    Path("notes.txt").write_text("no image, and no model either", encoding="utf-8")
    Path("model.pt").write_bytes(b"\x80\x04K\x01.")
    public = {name: getattr(convlens, name) for name in convlens.__all__}
    with pytest.raises((convlens.ConvlensError, AttributeError, TypeError, KeyError)) as caught:
        exec(line, {**public, **vars(at), "network": convlens.Network("dense"), "np": np})
    told = str(caught.value.args[0])
    assert told.splitlines()[0] == MISTAKES[line]
