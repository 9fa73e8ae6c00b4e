"""The PyTorch engine: it supports every layer and device, and is the reference for testing other engines.

It keeps the images as one tensor on the device, normalised once, so that a step only selects and computes. A DataLoader
would convert every image again in every epoch, which takes more time than a small network.

The network is an `nn.Sequential`, or a `torch.fx.GraphModule` if it has blocks, so its state dict is what a user of
PyTorch expects.
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
    Engine,
    Gradients,
    LossSettings,
    OptimizerSettings,
    Plan,
    Steps,
    Trainer,
    Weights,
)
from convlens.engines.torch_changes import change_images
from convlens.errors import UsageError
from convlens.layers import MaxPool2d, ReLU, ResolvedLayer
from convlens.network import Network

_IMAGES_AT_ONCE = 1000
"""The number of images in a forward pass of a prediction: enough to use all cores, but few enough for their caches."""


def build_module(network: Network, input_shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Return the network as a PyTorch module with PyTorch's initial weights; the module does not need Convlens.

    A chain is an `nn.Sequential` with one module per layer. A network with blocks is a `torch.fx.GraphModule`; its
    modules have the names of their weights, such as `3.body.0`, and `print(module.code)` shows its code.

    >>> build_module(Network("conv 2 3x3, relu, dense"), (1, 4, 4), 3)[3]
    Linear(in_features=8, out_features=3, bias=True)
    >>> module = build_module(Network("residual(conv 1 3x3 pad 1), dense"), (1, 4, 4), 3)
    >>> sorted(module.state_dict())
    ['0.body.0.bias', '0.body.0.weight', '2.bias', '2.weight']
    """
    return _assemble(network.resolve(input_shape, classes), {})


def pool_before_relu(nodes: list[ResolvedLayer]) -> list[ResolvedLayer]:
    """Move each ReLU that only a max-pooling reads behind that pooling.

    ReLU is monotonic, so the maximum of the rectified values is the rectified maximum. Loss and gradients have the same
    bits, and ReLU processes only a quarter of the values, which saves 13 % of the time for the tutorial's network.

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
    """Build a module of all layers, from `modules` by path if given, otherwise from new ones."""
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
    """Build a module with the others at their paths, in this order; `GraphModule` would sort a dict of them."""
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
    """Copy arrays into a module's tensors, which keep their memory layout."""
    module.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in weights.items()})


def run_module(module: nn.Module, images: NDArray[np.float32]) -> NDArray[Any]:
    """Return the output of any module for images, in evaluation mode; the module is then in its former mode again."""
    training = module.training
    try:
        with torch.no_grad():
            return _to_numpy(module.eval()(torch.from_numpy(images)))
    finally:
        module.train(training)


def choose_device(device: str) -> torch.device:
    """Return the PyTorch device for the name of a device; `auto` means a GPU if there is one.

    Raises:
        UsageError: the device is not available; the message lists those that are.
    """
    there = ["cpu"] + ["cuda"] * torch.cuda.is_available() + ["mps"] * torch.backends.mps.is_available()
    if device == "auto":
        device = there[1] if len(there) > 1 else "cpu"
    if device not in there:
        raise UsageError(f"device {device!r} is not available; PyTorch finds only: {', '.join(there)}.")
    return torch.device(device)


