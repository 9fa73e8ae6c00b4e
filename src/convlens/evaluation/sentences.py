"""Says the results of an evaluation in sentences, for the report and for the card of an exported model."""

from convlens.calibration import describe_answers
from convlens.evaluation.evaluation import Evaluation
from convlens.words import count_of, share, short


def describe_worst(judged: Evaluation) -> list[str]:
    """Return the class and the confusion that the model handles worst, in one or two sentences."""
    present = [place for place, row in enumerate(judged.classes) if row.support]
    if judged.correct == judged.total:
        return ["The model made no mistake on these images."]
    worst = min(present, key=lambda place: judged.classes[place].recall)
    row, name = judged.classes[worst], short(judged.class_names[worst])
    missed = row.support - int(judged.confusion[worst, worst])
    sentences = []
    if len(present) > 1:
        sentences.append(
            f"The class with the lowest recall is {name}: {missed:,} of {count_of(row.support, 'image')} "
            f"{'is' if missed == 1 else 'are'} missed ({share(1 - row.recall, 1)})."
        )
    ((true, said, times),) = judged.most_confused(1)
    sentences.append(f"The most frequent mistake is {short(true)} predicted as {short(said)}, {_times(times)}.")
    return sentences


def _times(amount: int) -> str:
    return {1: "once", 2: "twice"}.get(amount, f"{amount:,} times")


def describe_unknown(judged: Evaluation) -> str:
    """Return in one sentence what the threshold does on these images; empty if the model has none."""
    answered, threshold = judged.answered, judged.calibration.threshold
    if answered is None or threshold is None:
        return ""
    error = answered.error if answered.answered else None
    left = describe_answers(answered.coverage, error, "of these images", judged.calibration)
    return f"With its threshold at {share(threshold)}, the model {left}; the rest is unknown."
