import { elementwise } from "convlens/layers/shared/elementwise.js";

/** @import { Layer } from "convlens/engine/network.js" */

/** @typedef {Layer & { slope: number }} LeakyLayer */

export default elementwise({
  value: (x, /** @type {LeakyLayer} */ { slope }) => (x > 0 ? x : slope * x),
  slope: (x, _y, { slope }) => (x > 0 ? 1 : slope),
});
