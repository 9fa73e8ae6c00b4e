"""Exports a folder for the Hugging Face Hub; `exports/pushing.py` uploads it.

format     the format: which files the folder has, how it is written and run
card       the model card (README.md): the facts for it, and its head in YAML; card.md.j2 is its text
"""

from convlens.exports.hugging_face.format import HuggingFaceFolder

__all__ = ["HuggingFaceFolder"]
