import { elementwise } from "convlens/layers/shared/elementwise.js";

export default elementwise({ value: (x) => (x > 0 ? x : 0), slope: (x) => (x > 0 ? 1 : 0) });
