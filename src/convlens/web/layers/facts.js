// Written by scripts/write_layers.py; a test compares it.
export const FACTS = {
  kinds: {
    "conv": {"title": "convolution", "summary": "8 kernels of 3×3 over all channels, each with a bias; `pad same` keeps the size of the maps, `groups` divides the channels into groups", "formula": "Σ input·kernel + bias", "group": "weights", "numbers": [{"label": "channels", "name": "channels", "kind": "count", "default": null}, {"label": "kernel size", "name": "kernel_size", "kind": "size", "default": null}], "options": [{"word": "stride", "name": "stride", "kind": "size", "default": "1"}, {"word": "pad", "name": "padding", "kind": "size", "default": "0", "words": ["same", "valid"]}, {"word": "dilation", "name": "dilation", "kind": "size", "default": "1"}, {"word": "groups", "name": "groups", "kind": "count", "default": "1"}], "example": "conv 8 3x3"},
    "dense": {"title": "dense", "summary": "64 weighted sums of all inputs, each with a bias", "formula": "Σ input·weight + bias", "group": "weights", "numbers": [{"label": "features", "name": "features", "kind": "count", "default": "one per class"}], "options": [], "example": "dense 64"},
    "avgpool": {"title": "average pooling", "summary": "the mean of each window; padding counts as zeros", "formula": "mean of the window", "group": "pooling", "numbers": [{"label": "kernel size", "name": "kernel_size", "kind": "size", "default": null}], "options": [{"word": "stride", "name": "stride", "kind": "size", "default": "the window"}, {"word": "pad", "name": "padding", "kind": "size", "default": "0", "words": ["valid"]}], "example": "avgpool 2"},
    "globalavgpool": {"title": "global average pooling", "summary": "the mean of each map", "formula": "mean of the map", "group": "pooling", "numbers": [], "options": [], "example": "globalavgpool"},
    "maxpool": {"title": "max pooling", "summary": "the largest value of each 2×2 window", "formula": "max of the window", "group": "pooling", "numbers": [{"label": "kernel size", "name": "kernel_size", "kind": "size", "default": null}], "options": [{"word": "stride", "name": "stride", "kind": "size", "default": "the window"}, {"word": "pad", "name": "padding", "kind": "size", "default": "0", "words": ["valid"]}], "example": "maxpool 2"},
    "batchnorm": {"title": "batch normalisation", "summary": "normalises each map (or number) to mean 0 and standard deviation 1 over the batch, then scales and shifts it; predictions use running statistics", "formula": "(x − mean)/√(variance + ε)·weight + bias", "group": "normalisation", "numbers": [], "options": [], "example": "batchnorm"},
    "dropout": {"title": "dropout", "summary": "sets this share of the values to zero and scales up the others, in training only", "formula": "x in predictions", "group": "normalisation", "numbers": [{"label": "probability", "name": "probability", "kind": "fraction", "default": "0.5"}], "options": [], "example": "dropout 0.5"},
    "gelu": {"title": "GELU", "summary": "x·Φ(x), with the standard normal distribution function Φ: a smooth ReLU", "formula": "x·(1 + erf(x/√2))/2", "group": "activation", "numbers": [], "options": [], "example": "gelu"},
    "leaky_relu": {"title": "leaky ReLU", "summary": "negative values are multiplied by 0.1", "formula": "x for x > 0, else slope·x", "group": "activation", "numbers": [{"label": "slope", "name": "slope", "kind": "fraction", "default": "0.01"}], "options": [], "example": "leaky_relu 0.1"},
    "relu": {"title": "ReLU", "summary": "negative values become 0", "formula": "max(x, 0)", "group": "activation", "numbers": [], "options": [], "example": "relu"},
    "sigmoid": {"title": "sigmoid", "summary": "maps each value to a value between 0 and 1", "formula": "1/(1 + exp(−x))", "group": "activation", "numbers": [], "options": [], "example": "sigmoid"},
    "silu": {"title": "SiLU", "summary": "x·sigmoid(x): a smooth ReLU, also called swish", "formula": "x/(1 + exp(−x))", "group": "activation", "numbers": [], "options": [], "example": "silu"},
    "tanh": {"title": "tanh", "summary": "maps each value to a value between −1 and 1", "formula": "tanh(x)", "group": "activation", "numbers": [], "options": [], "example": "tanh"},
    "flatten": {"title": "flatten", "summary": "turns all maps into one row of numbers; added automatically before `dense` and at the end", "formula": "the same number, in a row", "group": "shape", "numbers": [], "options": [], "example": "flatten"},
  },
  blocks: {
    "concat": {"title": "concatenation block", "summary": "joins the outputs of its branches along the channels; `;` separates branches", "example": "concat(conv 8 1x1; conv 8 3x3 pad 1)"},
    "residual": {"title": "residual block", "summary": "adds its input to the output of its layers; if the layers change the shape, `shortcut` converts the input", "example": "residual(conv 16 3x3 pad 1, batchnorm, relu, conv 16 3x3 pad 1, batchnorm)"},
  },
  presets: {
    "tutorial": "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense",
    "lenet": "conv 6 5x5 pad 2, tanh, avgpool 2, conv 16 5x5, tanh, avgpool 2, dense 120, tanh, dense 84, tanh, dense",
  },
};
