import { averaging } from "convlens/layers/shared/averaging.js";

/** @import { WindowLayer } from "convlens/layers/shared/windows.js" */

export default averaging((/** @type {WindowLayer} */ layer) => layer);
