import { unchanged } from "convlens/layers/shared/elementwise.js";

export default unchanged({ rule: "unchanged while predicting", words: "Dropout does nothing while predicting." });
