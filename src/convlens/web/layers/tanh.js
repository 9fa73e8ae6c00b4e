import { elementwise } from "convlens/layers/shared/elementwise.js";

export default elementwise({ value: Math.tanh, slope: (_x, y) => 1 - y * y });
