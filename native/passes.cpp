#include "passes.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "layers.hpp"
#include "placing.hpp"

namespace convlens {

namespace {

constexpr int most_winners = 8 * 16;  // may be read beyond the last one

void poison_inside(const Map& map, int lanes, float* values) {
    for (int c = 0; c < map.channels; ++c)
        for (int y = 0; y < map.height; ++y) {
            const size_t row = (static_cast<size_t>(c) * map.rows + y + map.top) * map.columns + map.left;
            std::fill_n(values + row * lanes, static_cast<size_t>(map.width) * lanes, NAN);
        }
}

// Rows and columns that no pooling cell covers have a gradient of zero, which is never written.
void poison_slopes(const Stage& stage, const Program& program, float* slopes) {
    const size_t step = static_cast<size_t>(stage.slopes_width) * program.lanes, row = stage.slopes.columns * step;
    const int blocks = stage.in().learns ? slopes_blocks(stage) : 1;
    const int rows = stage.in().learns ? (stage.pool ? 2 * stage.out.height : stage.full.height) : stage.chunk;
    const size_t columns = static_cast<size_t>(stage.pool ? 2 * stage.out.width : stage.full.width);
    for (int block = 0; block < blocks; ++block)
        for (int y = 0; y < rows; ++y)
            std::fill_n(slopes + block * stage.slopes_block + (y + stage.slopes.top) * row + stage.slopes.left * step,
                        columns * step, NAN);
}

}  // namespace

TileBuffers make_buffers(const Program& program) {
    return {Buffer<float>(program.tile_floats, program.tile_gaps), Buffer<uint8_t>(program.tile_winners + most_winners),
            Buffer<float>(program.scratch)};
}

void derive_weights(const Program& program, const Kernels& kernels, const float* parameters, float* derived,
                    Threads& threads) {
    const std::function<void(int, int)> task = [&](int number, int) {
        const Derivation& one = program.derivations[static_cast<size_t>(number)];
        const float* from = parameters + one.from;
        float* to = derived + one.to;
        if (one.is_winograd) {
            WinogradWeights weights = one.winograd;
            weights.places = one.places.data();
            kernels.winograd_weights(weights, from, to);
            return;
        }
        for (size_t k = 0; k < one.places.size(); ++k) to[k] = from[one.places[k]];
    };
    threads.run(static_cast<int>(program.derivations.size()), task);
}

void poison(const Program& program, TileBuffers& buffers) {
    std::fill_n(buffers.scratch.data(), buffers.scratch.size(), NAN);
    float* values = buffers.values.data();
    poison_inside(program.input, program.lanes, values + program.input.at);
    for (const Stage& stage : program.stages) poison_inside(stage.out, program.lanes, values + stage.out.at);
    if (buffers.winners.size() > 0) std::memset(buffers.winners.data(), 0xaa, buffers.winners.size());
    if (!program.has_gradients) return;
    std::fill_n(values + program.gradients, program.gradient_floats, NAN);
}

void poison_worker(const Program& program, float* worker) {
    for (const Stage& stage : program.stages)
        if (stage.slopes_block > 0) poison_slopes(stage, program, worker + stage.slopes_at);
    std::fill_n(worker + program.workspace, program.workspace_floats, NAN);
}

uint64_t mix(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    uint64_t sum = 0;
    for (const uint64_t part : {a, b, c, d}) {  // SplitMix64's finaliser after each
        sum += part + 0x9e3779b97f4a7c15ull;
        sum = (sum ^ (sum >> 30)) * 0xbf58476d1ce4e5b9ull;
        sum = (sum ^ (sum >> 27)) * 0x94d049bb133111ebull;
        sum ^= sum >> 31;
    }
    return sum;
}

void backward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int tile, const Learned& learned) {
    if (!stage.out.learns) return;
    stage.kind->backward(stage, shared, buffers, tile, learned);
    if (!stage.kind->waits_for_batch()) add_up(stage, shared, buffers);
}

void add_up(const Stage& stage, const Shared& shared, TileBuffers& buffers) {
    for (const Input& input : stage.inputs) {
        if (!input.learns || !input.adds || input.gradient == input.sum) continue;
        const Map plain = without_frame(input);
        float* sum = buffers.values.data() + input.sum;
        shared.kernels->add(false, plain, buffers.values.data() + input.gradient, plain, sum, plain, sum);
    }
}

}  // namespace convlens