class TorchTrainer(Trainer["TorchEngine"]):
    """Training in progress on PyTorch."""

    def _start(self, images: NDArray[np.uint8], labels: NDArray[np.int64], loss: LossSettings, seed: int) -> None:
        self._module, self._seed, self._step = self._engine._module, seed, 0
        self._levels, self._normalised = _to_tensor(images), self._engine._normalised(images)
        self._labels = torch.tensor(labels, device=self._normalised.device)
        self._optimizer = _build_optimizer(self._module, self._settings)
        self._criterion = self._engine._criterion(loss)
        self._has_dropout = any(isinstance(module, nn.Dropout) for module in self._module.modules())

    def _run(
        self,
        order: NDArray[np.int64],
        batch_size: int,
        learning_rates: NDArray[np.float64],
        changes: NDArray[np.float32] | None,
    ) -> Steps:
        device = self._normalised.device
        losses = torch.empty(len(learning_rates), device=device)
        correct = torch.empty(len(learning_rates), device=device, dtype=torch.int64)
        indices = torch.from_numpy(np.array(order, np.int64)).to(device).split(batch_size)
        devices = [device] if device.type == "cuda" else []
        rows = None if changes is None else torch.from_numpy(changes).split(batch_size)
        with self._engine._computing(), torch.random.fork_rng(devices, enabled=self._has_dropout):
            self._module.train()
            for number, (batch, learning_rate) in enumerate(zip(indices, learning_rates.tolist(), strict=True)):
                images = self._normalised.index_select(0, batch) if rows is None else self._changed(batch, rows[number])
                losses[number], correct[number] = self._take_step(images, batch, learning_rate)
        return Steps(losses.cpu().numpy(), correct.cpu().numpy())

    def _changed(self, batch: torch.Tensor, changes: torch.Tensor) -> torch.Tensor:
        """Return augmented, normalised copies of the images of a batch."""
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
        state: Weights = {"step": np.array(self._step, np.int64)}
        for name, parameter in self._module.named_parameters():
            kept = self._optimizer.state[parameter]
            state |= {f"{kind}/{name}": _to_numpy(kept[kind]) for kind in kept if kind != "step" and self._step}
        return state

    def _load_state(self, step: int, state: Weights) -> None:
        """Load the state; PyTorch's step counts, one per parameter, are all `step`."""
        parameters = dict(self._module.named_parameters())
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


