"""Exports one ONNX file, which is built from the network directly, without PyTorch.

format     the format: what it refuses, how it is written and run
network    the network as a graph: normalisation, layers, temperature, threshold
picture    the preparation of pictures by the rules `letterbox`, and picture_proof, its proof
int8       quantisation
graph      a graph under construction
running    runs a file with ONNX Runtime

Only this package imports `onnx` and `onnxruntime`, and only when a file is written or run.
"""

from convlens.exports.onnx_file.format import OnnxFile

__all__ = ["OnnxFile"]
