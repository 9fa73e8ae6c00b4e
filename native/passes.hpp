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

// What all tiles share while a batch is computed.
struct Shared {
    const Kernels* kernels = nullptr;
    const float* parameters = nullptr;
    const float* derived = nullptr;  // weights, see Derivation
    // Batch normalisation as scale and shift, of all its layers one after the other: of the batch, or running.
    const float* scale = nullptr;
    const float* shift = nullptr;
    uint64_t dropout_key = 0;
    bool keep_winners = false;
};

// Where the way back leaves what a slot learns.
struct Learned {
    float* worker = nullptr;     // sums lane by lane, see Kind::finish_gradients
    float* gradients = nullptr;  // of the parameters
    float* workspace = nullptr;
    bool is_first = true;  // tile of the slot
};

// Backward through a stage; batch normalisation only passes on what its kind does.
void backward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int tile, const Learned& learned);

// Adds what a stage left for its inputs to what others have left there.
void add_up(const Stage& stage, const Shared& shared, TileBuffers& buffers);

// Makes the derived weights of a program anew.
void derive_weights(const Program& program, const Kernels& kernels, const float* parameters, float* derived,
                    Threads& threads);

// For tests: fills everything that a tile must write before it reads it with NaN, and leaves the frames of zeros.
void poison(const Program& program, TileBuffers& buffers);
void poison_worker(const Program& program, float* worker);

// A well mixed number out of four.
uint64_t mix(uint64_t a, uint64_t b, uint64_t c, uint64_t d);

}  // namespace convlens
