"""Names from scikit-learn, Keras, PyTorch and fastai, and what to write instead.

`model.fit` or `train(X, y, lr=0.1)` raise Python's usual error, of the usual type, with a hint at the end of the
message. So `hasattr(model, "fit")` stays false, and there is only one way to do each thing. The arguments of layers are
in `convlens.layers.calls`.
"""

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec, TypeVar

from convlens.words import nearest

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Kind = TypeVar("Kind")


def _each(names: str, advice: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), advice)


_SETTINGS = "it is a part of settings=convlens.TrainingSettings(...)"
_TRAIN = "write model = convlens.train(X, y), which makes a new model"
_EVALUATE = "write convlens.evaluate(model, X, y)"

ATTRIBUTES: dict[str, Mapping[str, str]] = {
    "convlens": {
        **_each("fit fine_tune Learner vision_learner cnn_learner", _TRAIN),
        **_each("load load_weights load_learner read_model", "write convlens.load_model(path)"),
        **_each("from_pretrained hf_hub_download", 'write convlens.load_model("hf://user/name")'),
        **_each("save dump save_model", "write model.save(path)"),
        **_each("predict predict_proba", "write model.predict(images), with a model from train or load_model"),
        **_each("test validate score", _EVALUATE),
        **_each(
            "ConvlensClassifier Classifier cross_val_score cross_validate GridSearchCV",
            "write from convlens.sklearn import ConvlensClassifier, which works with scikit-learn's functions",
        ),
        **_each("accuracy_score", f"{_EVALUATE}.accuracy, or model.score(X, y)"),
        **_each("confusion_matrix", f"{_EVALUATE}.confusion"),
        **_each("classification_report", f"{_EVALUATE}.classes"),
        **_each("Sequential Model Module", "write convlens.Network([...])"),
        **_each("Input InputLayer", "leave it out; the shape comes from the images"),
        **_each("Softmax LogSoftmax softmax", "leave it out; the probabilities are computed after the last Dense()"),
        **_each("Activation", "write an activation as a layer: convlens.ReLU(), convlens.Tanh(), ..."),
        **_each("ZeroPadding2D", "write padding= in Conv2d"),
        **_each("nn", "layers are convlens.Conv2d, convlens.ReLU, ..."),
        **_each("datasets fetch_openml", 'write convlens.load_dataset("mnist")'),
        **_each(
            "DataLoader DataBlock ImageFolder ImageDataLoaders ImageDataGenerator image_dataset_from_directory",
            'write convlens.train("photos/"), or pass arrays to train',
        ),
        **_each("to_categorical one_hot OneHotEncoder LabelEncoder", "leave it out; labels need no encoding"),
        **_each("Adam SGD AdamW", _SETTINGS.replace("it is", "the optimizer is")),
        **_each("EarlyStopping", "write convlens.train(X, y, validation=0.1, early_stopping=5)"),
        **_each("ModelCheckpoint TensorBoard", 'write convlens.train(X, y, out="runs/*")'),
        **_each("manual_seed set_seed set_random_seed seed", "write convlens.train(X, y, seed=3)"),
    },
    "TrainedModel": {
        **_each("fit partial_fit fine_tune fit_one_cycle train compile fit_transform", _TRAIN),
        **_each("eval no_grad requires_grad_ zero_grad", "leave it out; predictions always use evaluation mode"),
        **_each("forward decision_function", "write model.predict_proba(X), or model.logits(images)"),
        **_each("predict_classes", "write model.predict_labels(X)"),
        **_each("get_preds", "write model.predict_proba(X)"),
        **_each("predict_log_proba", "write np.log(model.predict_proba(X))"),
        **_each("classes_ classes vocab", "write model.class_names"),
        **_each("n_classes_ n_classes num_classes", "write len(model.class_names)"),
        **_each("evaluate validate test", _EVALUATE),
        **_each("confusion_matrix", f"{_EVALUATE}.confusion"),
        **_each("state_dict get_weights coefs_ named_parameters", "write model.weights, a dict of arrays"),
        **_each("load_state_dict load_weights load from_pretrained load_model", "write convlens.load_model(path)"),
        **_each("dump save_weights save_pretrained save_model", "write model.save(path)"),
        **_each("export", 'write convlens.export(model, "digits.html")'),
        **_each("push_to_hub", 'write convlens.push_to_hub(model, "user/name")'),
        **_each("to_onnx", 'write convlens.export(model, "digits.onnx")'),
        **_each("layers modules children", "write model.network.layers"),
        **_each("to cuda cpu", 'write model.open_engine(device="cuda"), and pass it to evaluate as engine='),
        **_each("input_shape n_features_in_", "write model.preprocessing.image_shape"),
        **_each("count_params num_parameters", "write model.parameters, a number"),
        **_each("get_params get_config config hparams", 'write model.facts["settings"]'),
        **_each("history_ loss_curve_ recorder", "write model.history"),
    },
    "Predictions": {
        **_each("argmax", "write .class_numbers"),
        **_each("max", "write .confidences"),
        **_each("shape", "write .probabilities.shape, or len(predictions)"),
        **_each("tolist", "write .labels.tolist()"),
        **_each("numpy detach cpu softmax probs proba", "write .probabilities"),
        **_each("classes class_name", "write .labels"),
        **_each("probability scores", "write .confidences"),
    },
    "Prediction": {
        **_each("label class_ predicted_class prediction", "write .class_name"),
        **_each("labels", "write .class_name"),
        **_each("confidence score proba", "write .probability"),
        **_each("probs conf confidences", "write .probability, or .probabilities for all classes"),
        **_each("argmax", "write .class_name, or .probabilities.argmax()"),
    },
    "Evaluation": {
        **_each("acc score", "write .accuracy"),
        **_each("error", "write 1 - .accuracy"),
        **_each("confusion_matrix cm", "write .confusion"),
        **_each("report classification_report", "write .classes"),
        **_each("f1 precision recall support f1_score", "write .classes, one for each class"),
        **_each("predictions preds y_pred", "write .predicted"),
        **_each("y_true targets", "write .labels"),
        **_each("top_losses", "write .hardest_errors(9)"),
    },
    "Network": {
        **_each("fit compile train", "write model = convlens.train(X, y, network=network)"),
        **_each("predict forward predict_proba", "it has no weights; train it: convlens.train(X, y, network=network)"),
        **_each(
            "summary parameters count_params num_parameters",
            "write print(convlens.network.layer_table(network, (1, 28, 28), classes=10))",
        ),
        **_each("add append add_module", "a network is immutable; write Network([*network.layers, ...])"),
        **_each("state_dict weights", "it has no weights; a model from convlens.train has"),
    },
}
"""Missing attributes of modules and classes, and what to write instead; one line for each meaning."""

