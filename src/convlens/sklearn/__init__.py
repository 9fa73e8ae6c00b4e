"""Convlens as a classifier of scikit-learn, for its pipelines, searches and cross-validation; docs/scikit-learn.md.

    from convlens.sklearn import ConvlensClassifier

scaling     the range of values that is black to white
layout      rows of features as images
classifier  the estimator

`import convlens` does not import this package, since it needs scikit-learn. Imports are absolute, so `import sklearn`
means scikit-learn in here, too.
"""

from convlens.errors import MissingDependency

try:
    from convlens.sklearn.classifier import ConvlensClassifier
except ImportError as error:
    if error.name is None or error.name.partition(".")[0] != "sklearn":
        raise
    raise MissingDependency(
        "convlens.sklearn needs scikit-learn 1.6 or later, which is not installed. pip install 'convlens[sklearn]'"
    ) from error

__all__ = ["ConvlensClassifier"]
