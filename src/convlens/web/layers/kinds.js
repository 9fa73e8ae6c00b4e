// Written by scripts/write_layers.py; a test compares it.
import conv from "convlens/layers/conv.js";
import dense from "convlens/layers/dense.js";
import avgpool from "convlens/layers/avgpool.js";
import globalavgpool from "convlens/layers/globalavgpool.js";
import maxpool from "convlens/layers/maxpool.js";
import batchnorm from "convlens/layers/batchnorm.js";
import dropout from "convlens/layers/dropout.js";
import gelu from "convlens/layers/gelu.js";
import leaky_relu from "convlens/layers/leaky_relu.js";
import relu from "convlens/layers/relu.js";
import sigmoid from "convlens/layers/sigmoid.js";
import silu from "convlens/layers/silu.js";
import tanh from "convlens/layers/tanh.js";
import flatten from "convlens/layers/flatten.js";
import add from "convlens/layers/add.js";
import concat from "convlens/layers/concat.js";

export const KINDS = {
  conv,
  dense,
  avgpool,
  globalavgpool,
  maxpool,
  batchnorm,
  dropout,
  gelu,
  leaky_relu,
  relu,
  sigmoid,
  silu,
  tanh,
  flatten,
  add,
  concat,
};
