"""A scikit-learn classifier, for pipelines, searches and cross-validation; see docs/scikit-learn.md.

    from convlens.sklearn import ConvlensClassifier

scaling     the values of black and white
layout      rows of features as images
classifier  the estimator

`import convlens` does not import this package, since it needs scikit-learn. Imports are absolute, so `import sklearn`
means scikit-learn in this package, too.
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
