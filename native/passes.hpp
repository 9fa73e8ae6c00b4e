// One tile through one stage, forward and backward.
#pragma once

#include "memory.hpp"
#include "program.hpp"
#include "threads.hpp"

namespace convlens {

// The numbers of one tile.
struct TileBuffers {
    Buffer<float> values;
    Buffer<uint8_t> winners;
    Buffer<float> scratch;
};

TileBuffers make_buffers(const Program& program);

// The data that all tiles of a batch share.
struct Shared {
    const Kernels* kernels = nullptr;
    const float* parameters = nullptr;
    const float* derived = nullptr;  // weights, see Derivation
    // Batch normalisation as scale and shift, for all such layers in order, from batch or running statistics.
    const float* scale = nullptr;
    const float* shift = nullptr;
    uint64_t dropout_key = 0;
    bool keep_winners = false;
};

// The destination of a slot's gradients of weights.
struct Learned {
    float* worker = nullptr;     // sums per lane, see Kind::finish_gradients
    float* gradients = nullptr;  // of the parameters
    float* workspace = nullptr;
    bool is_first = true;  // tile of the slot
};

// Runs the backward pass of a stage, and adds up the gradients, except for batch normalisation.
void backward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int tile, const Learned& learned);

// Adds a stage's gradients of its inputs to those that other stages have written.
void add_up(const Stage& stage, const Shared& shared, TileBuffers& buffers);

// Computes the derived weights of a program.
void derive_weights(const Program& program, const Kernels& kernels, const float* parameters, float* derived,
                    Threads& threads);

// For tests: fills everything that a tile must write before it reads it with NaN, and leaves the frames of zeros.
void poison(const Program& program, TileBuffers& buffers);
void poison_worker(const Program& program, float* worker);

// A hash of four numbers.
uint64_t mix(uint64_t a, uint64_t b, uint64_t c, uint64_t d);

}  // namespace convlens
