"""A model whose training was stopped: its facts, its repr and its page say where, in the same words."""

import convlens
from convlens.exports import page_model
from convlens.trained_model import describe_stop, load_model, notice_of_stop
from convlens.training.events import ChunkDone

STOP = "training was stopped at step {} of 21"
NOTICE = "Training was stopped at step {} of 21; this is the model at that point."


def train(digits, **more):
    return convlens.train(
        digits.train.subset(range(50)), network="dense", epochs=3, batch_size=8, threads=1, progress=False, **more
    )


def test_a_stopped_training_knows_its_step_and_how_many_were_planned(digits_8x8, tmp_path):
    seen: list[ChunkDone] = []
    model = train(digits_8x8, should_stop=lambda: len(seen) > 1, on_event=seen.append, out=tmp_path / "run")
    steps = model.facts["steps"]
    assert 0 < steps < 21
    assert (model.facts["finished"], model.facts["planned_steps"]) == (False, 21)  # 3 epochs of ⌈50 / 8⌉ = 7 steps
    assert repr(model).endswith(f", 650 parameters, {STOP.format(steps)})")
    assert repr(load_model(tmp_path / "run")) == repr(model)
    assert model.summary()["finished"] == f"no, {STOP.format(steps)}"
    assert notice_of_stop(model.facts) == NOTICE.format(steps)
    assert page_model(model)["facts"]["stopped"] == NOTICE.format(steps)
    resumed = convlens.resume_training(tmp_path / "run", digits_8x8.train.subset(range(50)), progress=False)
    assert describe_stop(resumed.facts) is None
    assert "planned_steps" not in resumed.facts


def test_a_training_that_ended_says_nothing(digits_8x8):
    model = train(digits_8x8)
    assert repr(model).endswith(", 650 parameters)")
    assert "finished" not in model.summary()
    assert "stopped" not in page_model(model)["facts"]
    assert notice_of_stop(model.facts) is None


def test_facts_of_earlier_versions_or_of_nobody():
    assert describe_stop({"finished": False}) == "training was stopped early"
    assert describe_stop({"finished": False, "steps": "7", "planned_steps": 9}) == "training was stopped early"
    assert describe_stop({"finished": False, "steps": 7, "planned_steps": None}) == "training was stopped at step 7"
    assert notice_of_stop({"finished": False, "steps": 0, "planned_steps": 12_000}) == (
        "Training was stopped at step 0 of 12,000; this is the model at that point."
    )