ARGUMENTS: dict[str, Mapping[str, str]] = {
    "train": {
        **_each("X x x_train X_train inputs features", "give the images first: train(X, y)"),
        **_each("y y_train target targets", "write labels="),
        **_each("lr max_lr base_lr lr_max learning_rate_init", "write learning_rate="),
        **_each("epoch n_epochs n_epoch num_epochs nb_epoch max_epochs max_iter", "write epochs="),
        **_each("bs batch batchsize", "write batch_size="),
        **_each("random_state random_seed", "write seed="),
        **_each("model net arch architecture layers hidden_layer_sizes", "write network="),
        **_each(
            "validation_data val_data val valid valid_ds val_ds eval_set val_loader validation_set",
            "write validation=(X, y)",
        ),
        **_each("validation_split val_split valid_pct validation_fraction", "write validation=0.1, a share"),
        **_each("test_data test_set test_ds test_loader", "write test=(X, y)"),
        **_each("callbacks callback cbs", "write on_event=, a function; there are also early_stopping= and progress="),
        **_each("verbose verbosity silent show_progress", "write progress=False or progress=True"),
        **_each("patience n_iter_no_change", "write early_stopping=, a number of epochs"),
        **_each("max_time time_limit timeout", "write max_seconds="),
        **_each("n_jobs num_workers workers num_threads", "write threads="),
        **_each("optimizer opt optim loss loss_fn loss_func criterion schedule scheduler", _SETTINGS),
        **_each("momentum weight_decay wd label_smoothing", _SETTINGS),
        **_each("class_weight sample_weight class_weights", 'write balance="weights"'),
        **_each("metrics", f"leave it out; {_EVALUATE} afterwards"),
        **_each("augment data_augmentation transform transforms batch_tfms", "write augmentation="),
        **_each("shuffle", "leave it out; images are shuffled in every epoch"),
        **_each("use_gpu gpu gpus accelerator", 'write device="cuda"'),
        **_each("output_dir save_path path checkpoint logdir log_dir", "write out="),
        **_each(
            "size image_size input_shape", "leave it out; arrays have a shape, and for files it is part of images="
        ),
    },
    "evaluate": {
        **_each("X x images test test_data", "give model, images and labels in this order: evaluate(model, X, y)"),
        **_each("y", "write labels="),
        **_each("batch_size verbose", "leave it out"),
    },
    "TrainedModel.predict": {
        **_each("X x", "give the images first: predict(X)"),
        **_each("batch_size verbose steps", "leave it out"),
        **_each("threshold", "write convlens.train(X, y, validation=0.1, error_rate=0.01), which chooses one"),
    },
}
"""Unknown keyword arguments of functions, and what to write instead."""

