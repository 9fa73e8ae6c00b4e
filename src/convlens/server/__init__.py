"""The page's server: HTTP in, JSON and event streams out; no arithmetic.

In: requests from one user's browser. Out: the page, models, trainings. Every number is computed by another package, and
no files are served except the page and the runs. Nothing is imported here, so that `requirements` can check whether the
server can run even if the web framework is not installed.
"""
