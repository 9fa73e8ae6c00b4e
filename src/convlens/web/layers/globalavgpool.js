import { averaging } from "convlens/layers/shared/averaging.js";

/** @import { Layer } from "convlens/engine/network.js" */

// The mean of a whole map is that of one window as large as the map.
export default averaging((/** @type {Layer} */ layer) => {
  const [, height, width] = layer.inputShape;
  return { ...layer, kernel: [height, width], stride: [1, 1], padding: [0, 0], dilation: [1, 1] };
});
