// Written by `python -m convlens.layers`; a test compares it.
import conv from "convlens/layers/conv.js";
import maxpool from "convlens/layers/maxpool.js";
import avgpool from "convlens/layers/avgpool.js";
import globalavgpool from "convlens/layers/globalavgpool.js";
import batchnorm from "convlens/layers/batchnorm.js";
import dropout from "convlens/layers/dropout.js";
import relu from "convlens/layers/relu.js";
import leaky_relu from "convlens/layers/leaky_relu.js";
import tanh from "convlens/layers/tanh.js";
import sigmoid from "convlens/layers/sigmoid.js";
import gelu from "convlens/layers/gelu.js";
import silu from "convlens/layers/silu.js";
import flatten from "convlens/layers/flatten.js";
import dense from "convlens/layers/dense.js";
import add from "convlens/layers/add.js";
import concat from "convlens/layers/concat.js";

export const KINDS = {
  conv,
  maxpool,
  avgpool,
  globalavgpool,
  batchnorm,
  dropout,
  relu,
  leaky_relu,
  tanh,
  sigmoid,
  gelu,
  silu,
  flatten,
  dense,
  add,
  concat,
};
