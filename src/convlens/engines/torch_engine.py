"""The PyTorch engine: every layer, every device, and the reference that other engines are checked against.

The only module that imports torch. It keeps the images as one tensor on the device, normalised once, so that a step
is an index and arithmetic; a DataLoader would convert every image again in every epoch, and that conversion, not the
network, is where the usual script spends most of its time.

The network is a plain `nn.Sequential`, or a `torch.fx.GraphModule` where it has blocks, so its state dict is what a
user of PyTorch expects.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
import torch.fx
from numpy.typing import NDArray
from torch import nn

from convlens.engines.engine import (
    Gradients,
    LossSettings,
    OptimizerSettings,
    Plan,
    Steps,
    Weights,
    check_changes,
    check_class_weights,
    check_images,
    check_labels,
    check_state,
    check_stretch,
    check_weights,
    state_shapes,
)
from convlens.engines.torch_changes import change_images
from convlens.errors import UsageError
from convlens.layers import MaxPool2d, ReLU, ResolvedLayer
from convlens.network import Network

_IMAGES_AT_ONCE = 1000
"""Images of one forward pass in prediction: enough to keep the cores busy, small enough to stay in their caches."""


def build_module(network: Network, input_shape: tuple[int, int, int], classes: int) -> nn.Module:
    """The network as a plain PyTorch module with PyTorch's own initial weights, which needs nothing of Convlens.

    A chain is an `nn.Sequential`, one module a layer; a network with blocks is a `torch.fx.GraphModule`, whose modules
    have the same names as its weights here (`3.body.0`), and whose code can be read: `print(module.code)`.

    >>> build_module(Network("conv 2 3x3, relu, dense"), (1, 4, 4), 3)[3]
    Linear(in_features=8, out_features=3, bias=True)
    >>> module = build_module(Network("residual(conv 1 3x3 pad 1), dense"), (1, 4, 4), 3)
    >>> sorted(module.state_dict())
    ['0.body.0.bias', '0.body.0.weight', '2.bias', '2.weight']
    """
    return _assemble(network.resolve(input_shape, classes), {})


def pool_before_relu(nodes: list[ResolvedLayer]) -> list[ResolvedLayer]:
    """The same layers, but every ReLU that a max-pooling alone reads behind it.

    ReLU never decreases, so the largest of the rectified values is the rectified largest value: loss and gradients
    are the same to the last bit, and ReLU works on a quarter of the numbers (13 % less time for the tutorial's
    network).

    >>> nodes = pool_before_relu(Network("conv 2 3x3, relu, maxpool 2, dense").resolve((1, 8, 8), 3))
    >>> [(node.path, node.inputs) for node in nodes]
    [('0', (-1,)), ('2', (0,)), ('1', (1,)), ('3', (2,)), ('4', (3,))]
    """
    nodes = list(nodes)
    for k in range(len(nodes) - 1):
        relu, pool = nodes[k : k + 2]
        readers = [node.index for node in nodes if k in node.inputs]
        if isinstance(relu.layer, ReLU) and isinstance(pool.layer, MaxPool2d) and readers == [pool.index]:
            nodes[k : k + 2] = replace(pool, index=k, inputs=relu.inputs), replace(relu, index=k + 1, inputs=(k,))
    return nodes


def _assemble(nodes: list[ResolvedLayer], modules: dict[str, nn.Module]) -> nn.Module:
    """One module of all layers; of `modules` by their paths where there are any, else of new ones."""
    calls = {node.index for node in nodes if node.layer.torch_call(torch, node.inputs)}
    made = {
        node.path: modules.get(node.path) or node.layer.torch_module(node, nn)
        for node in nodes
        if node.index not in calls
    }
    if not calls:
        return nn.Sequential(*made.values())
    graph = torch.fx.Graph()
    values = {-1: graph.placeholder("images")}
    for node in nodes:
        inputs = [values[index] for index in node.inputs]
        if node.index in calls:
            function, arguments = cast(tuple[Any, Any], node.layer.torch_call(torch, inputs))
            values[node.index] = graph.call_function(function, arguments)
        else:
            values[node.index] = graph.call_module(node.path, tuple(inputs))
    graph.output(values[nodes[-1].index])
    return torch.fx.GraphModule(_nest(made), graph)


def _nest(modules: dict[str, nn.Module]) -> nn.Module:
    """One module that has the others at their paths, in this order; given as a dict, `GraphModule` would sort them."""
    root = nn.Module()
    for path, module in modules.items():
        *outer, name = path.split(".")
        parent = root
        for part in outer:
            if not hasattr(parent, part):
                parent.add_module(part, nn.Module())
            parent = parent.get_submodule(part)
        parent.add_module(name, module)
    return root


def load_weights(module: nn.Module, weights: Weights) -> None:
    """Copy arrays into a module's own tensors, so that their memory layout stays as the module made it."""
    module.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in weights.items()})


