// A network as stages: layers, some of them fused to be faster, and a place in memory for every value.
//
// A program is the same for every tile, so it is made only once: shapes, frames of zeros, tap offsets, places of the
// gradients. Making one needs no weights. All sizes are in floats.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels.hpp"
#include "memory.hpp"

namespace convlens {

// A layer as Python describes it: its word in the network language, its numbers, and the layers whose results it takes;
// −1 is the network's input.
struct Layer {
    std::string word;
    std::vector<double> numbers;
    std::vector<int> inputs;
};

// The gradient of a convolution's input at every stride-th row and column: a sweep over the gradient of its output.
// Channels and places are relative to a group.
struct Phase {
    Sweep sweep;
    Winograd fast;  // used instead of the sweep if `is_fast`
    bool is_fast = false;
    std::vector<int32_t> offsets;
    size_t weights = 0,
           weights_group = 0;  // the place of this phase's derived weights; the step from group to group
    size_t out = 0;            // the place of its first output in the input's gradient
};

// Weights in another order or form, recomputed whenever the parameters change.
struct Derivation {
    size_t from = 0, to = 0;
    std::vector<int32_t> places;  // of its parameters, relative to `from`
    WinogradWeights winograd;     // transforms them if `is_winograd`; otherwise they are copied
    bool is_winograd = false;
};

// A map in a tile's buffer: the network's input, or the output of a stage.
struct Value : Map {
    int readers = 0;  // how many inputs of stages it is
    size_t at = 0;
    bool learns = false;  // whether weights come before it, so that it has a gradient
    size_t gradient = 0;  // the place of the gradient, which has no frame
};

// A value as the input of a stage: with its frame, or flattened.
struct Input : Map {
    int value = 0;  // 0 is the network's input, k + 1 the output of stage k
    size_t at = 0;  // where the stage begins to read; a convolution begins in the frame
    bool learns = false;
    bool adds = false;    // whether another stage has already written its gradient
    size_t gradient = 0;  // where the stage writes the gradient, ...
    size_t sum = 0;       // ... and the place of the value's gradient; if they differ, the former is added to it
};

class Kind;

struct Stage {
    const Kind* kind = nullptr;
    int layer = 0;  // of the network; the first one of a fused chain
    std::vector<Input> inputs;
    Value out;
    bool has_parameters = false;
    bool needs_frame = false;  // reads beyond the edges of its input
    bool in_place = false;     // overwrites its input
    bool takes_relu = false;   // can include a relu, ...
    bool relu = false;         // ... and does

    // In the backward pass:
    bool may_be_in_place = false;  // does not need its input
    bool needs_result = false;
    bool changes_gradient = false;  // overwrites the gradient of its result
    bool adds_gradient = false;     // can add to an input's gradient that another stage has written
    bool passes_gradient = false;   // passes the gradient of its result to its inputs: the whole to each, or ...
    bool passes_parts = false;      // ... one part to each, in order

    size_t weights = 0, bias = 0;  // among all parameters; in batch normalisation scale and shift
    size_t statistics = 0;         // among all statistics: means, then variances
    size_t normalisation = 0;      // batch normalisation: its first channel among those of all
    size_t winners = 0;            // pooling: in a tile's buffer of winners
    double number = 0;             // slope of leaky relu, share of dropout, epsilon of batch normalisation
    const ActivationKernels* activation = nullptr;
    Pooling pooling;

    // conv and pooling
    int kernel_height = 1, kernel_width = 1, stride_y = 1, stride_x = 1;
    int padding_y = 0, padding_x = 0, dilation_y = 1, dilation_x = 1;

    // conv
    int groups = 1;
    bool pool = false;
    Map full;  // the convolution's own output, before pooling
    Sweep sweep;
    std::vector<int32_t> offsets;
    size_t out_start = 0;  // the inside of the output
    bool is_fast = false;  // Winograd's algorithm instead of the sweep
    Winograd fast;
    std::vector<int32_t> channel_offsets;
    size_t fast_weights = 0, fast_weights_group = 0;  // place of derived weights; step from group to group
    Map slopes;                                       // gradients of the output, in blocks, with a frame
    int slopes_width = 1;                             // channels of a block
    size_t slopes_at = 0, slopes_block = 0;
    int chunk = 1;       // the number of rows at a time that stay in the first-level cache
    bool cells = false;  // computes the gradient of the weights without the zeros of pooling
    size_t sums = 0;     // in a worker's buffer: one vector for each of the last `summed` parameters
    size_t summed = 0;
    bool fast_gradient = false;  // Winograd's algorithm for the gradient of the weights
    WinogradGradient gradient;
    std::vector<int32_t> value_offsets;
    std::vector<Phase> phases;

    const Input& in() const { return inputs.front(); }
    int group_in() const { return in().channels / groups; }
    int group_out() const { return out.channels / groups; }
    int taps() const { return group_in() * kernel_height * kernel_width; }
    bool passes_on() const;  // whether an input has a gradient
    size_t parameters() const;
};

struct Choices {
    bool fuse = true;  // fuses layers; otherwise the output of every layer exists
    bool dropout = false;
    bool gradients = false;
};

// The output of a layer: a value, perhaps flattened.
struct Node {
    int value = 0;
    Map map;
    bool flat = false;   // a row of numbers, which can't be the input of a convolution or a pooling
    bool alone = false;  // only one layer takes the value, through this one
};

struct Program {
    Value input;
    std::vector<Stage> stages;
    std::vector<Node> nodes;  // of the layers
    int classes = 0;
    int lanes = 1, block = 1;
    bool has_cells = false;
    int winner_bytes = 1;
    size_t parameters = 0, statistics = 0;
    int normalised_channels = 0;
    size_t tile_floats = 0;                      // floats
    size_t tile_winners = 0;                     // bytes
    size_t worker_floats = 0;                    // floats
    Gaps tile_gaps, worker_gaps;                 // see memory.hpp
    size_t scratch = 0;                          // floats that a forward kernel needs while it computes
    size_t workspace = 0, workspace_floats = 0;  // the same in the backward pass, in a worker's buffer
    std::vector<Derivation> derivations;
    size_t derived = 0;  // floats of all derived weights
    bool has_gradients = false;
    size_t gradients = 0,
           gradient_floats = 0;  // the place and the size of the values' gradients in a tile's buffer

    bool normalises() const { return normalised_channels > 0; }
    const Value& value(int number) const { return number == 0 ? input : stages[static_cast<size_t>(number) - 1].out; }
    Value& value(int number) { return number == 0 ? input : stages[static_cast<size_t>(number) - 1].out; }
    const Value& output() const { return stages.back().out; }
};

// Throws std::invalid_argument for layers that do not fit together, and std::length_error, which names the layer, if a
// tile would need too much memory.
Program make_program(const std::vector<Layer>& layers, int channels, int height, int width, const Kernels& kernels,
                     const Choices& choices);

Map plain_map(int channels, int height, int width);
// The same map without its frame, as for gradients.
Map without_frame(const Map& map);

// The place of a weight among the packed weights of its layer.
size_t packed_index(int out_channels, int block, int taps, int out_channel, int tap);

}  // namespace convlens
