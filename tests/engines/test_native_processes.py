"""The native engine in processes of their own: threads, forks and Ctrl-C."""

import os
import subprocess
import sys

import pytest


def run_program(program: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    """Python that may crash or hang, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", program], capture_output=True, text=True, timeout=seconds
    )


PREPARE = """
import os, signal, sys, threading, time
import numpy as np
from convlens.engines import LossSettings, OptimizerSettings, Plan, _native
from convlens.engines.native import NativeEngine
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation

SOON = 20 if _native.sanitized else 2  # seconds
def make(text, shape=(1, 28, 28), threads=2):
    plan = Plan(Network.from_text(text), shape, 10, Normalisation((0.3,) * shape[0], (0.4,) * shape[0]))
    engine = NativeEngine(plan, threads)
    engine.set_weights(initial_weights(plan.network, shape, 10, seed=0))
    return engine

random = np.random.default_rng(0)
def examples(count, shape=(1, 28, 28)):
    return random.integers(0, 256, (count, *shape), np.uint8), random.integers(0, 10, count)
"""


def test_a_thread_may_ask_for_the_state_while_another_trains():
    """Whoever waits for the engine must not hold the interpreter, since the engine asks it for signals."""
    program = """
engine = make("conv 16 3x3 pad 1, relu, maxpool 2, dense")
images, labels = examples(500)
trainer = engine.trainer(images, labels, OptimizerSettings(), LossSettings(), seed=0)
order = random.integers(0, 500, 100 * 400)
training = threading.Thread(target=trainer.run, args=(order, 100, np.full(400, 0.001)))
training.start()
asked = 0
while training.is_alive():
    trainer.state()
    engine.weights()
    engine.logits(images[:1])
    other = engine.trainer(images[:5], labels[:5], OptimizerSettings(), LossSettings(), seed=0)
    other.load_state({"step": np.array(0)})
    asked += 1
    time.sleep(0.01)
training.join()
print("steps", trainer.state()["step"], "asked", asked > 0)
"""
    assert run_program(PREPARE + program, seconds=30).stdout == "steps 400 asked True\n"


def test_labels_that_change_during_a_call_reach_no_foreign_memory():
    program = """
engine = make("conv 32 5x5 pad 2, relu, maxpool 2, dense")
during = False
for count in (3_000, 12_000, 48_000):  # a fast machine is ready with a few before they change
    images, labels = examples(count)
    call = threading.Thread(target=engine._engine.gradients, args=(images, labels))
    call.start()
    time.sleep(0.03)
    labels[:] = 10**8
    during |= call.is_alive()
    call.join()
    if during:
        break
print("changed during the call", during)
print("alive")
"""
    done = run_program(PREPARE + program)
    assert done.stdout == "changed during the call True\nalive\n", done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="here processes are not forked")
def test_a_forked_child_computes_with_threads_of_its_own():
    program = """
engine = make("conv 16 3x3 pad 1, batchnorm, relu, maxpool 2, dense")
images, labels = examples(200)
trainer = engine.trainer(images, labels, OptimizerSettings(), LossSettings(), seed=0)
order, rates = np.arange(200), np.full(2, 0.01)
trainer.run(order, 100, rates)
expected = engine.logits(images)
read, write = os.pipe()
child = os.fork()
if child == 0:
    same = np.array_equal(engine.logits(images), expected)
    losses = trainer.run(order, 100, rates).losses
    os.write(write, np.float32([same, *losses]).tobytes())
    os._exit(0)
losses = trainer.run(order, 100, rates).losses
told = np.frombuffer(os.read(read, 100), np.float32)
assert os.waitpid(child, 0)[1] == 0
print(told[0] == 1, np.array_equal(told[1:], losses))
"""
    done = run_program(PREPARE + program)
    assert done.stdout == "True True\n", done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a process of one's own")
@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_ends_a_long_training_after_a_whole_step(threads):
    program = f"""
engine = make("conv 16 3x3 pad 1, batchnorm, relu, maxpool 2, dropout 0.2, dense", threads={threads})
images, labels = examples(500)
start = lambda engine: engine.trainer(images, labels, OptimizerSettings(), LossSettings(), seed=0)
trainer = start(engine)
order = random.integers(0, 500, 10 * 500_000)
rates = np.full(500_000, 0.001)

def interrupt():
    time.sleep(0.5)
    global sent
    sent = time.monotonic()
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt).start()
try:
    trainer.run(order, 10, rates)
except KeyboardInterrupt:
    print("soon", time.monotonic() - sent < SOON)
step = int(trainer.state()["step"])
print("some steps", 0 < step < 500_000)
again = make("conv 16 3x3 pad 1, batchnorm, relu, maxpool 2, dropout 0.2, dense", threads={threads})
other = start(again)
other.run(order[: 10 * step], 10, rates[:step])
for key, array in again.weights().items():
    if not np.array_equal(engine.weights()[key], array):
        print("different", key)
for key, array in other.state().items():
    if not np.array_equal(trainer.state()[key], array):
        print("different", key)
first, second = (one.run(order[:100], 10, rates[:10]).losses for one in (trainer, other))
print("goes on", np.array_equal(first, second))
"""
    done = run_program(PREPARE + program)
    assert done.stdout == "soon True\nsome steps True\ngoes on True\n", done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a process of one's own")
@pytest.mark.parametrize(
    "call",
    [
        "engine.logits(images)",
        "engine.activations(images[:4000])",
        "engine.gradients(images, labels, LossSettings())",
        "engine.trainer(images, labels, OptimizerSettings(), LossSettings(), seed=0).run(order, 30_000, np.ones(30))",
    ],
    ids=["logits", "activations", "gradients", "steps of large batches"],
)
def test_ctrl_c_ends_every_long_call(call):
    program = f"""
engine = make("conv 32 5x5 pad 2, relu, maxpool 2, conv 64 5x5 pad 2, relu, conv 64 5x5 pad 2, relu, dense")
images, labels = examples(30_000)
order = np.tile(np.arange(30_000), 30)

def interrupt():
    time.sleep(0.3)
    global sent
    sent = time.monotonic()
    os.kill(os.getpid(), signal.SIGINT)

before = engine.weights()
threading.Thread(target=interrupt).start()
try:
    {call}
    print("ended before it was interrupted")
except KeyboardInterrupt:
    print("soon", time.monotonic() - sent < SOON)
print("same", all(np.array_equal(array, before[key]) for key, array in engine.weights().items()))
"""
    done = run_program(PREPARE + program)
    assert done.stdout == "soon True\nsame True\n", done.stderr


def test_a_network_with_too_many_weights_is_refused():
    # 65,536 · 65,536 weights are 16 GiB, which nobody should allocate only to find out; 8 GiB are the net below.
    program = """
import resource
from convlens.engines import _native, Plan
from convlens.engines.native import NativeEngine
from convlens.network import Network
from convlens.preprocessing import Normalisation
if not _native.sanitized:
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
try:
    NativeEngine(Plan(Network.from_text("dense 65536, dense"), (1, 256, 256), 2, Normalisation()))
except ValueError as error:
    print(type(error).__name__, error)
"""
    done = run_program(program)
    assert done.stdout.startswith("UsageError the native engine cannot compute this: layer 1"), (
        done.stdout + done.stderr
    )
