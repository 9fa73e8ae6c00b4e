"""The page's server: HTTP in, JSON and event streams out; no arithmetic.

In: requests of one person's browser. Out: the page, models, trainings. Every number is computed by a package below, and
no file outside of the page and the runs is served. Nothing is imported here, so `requirements` can be asked whether the
server could run where there is no web framework.
"""
