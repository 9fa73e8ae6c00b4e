// What the files that give numbers their places share.
#pragma once

#include "program.hpp"

namespace convlens {

constexpr size_t most_floats = size_t{1} << 28;  // 1 GiB for one tile
constexpr size_t floats_apart = 16;              // places begin at whole cache lines

// Room for so many floats in a tile's room. Throws std::length_error, which names the layer.
size_t take(Program& program, double count, const Stage& stage);

// Whether a stage overwrites its input.
bool in_place(const Program& program, size_t stage);

// Whether Winograd's algorithm can compute a convolution and is worth it, for so many channels on both sides.
bool suits_winograd(const Stage& stage);
void describe_winograd(Program& program, Stage& stage);
void describe_winograd_gradient(Program& program, const Stage& stage, Phase& phase);

// Where gradients lie and how a convolution's go down; for programs that learn.
void place_gradients(Program& program);

}  // namespace convlens
