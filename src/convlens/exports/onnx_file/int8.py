"""Static quantisation to whole numbers of 8 bits, by ONNX Runtime's tools.

The result has pairs of QuantizeLinear and DequantizeLinear around the operators (QDQ), which every runtime knows; it
computes with whole numbers between them. Weights have one scale for each output channel. They are from −64 to 64, since
processors without VNNI add products in 16 bits, which larger weights would overflow: the file would answer otherwise
there than where it was proved. Logits and all behind them stay float32, so that probabilities are not steps of 1/256.
"""

import tempfile
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from convlens.exports.onnx_file.graph import IR_VERSION, OPSET

_OPERATORS = ["Conv", "Gemm", "MaxPool", "AveragePool", "GlobalAveragePool", "Add", "Concat", "Relu", "LeakyRelu"]
_IMAGES_AT_ONCE = 64


def quantise(model: Any, name: str, images: NDArray[Any]) -> Any:
    """Return the model (`onnx.ModelProto`) with whole numbers of 8 bits.

    Args:
        model: the model to quantise.
        name: the name of its input.
        images: values for the input, on which the range of every value is measured.
    """
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    parts = iter([{name: images[start : start + _IMAGES_AT_ONCE]} for start in range(0, len(images), _IMAGES_AT_ONCE)])

    class Reader(CalibrationDataReader):
        def get_next(self) -> Any:
            return next(parts, None)

    with tempfile.TemporaryDirectory() as folder:
        fused, written = Path(folder, "fused.onnx"), Path(folder, "int8.onnx")
        quant_pre_process(model, fused, skip_symbolic_shape=True)  # multiplies batch normalisations into convolutions
        quantize_static(
            fused,
            written,
            Reader(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=_OPERATORS,
            nodes_to_exclude=_with_constants(onnx.load(fused)),
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm"]},
        )
        quantised = onnx.load(written)
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


def _with_constants(model: Any) -> list[str]:
    """Return the names of the additions of a constant, as in GELU: 8 bits would cost them much and save nothing."""
    constants = {one.name for one in model.graph.initializer}
    return [node.name for node in model.graph.node if node.op_type == "Add" and constants & set(node.input)]
