// Written by `python -m convlens.operations_catalogue`; a test compares the two.

// prettier-ignore
/** @type {Record<string, { title: string, meaning: string, formula: string }>} */
export const OPERATIONS = {
  "correlate": {"title": "Cross-correlation", "meaning": "Multiply the numbers at the same position in two vectors, and add the products. The sum is large if the vectors have a similar pattern.", "formula": "Σ aᵢ·bᵢ"},
  "convolve": {"title": "Convolution", "meaning": "Reverse the second of two vectors, so that its last number comes first. Then multiply and add as in a cross-correlation.", "formula": "Σ aᵢ·bₙ₋₁₋ᵢ"},
  "full": {"title": "Full convolution", "meaning": "The second vector is reversed and slides along the first, from the first overlap to the last. Each position gives one sum.", "formula": "vectors of n and m numbers give n + m − 1 sums"},
  "conv2d": {"title": "A kernel slides over a matrix", "meaning": "A small matrix, the kernel, slides over a larger one. The sum of the products at each position is one number of the result, which is called a feature map.", "formula": "map(y, x) = Σ input(y + i, x + j)·kernel(i, j)"},
  "output-size": {"title": "The size of the map", "meaning": "A map has one row for each vertical position of the window on the padded input, and one column for each horizontal position.", "formula": "⌊(n + 2p − (d(k − 1) + 1))/s⌋ + 1"},
  "coverage": {"title": "Coverage", "meaning": "A cell in the middle is read at many window positions, but a corner at only one, so the edge of an image counts less. Padding changes that.", "formula": "times that a cell is read = number of positions that read its row · number of positions that read its column"},
  "tensor": {"title": "Images are tensors", "meaning": "An image is a tensor, which has one matrix for each channel, all of the same size. A grey image has one channel; a colour image has three, for red, green and blue.", "formula": "numbers of a tensor = channels·height·width"},
  "channels": {"title": "Channels and kernels", "meaning": "A kernel has one channel for each channel of the image. Each channel of the kernel slides over its channel of the image, and the partial sums are added, so a kernel makes one map.", "formula": "partial sum of channel 0 + partial sum of channel 1 + …"},
  "activation": {"title": "Bias and activation", "meaning": "Each map has one bias, a number that is added to all of its values. Then the activation, a nonlinear function, is applied to each value.", "formula": "activation(sum + bias)"},
  "pool": {"title": "Pooling", "meaning": "A window without weights slides over each map and keeps the largest of the numbers that it covers, or their average.", "formula": "max(covered), or Σ covered / count"},
  "network": {"title": "A network", "meaning": "Each layer takes the output of the layer before it, and softmax turns the last layer’s outputs into probabilities.", "formula": "softmax: eˣ of each output / sum of eˣ of all outputs"},
  "gradient": {"title": "The gradient of a weight", "meaning": "At each window position, the weight is multiplied by one number of the input. Multiply this number by the gradient of the output at this position, and add all products. The sum is the gradient of the weight.", "formula": "weight after a step = weight − learning rate · gradient"},
  "cost": {"title": "What a layer costs", "meaning": "A kernel has one weight for each of its cells in each channel, and one bias. It uses them at every window position, so a layer has few parameters but many multiplications.", "formula": "parameters = kernels·(channels·height·width + 1)"},
};
// prettier-ignore
/** @type {Record<string, number[][]>} */
export const KERNELS = {
  "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
  "blur": [[0.1111111111111111, 0.1111111111111111, 0.1111111111111111], [0.1111111111111111, 0.1111111111111111, 0.1111111111111111], [0.1111111111111111, 0.1111111111111111, 0.1111111111111111]],
  "gaussian": [[0.0625, 0.125, 0.0625], [0.125, 0.25, 0.125], [0.0625, 0.125, 0.0625]],
  "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
  "edge": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
  "laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
  "sobel-x": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
  "sobel-y": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
  "prewitt-x": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
  "prewitt-y": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
  "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
};
// prettier-ignore
export const EXAMPLES = {
  "a": [3, 1, 2],
  "b": [2, 4, 1],
  "matrix": [[1, 2, 0, 1, 3], [3, 1, 2, 0, 1], [0, 2, 4, 1, 0], [2, 0, 1, 3, 1], [1, 3, 0, 2, 2]],
  "smallMatrix": [[1, 2, 0], [3, 1, 2], [0, 2, 4]],
  "kernel": [[1, 0], [2, 1]],
  "image": [[[1, 0, 2, 3], [0, 1, 1, 3], [2, 1, 0, 1], [3, 2, 0, 0]], [[0, 1, 1, 0], [2, 0, 1, 1], [1, 0, 2, 3], [0, 1, 3, 2]], [[1, 1, 0, 0], [0, 2, 1, 0], [0, 1, 1, 2], [1, 0, 2, 3]]],
  "imageKernels": [[[[1, 0], [0, 1]], [[0, -1], [1, 0]], [[1, 1], [0, 0]]], [[[0, 1], [-1, 0]], [[1, 0], [0, -2]], [[0, 0], [1, -1]]]],
  "biases": [-2, 1],
  "pooled": [[1, 3, 2, 1], [4, 8, 0, 1], [2, 2, 5, 7], [0, 4, 6, 2]],
  "network": {"bias": [[-7]], "weights": [[1, 1, 1, 1], [1, 0, 0, -1]], "biases": [[0], [0.5]]},
  "slopes": [[1, 0], [0, 10]],
};
