"""The report: one offline file that says how good a model is and where it fails.

    model, images → study (numbers) → judgement, interior, comparison (words and pictures) → page (HTML)

`figures` draws with matplotlib, `pictures` makes PNG of images, maps and kernels, `training_labels` has the labels of
the training images judged. Whatever the page says stands in the study as a number.
"""

from convlens.deprecations import old_module_names
from convlens.report.comparison import Comparison, compare_studies
from convlens.report.study import Study, study_model
from convlens.report.training_labels import TrainingLabels, judge_training_labels, write_label_errors
from convlens.report.writing import Report, make_report, write_report

__all__ = [
    "Comparison",
    "Report",
    "Study",
    "TrainingLabels",
    "compare_studies",
    "judge_training_labels",
    "make_report",
    "study_model",
    "write_label_errors",
    "write_report",
]

__getattr__ = old_module_names("convlens.report")
