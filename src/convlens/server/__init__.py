"""The page's server: HTTP in, JSON and event streams out; no arithmetic.

In: requests of one person's browser. Out: the page, models, trainings. Never in here: a number that is not computed by
a room below; a file outside of the page and the runs. Nothing is imported here, so that whoever asks whether the server
could run (`requirements`) needs no web framework.
"""
