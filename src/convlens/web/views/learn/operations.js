// Written by `python -m convlens.operations_catalogue`; a test compares the two.

// prettier-ignore
/** @type {Record<string, { title: string, meaning: string, formula: string }>} */
export const OPERATIONS = {
  "correlate": {"title": "Cross-correlation", "meaning": "Multiply the numbers that stand at the same place in two vectors, and add the products: the more alike the vectors are, the larger the sum.", "formula": "Σ aᵢ·bᵢ"},
  "convolve": {"title": "Convolution", "meaning": "Turn the second of two vectors by 180°, so that its last number comes first, and multiply and add as in a cross-correlation.", "formula": "Σ aᵢ·bₙ₋₁₋ᵢ"},
  "full": {"title": "Full convolution", "meaning": "The second vector, turned by 180°, slides along the first from the first overlap to the last, and every position gives one sum.", "formula": "n numbers and m numbers give n + m − 1 sums"},
  "conv2d": {"title": "A kernel slides over a matrix", "meaning": "A small matrix, the kernel, slides over a larger one, and the sum of the products at each position is one number of the result, the feature map.", "formula": "map(y, x) = Σ input(y + i, x + j)·kernel(i, j)"},
  "output-size": {"title": "The size of the map", "meaning": "A map has as many rows as the window has positions down the padded input, and as many columns as it has positions across.", "formula": "⌊(n + 2p − (d(k − 1) + 1))/s⌋ + 1"},
  "coverage": {"title": "Coverage", "meaning": "A cell in the middle is read at many window positions and a corner at one, so that the edge of an image counts for little; padding changes that.", "formula": "reads of a cell = positions that read its row · positions that read its column"},
  "tensor": {"title": "Images are tensors", "meaning": "An image is a tensor: a matrix for each channel, all of one size; a grey image has one channel, and a colour image three, for red, green and blue.", "formula": "numbers of a tensor = channels·height·width"},
  "channels": {"title": "Channels and kernels", "meaning": "A kernel has as many channels as the image; each slides over its own channel, and the partial sums are added, so that every kernel makes one map.", "formula": "partial sum of channel 0 + partial sum of channel 1 + …"},
  "activation": {"title": "Bias and activation", "meaning": "Each map has one more number, its bias, which is added to every value; then every value goes through the activation, a function whose graph is not a straight line.", "formula": "activation(sum + bias)"},
  "pool": {"title": "Pooling", "meaning": "A window without weights slides over every map and keeps the largest of the numbers that it covers, or their average.", "formula": "max(covered), or Σ covered / count"},
  "network": {"title": "A network", "meaning": "Each layer works on what the layer before it made, and softmax turns the last layer’s outputs into probabilities.", "formula": "softmax: eˣ of each output / sum of eˣ of all outputs"},
  "gradient": {"title": "One step back", "meaning": "The gradient of a weight is the sum, over all window positions, of the number that it was multiplied by times the slope of the number that the product went into.", "formula": "weight after a step = weight − learning rate · gradient"},
  "cost": {"title": "What a layer costs", "meaning": "A kernel has one weight for each of its cells in each channel, and one bias, and uses them at every window position: few parameters, and much to do.", "formula": "parameters = kernels·(channels·height·width + 1)"},
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