class TorchEngine(Engine):
    """A network on PyTorch. See `convlens.engines.engine.Engine` for the methods.

    Args:
        plan: what to compute.
        device: `auto`, `cpu`, `cuda` or `mps`.
        threads: the number of CPU threads of PyTorch, set during each call; None means PyTorch's current number.
        precision: the floating-point type; float64 is for testing other engines.
    """

    name = "torch"
    trainer_class = TorchTrainer

    def __init__(
        self, plan: Plan, device: str = "auto", threads: int | None = None, precision: torch.dtype = torch.float32
    ) -> None:
        self._device = choose_device(device)
        super().__init__(plan, threads or torch.get_num_threads(), self._device.type)
        self._precision = precision
        self._module = _assemble(self._nodes, {}).to(self._device, precision)
        if self._device.type == "cpu":
            # This takes a quarter less time than N×C×H×W; only `Module.to` sets the strides of kernels with one input
            # channel.
            self._module = self._module.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        modules = dict(self._module.named_modules())
        self._pooling_first = _assemble(pool_before_relu(self._nodes), modules)

    @property
    def description(self) -> str:
        where = (
            f"cpu, {self.threads} thread{'s' * (self.threads > 1)}" if self._device.type == "cpu" else str(self._device)
        )
        return f"torch {torch.__version__.partition('+')[0]} on {where}"

    def weights(self) -> Weights:
        return {name: _to_numpy(tensor) for name, tensor in self._module.state_dict().items()}

    def _set_weights(self, weights: Weights) -> None:
        load_weights(self._module, weights)

    def _logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        logits = np.empty((len(images), self.plan.classes), np.float32)
        with self._computing(), torch.inference_mode():
            self._module.eval()
            for start in range(0, len(images), _IMAGES_AT_ONCE):
                part = slice(start, start + _IMAGES_AT_ONCE)
                logits[part] = _to_numpy(self._pooling_first(self._normalised(images[part])))
        return logits

    def _activations(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        with self._computing(), torch.inference_mode():
            self._module.eval()
            modules = dict(self._module.named_modules())
            values = {-1: self._normalised(images)}
            for node in self._nodes:
                inputs = [values[index] for index in node.inputs]
                call = node.layer.torch_call(torch, inputs)
                values[node.index] = call[0](*call[1]) if call else modules[node.path](*inputs)
        return [_to_numpy(value) for value in values.values()]

    def _change_images(self, images: NDArray[np.uint8], changes: NDArray[np.float32]) -> NDArray[np.uint8]:
        rows = torch.from_numpy(changes).to(self._device)
        with self._computing():
            levels = change_images(_to_tensor(images).to(self._device), rows)
        return _to_numpy(levels.to(torch.uint8))

    def _gradients(self, images: NDArray[np.uint8], labels: NDArray[np.int64], loss: LossSettings) -> Gradients:
        before = {name: buffer.clone() for name, buffer in self._module.named_buffers()}
        with self._computing():
            self._module.train()
            for module in self._module.modules():
                if isinstance(module, nn.Dropout):
                    module.eval()
            logits = self._pooling_first(self._normalised(images))
            value = self._criterion(loss)(logits, torch.tensor(labels, device=self._device))
            parameters = dict(self._module.named_parameters())
            gradients = torch.autograd.grad(value, list(parameters.values()))
        for name, buffer in self._module.named_buffers():
            buffer.copy_(before[name])
        return Gradients(
            value.item(), _to_numpy(logits), {name: _to_numpy(g) for name, g in zip(parameters, gradients, strict=True)}
        )

    def _normalised(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """Normalise pixels on the device: (pixels / 255 − mean) / std."""
        return self._normalised_levels(_to_tensor(images).to(self._device))

    def _normalised_levels(self, levels: torch.Tensor) -> torch.Tensor:
        """Normalise grey levels that are already on the device."""
        tensor = levels.to(self._precision).div_(255)
        mean, std = self.plan.normalisation.mean, self.plan.normalisation.std
        if any(value != 0 for value in mean) or any(value != 1 for value in std):
            shape = (1, -1, 1, 1)
            tensor.sub_(torch.tensor(mean, device=self._device, dtype=self._precision).reshape(shape))
            tensor.div_(torch.tensor(std, device=self._device, dtype=self._precision).reshape(shape))
        return tensor

    def _criterion(self, loss: LossSettings) -> nn.CrossEntropyLoss:
        weights = loss.class_weights
        tensor = None if weights is None else torch.tensor(weights, device=self._device, dtype=self._precision)
        return nn.CrossEntropyLoss(weight=tensor, label_smoothing=loss.label_smoothing)

    @contextmanager
    def _computing(self) -> Iterator[None]:
        """Set this engine's thread count and, on a GPU, deterministic kernels, for the duration of a call.

        CPU kernels are deterministic for a given thread count; the setting would only cost time there, since it fills
        every new tensor.
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


def _build_optimizer(module: nn.Module, settings: OptimizerSettings) -> torch.optim.Optimizer:
    """Create PyTorch's optimizer; the learning rate is set before every step."""
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
    # Use one fused kernel for all parameters: in a small network, calling separate kernels costs more than computing.
    return kind(
        parameters,
        lr=0.0,
        betas=(settings.beta1, settings.beta2),
        eps=settings.epsilon,
        weight_decay=settings.weight_decay,
        fused=parameters[0].device.type in ("cpu", "cuda"),
    )


def _like(parameter: nn.Parameter, array: NDArray[Any]) -> torch.Tensor:
    """Copy an array to a tensor with a parameter's memory layout, which fused optimizers need."""
    return torch.empty_like(parameter).copy_(torch.from_numpy(np.array(array)))


def _to_tensor(images: NDArray[np.uint8]) -> torch.Tensor:
    """Wrap images in a tensor without copying. They may be a read-only file mapping; nothing writes to the tensor."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(np.ascontiguousarray(images))


def _to_numpy(tensor: torch.Tensor) -> NDArray[Any]:
    """Copy a tensor to a C-contiguous NumPy array."""
    return np.array(tensor.detach().cpu().contiguous().numpy())
