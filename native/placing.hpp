// Functions that assign places in memory; several files use them.
#pragma once

#include "program.hpp"

namespace convlens {

constexpr size_t most_floats = size_t{1} << 28;  // 1 GiB for one tile
constexpr size_t floats_apart = 16;              // places begin at whole cache lines

// Reserves `count` floats in a tile's buffer and returns their place. Throws std::length_error, which names the layer.
size_t take(Program& program, double count, const Stage& stage);
// The same in a worker's buffer, for numbers that are needed only during a stage's backward pass.
size_t take_from_worker(Program& program, double count, const Stage& stage);
// Reserves `bytes` in a tile's buffer of winners.
void take_winners(Program& program, Stage& stage, size_t bytes);

// Places the gradients, in programs for training.
void place_gradients(Program& program);

// Describes a convolution's taps, after its frame and the places of input and output are set.
void describe_sweep(const Program& program, Stage& stage);
// The place of the weight of an output channel (of the layer) and a tap (of its group) among the layer's packed
// weights.
size_t packed_weight(const Stage& stage, int block, int out_channel, int tap);
// Describes the backward pass of a convolution.
void place_conv_gradients(Program& program, Stage& stage);
// The number of its blocks of gradients, and the place of the block that contains an output channel.
int slopes_blocks(const Stage& stage);
size_t slopes_block_of(const Stage& stage, int out_channel);

// Whether Winograd's algorithm can compute a convolution and is faster, which depends on the numbers of channels.
bool suits_winograd(const Stage& stage);
void describe_winograd(Program& program, Stage& stage);
void describe_winograd_gradient(Program& program, const Stage& stage, Phase& phase);
// The same for the gradient of the weights, from whole gradients of the output.
void describe_winograd_weight_gradient(Program& program, Stage& stage);

}  // namespace convlens