def choose_device(device: str) -> torch.device:
    """The device that `--device` means here.

    Raises:
        UsageError: the device is not there; the message lists those that are.
    """
    there = ["cpu"] + ["cuda"] * torch.cuda.is_available() + ["mps"] * torch.backends.mps.is_available()
    if device == "auto":
        device = there[1] if len(there) > 1 else "cpu"
    if device not in there:
        raise UsageError(f"device {device!r} is not available; PyTorch finds here: {', '.join(there)}.")
    return torch.device(device)


class TorchEngine:
    """A network on PyTorch. See `convlens.engines.engine.Engine` for what each method promises.

    Args:
        plan: what to compute.
        device: `auto`, `cpu`, `cuda` or `mps`.
        threads: processor threads of PyTorch, a setting of the whole process; None leaves it as it is.
        precision: the arithmetic; float64 is for checking other engines.
    """

    name = "torch"

    def __init__(
        self, plan: Plan, device: str = "auto", threads: int | None = None, precision: torch.dtype = torch.float32
    ) -> None:
        self.plan = plan
        self._device = choose_device(device)
        self.threads = threads or torch.get_num_threads()
        self._precision = precision
        self._nodes = plan.network.resolve(plan.input_shape, plan.classes)
        self._module = _assemble(self._nodes, {}).to(self._device, precision)
        if self._device.type == "cpu":
            # A quarter less time than N×C×H×W, and only `Module.to` sets the strides of a kernel with one input
            # channel.
            self._module = self._module.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        modules = dict(self._module.named_modules())
        self._pooling_first = _assemble(pool_before_relu(self._nodes), modules)
        self._shapes = plan.network.parameter_shapes(plan.input_shape, plan.classes)

    @property
    def device(self) -> str:
        """`cpu`, `cuda` or `mps`."""
        return self._device.type

    @property
    def description(self) -> str:
        """`torch 2.13.0 on cpu, 2 threads`."""
        where = (
            f"cpu, {self.threads} thread{'s' * (self.threads > 1)}" if self._device.type == "cpu" else str(self._device)
        )
        return f"torch {torch.__version__.partition('+')[0]} on {where}"

    def weights(self) -> Weights:
        """A copy of the weights, float32 on every device."""
        return {name: _to_numpy(tensor) for name, tensor in self._module.state_dict().items()}

    def set_weights(self, weights: Weights) -> None:
        """Take other weights."""
        check_weights(self._shapes, weights)
        load_weights(self._module, weights)

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """N × classes."""
        check_images(self.plan, images)
        logits = np.empty((len(images), self.plan.classes), np.float32)
        with self._computing(), torch.inference_mode():
            self._module.eval()
            for start in range(0, len(images), _IMAGES_AT_ONCE):
                part = slice(start, start + _IMAGES_AT_ONCE)
                logits[part] = _to_numpy(self._pooling_first(self._normalised(images[part])))
        return logits

    def activations(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """The normalised input and the output of every layer."""
        check_images(self.plan, images)
        with self._computing(), torch.inference_mode():
            self._module.eval()
            modules = dict(self._module.named_modules())
            values = {-1: self._normalised(images)}
            for node in self._nodes:
                inputs = [values[index] for index in node.inputs]
                call = node.layer.torch_call(torch, inputs)
                values[node.index] = call[0](*call[1]) if call else modules[node.path](*inputs)
        return [_to_numpy(value) for value in values.values()]

    def change_images(self, images: NDArray[np.uint8], changes: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Changed copies, as training sees them."""
        check_images(self.plan, images)
        rows = torch.from_numpy(check_changes(len(images), changes)).to(self._device)
        with self._computing():
            levels = change_images(_to_tensor(images).to(self._device), rows)
        return _to_numpy(levels.to(torch.uint8))

    def gradients(self, images: NDArray[np.uint8], labels: NDArray[np.int64], loss: LossSettings) -> Gradients:
        """One forward and backward pass in training mode; the module's buffers are put back afterwards."""
        check_images(self.plan, images)
        check_labels(self.plan, images, labels)
        before = {name: buffer.clone() for name, buffer in self._module.named_buffers()}
        with self._computing():
            self._module.train()
            for module in self._module.modules():
                if isinstance(module, nn.Dropout):
                    module.eval()
            logits = self._pooling_first(self._normalised(images))
            value = self._criterion(loss)(logits, torch.from_numpy(np.array(labels, np.int64)).to(self._device))
            parameters = dict(self._module.named_parameters())
            gradients = torch.autograd.grad(value, list(parameters.values()))
        for name, buffer in self._module.named_buffers():
            buffer.copy_(before[name])
        return Gradients(
            value.item(), _to_numpy(logits), {name: _to_numpy(g) for name, g in zip(parameters, gradients, strict=True)}
        )

    def trainer(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
        optimizer: OptimizerSettings,
        loss: LossSettings,
        seed: int,
    ) -> "TorchTrainer":
        """Begin training from the present weights."""
        check_images(self.plan, images)
        check_labels(self.plan, images, labels)
        if len(images) == 0:
            raise UsageError("there are no images to train on. Give at least one.")
        tensors = self._normalised(images), torch.from_numpy(np.array(labels, np.int64)).to(self._device)
        return TorchTrainer(self, images, tensors, optimizer, self._criterion(loss), seed)

    def _normalised(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """Pixels as the network's input: (pixels / 255 − mean) / std, on the device."""
        return self._normalised_levels(_to_tensor(images).to(self._device))

    def _normalised_levels(self, levels: torch.Tensor) -> torch.Tensor:
        """The same for levels that are on the device."""
        tensor = levels.to(self._precision).div_(255)
        mean, std = self.plan.normalisation.mean, self.plan.normalisation.std
        if any(value != 0 for value in mean) or any(value != 1 for value in std):
            shape = (1, -1, 1, 1)
            tensor.sub_(torch.tensor(mean, device=self._device, dtype=self._precision).reshape(shape))
            tensor.div_(torch.tensor(std, device=self._device, dtype=self._precision).reshape(shape))
        return tensor

    def _criterion(self, loss: LossSettings) -> nn.CrossEntropyLoss:
        weights = loss.class_weights
        check_class_weights(self.plan, loss)
        tensor = None if weights is None else torch.tensor(weights, device=self._device, dtype=self._precision)
        return nn.CrossEntropyLoss(weight=tensor, label_smoothing=loss.label_smoothing)

    @contextmanager
    def _computing(self) -> Iterator[None]:
        """This engine's thread count, and kernels that give the same bits every time, for the length of a call.

        Processor kernels do so anyway for one thread count; asking there too would fill every new tensor, which
        costs time.
        """
        threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
        warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
        torch.set_num_threads(self.threads)
        if self._device.type == "cuda":
            torch.use_deterministic_algorithms(True, warn_only=True)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)


class TorchTrainer:
    """Training in progress on PyTorch. See `convlens.engines.engine.Trainer`."""

    def __init__(
        self,
        engine: TorchEngine,
        images: NDArray[np.uint8],
        tensors: tuple[torch.Tensor, torch.Tensor],
        optimizer: OptimizerSettings,
        criterion: nn.CrossEntropyLoss,
        seed: int,
    ) -> None:
        self._engine = engine
        self._module = engine._module
        self._levels = _to_tensor(images)
        self._images, self._labels = tensors
        self._settings = optimizer
        self._optimizer = _build_optimizer(self._module, optimizer)
        self._criterion = criterion
        self._seed = seed
        self._step = 0
        self._has_dropout = any(isinstance(module, nn.Dropout) for module in self._module.modules())

    def run(
        self,
        order: NDArray[np.int64],
        batch_size: int,
        learning_rates: NDArray[np.float64],
        changes: NDArray[np.float32] | None = None,
    ) -> Steps:
        """Take one step for each learning rate."""
        check_stretch(len(self._images), order, batch_size, learning_rates)
        device = self._images.device
        losses = torch.empty(len(learning_rates), device=device)
        correct = torch.empty(len(learning_rates), device=device, dtype=torch.int64)
        indices = torch.from_numpy(np.array(order, np.int64)).to(device).split(batch_size)
        devices = [device] if device.type == "cuda" else []
        rows = None if changes is None else torch.from_numpy(check_changes(len(order), changes)).split(batch_size)
        with self._engine._computing(), torch.random.fork_rng(devices, enabled=self._has_dropout):
            self._module.train()
            for number, (batch, learning_rate) in enumerate(zip(indices, learning_rates.tolist(), strict=True)):
                images = self._images.index_select(0, batch) if rows is None else self._changed(batch, rows[number])
                losses[number], correct[number] = self._take_step(images, batch, learning_rate)
        return Steps(losses.cpu().numpy(), correct.cpu().numpy())

    def _changed(self, batch: torch.Tensor, changes: torch.Tensor) -> torch.Tensor:
        """Changed copies of the images of a batch, normalised."""
        if self._levels.device != batch.device:
            self._levels = self._levels.to(batch.device)
        levels = change_images(self._levels.index_select(0, batch), changes.to(batch.device))
        return self._engine._normalised_levels(levels)

    def _take_step(
        self, images: torch.Tensor, batch: torch.Tensor, learning_rate: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if self._has_dropout:
            torch.manual_seed((self._seed * 1_000_003 + self._step) % 2**63)
        labels = self._labels.index_select(0, batch)
        logits = self._engine._pooling_first(images)
        loss = self._criterion(logits, labels)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.param_groups[0]["lr"] = learning_rate
        self._optimizer.step()
        self._step += 1
        return loss.detach(), (logits.detach().argmax(1) == labels).sum()

    def state(self) -> Weights:
        """`step`, and for every parameter what the optimizer keeps, as `exp_avg/0.weight`."""
        state: Weights = {"step": np.array(self._step, np.int64)}
        for name, parameter in self._module.named_parameters():
            kept = self._optimizer.state[parameter]
            state |= {f"{kind}/{name}": _to_numpy(kept[kind]) for kind in kept if kind != "step" and self._step}
        return state

    def load_state(self, state: Weights) -> None:
        """Go on from a state that `state` gave. PyTorch's own step counts, one a parameter, all follow from `step`."""
        parameters = dict(self._module.named_parameters())
        step = int(state.get("step", 0))
        shapes = {name: tuple(parameter.shape) for name, parameter in parameters.items()}
        check_state(state_shapes(self._settings, shapes, step), state)
        self._step = step
        kept: dict[int, dict[str, torch.Tensor]] = {}
        for number, (name, parameter) in enumerate(parameters.items() if step else ()):
            ending = f"/{name}"
            kinds = {key.removesuffix(ending): array for key, array in state.items() if key.endswith(ending)}
            kept[number] = {kind: _like(parameter, array) for kind, array in kinds.items()}
            if self._settings.name != "sgd":
                kept[number]["step"] = torch.tensor(float(step))
        groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": kept, "param_groups": groups})


def _build_optimizer(module: nn.Module, settings: OptimizerSettings) -> torch.optim.Optimizer:
    """PyTorch's optimizer; the learning rate is set before every step."""
    parameters = list(module.parameters())
    if settings.name == "sgd":
        return torch.optim.SGD(
            parameters,
            lr=0.0,
            momentum=settings.momentum,
            nesterov=settings.nesterov and settings.momentum > 0,
            weight_decay=settings.weight_decay,
        )
    kind = torch.optim.Adam if settings.name == "adam" else torch.optim.AdamW
    # One fused kernel for all parameters: with a network this small the separate ones cost more in calls than in
    # arithmetic.
    return kind(
        parameters,
        lr=0.0,
        betas=(settings.beta1, settings.beta2),
        eps=settings.epsilon,
        weight_decay=settings.weight_decay,
        fused=parameters[0].device.type in ("cpu", "cuda"),
    )


def _like(parameter: nn.Parameter, array: NDArray[Any]) -> torch.Tensor:
    """An array that belongs to a parameter, in the parameter's memory layout, which fused optimizers rely on."""
    return torch.empty_like(parameter).copy_(torch.from_numpy(np.array(array)))


def _to_tensor(images: NDArray[np.uint8]) -> torch.Tensor:
    """Images without a copy. They may be mapped from a file that must not change; nothing is written into them here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(np.ascontiguousarray(images))


def _to_numpy(tensor: torch.Tensor) -> NDArray[Any]:
    """A copy as a C-contiguous NumPy array."""
    return np.array(tensor.detach().cpu().contiguous().numpy())