POSITIONS = {
    "train": "images and labels come first; name all other arguments: train(X, y, validation=(X, y), epochs=3)",
    "Network.__init__": "give the layers as one list: Network([Conv2d(8, kernel_size=3), ReLU(), Dense()])",
}
"""Hints for calls with too many positional arguments."""


def missing(holder: str, name: str, advice: str | None = None) -> str:
    """Return the message of an AttributeError for a name that `holder` does not have.

    `advice` is used for names that are not in `ATTRIBUTES`. Python itself adds a similar name, if there is one.

    >>> missing("TrainedModel", "classes_")
    "'TrainedModel' object has no attribute 'classes_'; write model.class_names."
    >>> missing("convlens", "Sequential")
    "module 'convlens' has no attribute 'Sequential'; write convlens.Network([...])."
    >>> missing("convlens", "trian")
    "module 'convlens' has no attribute 'trian'"
    """
    begin = f"module {holder!r}" if holder.islower() else f"{holder!r} object"
    sentence = f"{begin} has no attribute {name!r}"
    if advice := ATTRIBUTES[holder].get(name, advice):
        return f"{sentence}; {advice}."
    return sentence


def explains_names(kind: type[Kind]) -> type[Kind]:
    """Class decorator: for a missing attribute, say what to write instead.

    `__getattr__` is set at run time, so that type checkers do not accept every name.
    """

    def find(self: Any, name: str) -> Any:
        if name in ATTRIBUTES[kind.__name__]:
            raise AttributeError(missing(kind.__name__, name))
        return object.__getattribute__(self, name)  # raises Python's own error

    kind.__getattr__ = find  # pyright: ignore[reportAttributeAccessIssue]
    return kind


def explains_arguments(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Decorator: for an unknown argument, say what to write instead.

    >>> @explains_arguments
    ... def train(data, *, epochs=1): ...
    >>> train([], epoch=3)
    Traceback (most recent call last):
    TypeError: train() got an unexpected keyword argument 'epoch'; write epochs=.
    >>> train([], epocs=3)
    Traceback (most recent call last):
    TypeError: train() got an unexpected keyword argument 'epocs'. Did you mean 'epochs'?
    """
    name = function.__qualname__
    known = inspect.signature(function).parameters
    places = sum(one.kind is one.POSITIONAL_OR_KEYWORD for one in known.values())

    @functools.wraps(function)
    def call(*args: Parameters.args, **named: Parameters.kwargs) -> Result:
        for other in named:
            if other not in known:
                raise TypeError(_unexpected(name, other, known))
        if len(args) > places and name in POSITIONS:
            raise TypeError(f"{name.removesuffix('.__init__')}: {POSITIONS[name]}.")
        return function(*args, **named)

    return call


def _unexpected(function: str, name: str, known: Iterable[str]) -> str:
    sentence = f"{function}() got an unexpected keyword argument {name!r}"
    if advice := ARGUMENTS.get(function, {}).get(name):
        return f"{sentence}; {advice}."
    near = nearest(name, [one for one in known if one != "self"])
    return f"{sentence}. Did you mean {near!r}?" if near else f"{sentence}."
