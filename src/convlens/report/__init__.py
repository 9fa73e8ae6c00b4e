"""The report: one self-contained HTML file that shows how good a model is and where it fails.

    model, images → study (numbers) → judgement, interior, comparison (words and pictures) → page (HTML)

`figures` draws with matplotlib, `pictures` makes PNG files of images, maps and kernels, and `training_labels` checks
the labels of the training images. Every number on the page comes from the study.
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
