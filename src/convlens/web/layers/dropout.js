import { unchanged } from "convlens/layers/shared/elementwise.js";

export default unchanged("Dropout does nothing in prediction.");
