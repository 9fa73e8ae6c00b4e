import { elementwise } from "convlens/layers/shared/elementwise.js";
import { sigmoid } from "convlens/layers/sigmoid.js";

export default elementwise({ value: (x) => x * sigmoid(x), slope: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))) });
