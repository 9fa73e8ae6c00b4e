// Which layers of a network are worth a picture while it learns.
//
// Every layer would be too many and half of them the same: normalisation, activation and dropout change what a convolution
// gave, so such a row is one stage, and its last output is drawn. Only maps are drawn; flat layers are not pictures.

const FOLLOWING = ["batchnorm", "relu", "leaky_relu", "tanh", "sigmoid", "dropout"];
const MOST_STAGES = 8;

/** The stages of an open model: [{kind: "picture" | "kernels" | "maps", name, shape, layer}], in the order of the layers. */
export function stagesOf(model) {
  const { layers, inputShape } = model;
  const stages = [{ kind: "picture", name: "picture", shape: inputShape, layer: -1 }];
  const first = layers.findIndex(({ kind }) => kind === "conv");
  for (let place = 0; place < layers.length; place += 1) {
    const layer = layers[place];
    if (layer.outputShape.length !== 3 || layer.outputShape[1] * layer.outputShape[2] === 1 || layer.kind === "flatten")
      continue;
    if (place === first) stages.push(kernelsOf(layer, place));
    let last = place;
    while (
      last + 1 < layers.length &&
      FOLLOWING.includes(layers[last + 1].kind) &&
      layers[last + 1].outputShape.length === 3
    )
      last += 1;
    const name = layers
      .slice(place, last + 1)
      .map(({ text }) => text)
      .join(" → ");
    stages.push({ kind: "maps", name, shape: layers[last].outputShape, layer: last });
    place = last;
  }
  return stages.length > MOST_STAGES ? [...stages.slice(0, MOST_STAGES - 1), stages.at(-1)] : stages;
}

/** The first layer's kernels: a map for each of their channels, one kernel after the other. */
function kernelsOf(layer, place) {
  const [count] = layer.outputShape;
  const [channels] = layer.inputShape;
  const name = channels === 1 ? "kernels" : `kernels, each of ${channels} channels`;
  return { kind: "kernels", name, shape: [count * channels, ...layer.kernel], layer: place };
}
