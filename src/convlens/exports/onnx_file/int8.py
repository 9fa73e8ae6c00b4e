"""Static quantisation to whole numbers of 8 bits, by ONNX Runtime's tools.

The result has pairs of QuantizeLinear and DequantizeLinear around the operators (QDQ), which every runtime knows; it
computes with whole numbers between them. Weights have one scale for each output channel. They are from −64 to 64, since
processors without VNNI add products in 16 bits, which larger weights would overflow: the file would answer otherwise
there than where it was proved. Logits and all behind them stay float32, so that probabilities are not steps of 1/256.
"""

import copy
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from convlens.exports.onnx_file.graph import IR_VERSION, OPSET

_OPERATORS = ["Conv", "Gemm", "MaxPool", "AveragePool", "GlobalAveragePool", "Add", "Concat", "Relu", "LeakyRelu"]
_IMAGES_AT_ONCE = 64


def quantise(model: Any, name: str, images: NDArray[Any], before: Sequence[str] = ()) -> Any:
    """Return the model (`onnx.ModelProto`) with whole numbers of 8 bits.

    Args:
        model: the model to quantise.
        name: the name of its input.
        images: values for the input, on which the range of every value is measured.
        before: the names of the operators that prepare the input, and are not quantised.
    """
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    parts = iter([{name: images[start : start + _IMAGES_AT_ONCE]} for start in range(0, len(images), _IMAGES_AT_ONCE)])

    class Reader(CalibrationDataReader):
        def get_next(self) -> Any:
            return next(parts, None)

    with tempfile.TemporaryDirectory() as folder:
        given, fused, written = (Path(folder, f"{step}.onnx") for step in ("float32", "fused", "int8"))
        onnx.save(model, given)
        quant_pre_process(given, fused, skip_symbolic_shape=True)  # multiplies batch normalisations into convolutions
        quantize_static(
            fused,
            written,
            Reader(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=_OPERATORS,
            nodes_to_exclude=_not_to_quantise(onnx.load(fused), before),
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm"]},
        )
        quantised = onnx.load(written)
    _sort(quantised.graph)
    result = onnx.helper.make_model(
        quantised.graph,
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name=model.producer_name,
        producer_version=model.producer_version,
        doc_string=model.doc_string,
    )
    result.metadata_props.extend(model.metadata_props)
    onnx.checker.check_model(result, full_check=True)
    return result


def _not_to_quantise(model: Any, before: Sequence[str]) -> list[str]:
    """Return the names of operators that stay: the preparation, and additions of a constant, as in GELU, which 8 bits
    would cost much and make no faster.
    """
    constants = {one.name for one in model.graph.initializer}
    with_constants = [node.name for node in model.graph.node if node.op_type == "Add" and constants & set(node.input)]
    return [*before, *with_constants]


def _sort(graph: Any) -> None:
    """Put the operators in an order in which they can be computed; the tools forget what the branches of `If` read."""
    known = {""} | {one.name for one in (*graph.input, *graph.initializer)}
    waiting, sorted_ = list(graph.node), []
    while waiting:
        ready = [node for node in waiting if _reads(node) <= known] or waiting  # what has no order fails the check
        sorted_ += [copy.deepcopy(node) for node in ready]
        known |= {name for node in ready for name in node.output}
        waiting = [node for node in waiting if not any(node is one for one in ready)]
    del graph.node[:]
    graph.node.extend(sorted_)


def _reads(node: Any) -> set[str]:
    """Return the names of the values that an operator needs, those for its branches included."""
    inner = [one for attribute in node.attribute for one in attribute.g.node]
    made = {name for one in inner for name in one.output}
    return set(node.input) | ({name for one in inner for name in _reads(one)} - made)
