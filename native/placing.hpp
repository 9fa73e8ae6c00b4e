// What the files that give numbers their places share.
#pragma once

#include "program.hpp"

namespace convlens {

constexpr size_t most_floats = size_t{1} << 28;  // 1 GiB for one tile
constexpr size_t floats_apart = 16;              // places begin at whole cache lines

// Reserves so many floats in a tile's buffer; gives their place. Throws std::length_error, which names the layer.
size_t take(Program& program, double count, const Stage& stage);
// The same in a worker's buffer, for what lives only while a stage goes back.
size_t take_from_worker(Program& program, double count, const Stage& stage);
// Reserves so many bytes in a tile's buffer of winners.
void take_winners(Program& program, Stage& stage, size_t bytes);

// Where gradients lie; for programs that learn.
void place_gradients(Program& program);

// A convolution's taps; the frame and the places of input and output are known.
void describe_sweep(const Program& program, Stage& stage);
// The place of the weight of an output channel (of the layer) and a tap (of its group) among the layer's packed
// weights.
size_t packed_weight(const Stage& stage, int block, int out_channel, int tap);
// How a convolution's gradients go down.
void place_conv_gradients(Program& program, Stage& stage);
// Its blocks of gradients, and where the one begins that an output channel is in.
int slopes_blocks(const Stage& stage);
size_t slopes_block_of(const Stage& stage, int out_channel);

// Whether Winograd's algorithm can compute a convolution and is worth it, for so many channels on both sides.
bool suits_winograd(const Stage& stage);
void describe_winograd(Program& program, Stage& stage);
void describe_winograd_gradient(Program& program, const Stage& stage, Phase& phase);
// The same for the gradient of the weights, from whole gradients of the output.
void describe_winograd_weight_gradient(Program& program, Stage& stage);

}  // namespace convlens
