"""One Python file that prepares pictures for an exported model as Convlens does, generated from its own source.

companion    the file beside an export; runtime is the program in it
bundle       collects what a module needs from the package: modules reads the source, text_edits cuts it down
proving      runs the file without Convlens on proof_pictures, and compares the pixels

A second implementation would differ sooner or later, so the code is a copy, and there is nothing to keep in step.
"""
