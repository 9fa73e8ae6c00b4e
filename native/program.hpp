// A network as the stages that compute it: chains of layers fused where that is fast, and a place in memory for every
// number.
//
// A program is the same for every tile, so all of it is worked out once: shapes, frames of zeros, tap offsets, where
// the gradients go. Making one needs no weights. All sizes are in floats.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels.hpp"
#include "memory.hpp"

namespace convlens {

// A layer as it comes from Python: its word in the network language and its numbers.
struct Layer {
    std::string word;
    std::vector<double> numbers;
};

enum class Kind { conv, max_pool, average_pool, activation, normalisation, dropout, dense };

// The gradient of a convolution's input at every stride-th row and column: a sweep over the gradient of its output.
struct Phase {
    Sweep sweep;
    Winograd fast;  // instead of the sweep, where `is_fast`
    bool is_fast = false;
    std::vector<int32_t> offsets;
    size_t weights = 0;  // where this phase's weights begin among the derived ones
    size_t out = 0;      // where in the input's gradient it begins
};

// Weights in another order or form, made again whenever the parameters change.
struct Derivation {
    size_t from = 0, to = 0;
    std::vector<int32_t> places;  // of the parameters that it needs, from `from`
    WinogradWeights winograd;     // transforms them, where `is_winograd`; else they are copied
    bool is_winograd = false;
};

struct Stage {
    Kind kind = Kind::conv;
    int layer = 0;  // of the network; of a fused chain the first
    Map in, out;
    size_t in_at = 0, out_at = 0;  // values, in a tile's room
    size_t in_gradient = 0, out_gradient = 0;
    bool has_parameters = false, needs_input_gradient = false;
    size_t weights = 0, bias = 0;  // among all parameters; of batch normalisation scale and shift
    size_t statistics = 0;         // among all statistics: means, then variances
    size_t normalisation = 0;      // batch normalisation: its first channel among those of all
    size_t winners = 0;            // pooling: in a tile's room of winners

    // conv
    int kernel_height = 1, kernel_width = 1, stride_y = 1, stride_x = 1;
    int padding_y = 0, padding_x = 0, dilation_y = 1, dilation_x = 1;
    bool relu = false, pool = false;
    Map full;  // the convolution's own output, before pooling
    Sweep sweep;
    std::vector<int32_t> offsets;
    size_t out_start = 0;  // the inside of the output
    bool is_fast = false;  // Winograd's algorithm instead of the sweep
    Winograd fast;
    std::vector<int32_t> channel_offsets;
    size_t fast_weights = 0;  // among the derived ones
    Map slopes;               // gradients of the output, in blocks, with a frame
    size_t slopes_at = 0, slopes_block = 0;
    int chunk = 1;       // rows at a time that stay in the nearest cache
    bool cells = false;  // the gradient of the weights without the zeros of pooling
    size_t sums = 0;     // in a worker's room: weights and biases, a vector each
    std::vector<Phase> phases;

    Pooling pooling;
    Activation activation = Activation::relu;
    float number = 0;  // slope of leaky relu, share of dropout

    int taps() const { return in.channels * kernel_height * kernel_width; }
    size_t parameters() const;
};

struct Choices {
    bool fuse = true;  // chains in one pass; without, the output of every layer exists
    bool dropout = false;
    bool gradients = false;
};

struct Program {
    std::vector<Stage> stages;
    std::vector<int> stage_of_layer;  // whose output is the layer's; −1 where it is the input
    std::vector<Map> map_of_layer;    // the shape that the layer gives
    Map input;
    size_t input_at = 0;
    int classes = 0;
    int lanes = 1, block = 1;
    bool has_cells = false;
    int winner_bytes = 1;
    size_t parameters = 0, statistics = 0;
    int normalised_channels = 0;
    size_t tile_room = 0;         // floats
    size_t tile_winners = 0;      // bytes
    size_t worker_room = 0;       // floats
    Gaps tile_gaps, worker_gaps;  // see memory.hpp
    size_t scratch = 0;           // floats that a thread needs for moments
    std::vector<Derivation> derivations;
    size_t derived = 0;  // floats of all derived weights
    bool has_gradients = false;
    size_t gradient_room = 0;  // floats of each of the two rooms between which gradients go down
    bool normalises() const { return normalised_channels > 0; }
};

// Throws std::invalid_argument for layers that do not fit together, and std::length_error, naming the layer, where a
// tile would need too much memory.
Program make_program(const std::vector<Layer>& layers, int channels, int height, int width, const Kernels& kernels,
                     const Choices& choices);

// The place of a weight among the packed weights of its layer.
size_t packed_index(int out_channels, int block, int taps, int out_channel, int tap);

}  // namespace convlens
