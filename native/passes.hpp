// One tile through one stage, forward and backward.
#pragma once

#include "memory.hpp"
#include "program.hpp"
#include "threads.hpp"

namespace convlens {

// The numbers of one tile.
struct TileRoom {
    Buffer<float> values;
    Buffer<uint8_t> winners;
    Buffer<float> scratch;
};

TileRoom make_room(const Program& program);

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

void forward(const Stage& stage, const Shared& shared, TileRoom& room, int tile);

// Backward through a stage that is no batch normalisation. Gradients of convolutions are summed up lane by lane in
// `worker`, see `finish_gradients`; those of dense layers are added to `gradients` at once.
void backward(const Stage& stage, const Shared& shared, TileRoom& room, int tile, float* worker, float* gradients);

// Sets a convolution's sums in a worker's room to 0, and adds them to `gradients`.
void clear_gradients(const Stage& stage, const Shared& shared, float* worker);
void finish_gradients(const Stage& stage, const Shared& shared, const float* worker, float* gradients);

// Makes the derived weights of a program anew.
void derive_weights(const Program& program, const Kernels& kernels, const float* parameters, float* derived,
                    Threads& threads);

// For tests: fills everything that a tile must write before it reads it with NaN, and leaves the frames of zeros.
void poison(const Program& program, TileRoom& room);

// A well mixed number out of four.
uint64_t mix(uint64_t a, uint64_t b, uint64_t c, uint64_t d);

}  // namespace convlens
