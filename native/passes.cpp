#include "passes.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace convlens {

namespace {

constexpr int cell_rows = 4;
constexpr int most_block = 8, most_lanes = 16;

uint64_t dropout_key(const Stage& stage, const Shared& shared, int tile) {
    return mix(shared.dropout_key, static_cast<uint64_t>(stage.layer), static_cast<uint64_t>(tile), 1);
}

Map without_frame(const Map& map) {
    Map plain = map;
    plain.top = plain.left = 0;
    plain.rows = map.height;
    plain.columns = map.width;
    return plain;
}

void forward_conv(const Stage& stage, const Shared& shared, TileRoom& room) {
    if (stage.is_fast) {
        Winograd fast = stage.fast;
        fast.offsets = stage.channel_offsets.data();
        fast.weights = shared.derived + stage.fast_weights;
        fast.bias = shared.parameters + stage.bias;
        uint8_t* winners = stage.pool && shared.keep_winners ? room.winners.data() + stage.winners : nullptr;
        shared.kernels->winograd(fast, room.values.data() + stage.in_at,
                                 room.values.data() + stage.out_at + stage.out_start, winners, room.scratch.data());
        return;
    }
    Sweep sweep = stage.sweep;
    sweep.offsets = stage.offsets.data();
    sweep.weights = shared.parameters + stage.weights;
    sweep.bias = shared.parameters + stage.bias;
    float* values = room.values.data();
    if (stage.pool) {
        uint8_t* winners = shared.keep_winners ? room.winners.data() + stage.winners : nullptr;
        shared.kernels->sweep_pool(sweep, values + stage.in_at, values + stage.out_at + stage.out_start, winners);
    } else {
        shared.kernels->sweep(sweep, values + stage.in_at, values + stage.out_at + stage.out_start);
    }
}

// The gradient of a convolution's own output, some rows of a block of channels, in the order that the sweeps want.
void spread(const Stage& stage, const Shared& shared, TileRoom& room, int channel, int channels, int first, int last,
            float* to, float* bias_sums) {
    const Kernels& kernels = *shared.kernels;
    const size_t lanes = static_cast<size_t>(kernels.lanes);
    const size_t row = static_cast<size_t>(stage.slopes.columns) * kernels.block * lanes;
    const size_t plane = static_cast<size_t>(stage.out.height) * stage.out.width * lanes;
    const float* gradient = room.values.data() + stage.out_gradient + static_cast<size_t>(channel) * plane;
    const Map out = without_frame(stage.out);
    if (stage.pool) {
        const size_t cells = static_cast<size_t>(channel) * stage.out.height * stage.out.width;
        const uint8_t* winners = room.winners.data() + stage.winners + cells * kernels.winner_bytes;
        kernels.spread_pooled(channels, first / 2, last / 2, out, gradient, winners, row, to, bias_sums);
        return;
    }
    const size_t value_plane = static_cast<size_t>(stage.out.rows) * stage.out.columns * lanes;
    const float* values =
        stage.relu ? room.values.data() + stage.out_at + static_cast<size_t>(channel) * value_plane : nullptr;
    kernels.spread_plain(channels, first, last, out, gradient, stage.out, values, row, to, bias_sums);
}

// Some rows of cells at a time, so that their input stays in the nearest cache for all channels.
void backward_cells(const Stage& stage, const Shared& shared, TileRoom& room, float* sums, float* bias_sums) {
    const Kernels& kernels = *shared.kernels;
    const size_t lanes = static_cast<size_t>(kernels.lanes);
    float* gradient = room.values.data() + stage.out_gradient;
    const uint8_t* winners = room.winners.data() + stage.winners;
    kernels.cell_gradients(without_frame(stage.out), gradient, winners, bias_sums);
    CellSweep sweep;
    sweep.columns = stage.out.width;
    sweep.all_rows = stage.out.height;
    sweep.in_row = stage.sweep.in_row;
    sweep.in_channel = static_cast<size_t>(stage.in.rows) * stage.in.columns * lanes;
    sweep.in_channels = stage.in.channels;
    sweep.out_channels = stage.out.channels;
    for (int first = 0; first < stage.out.height; first += cell_rows) {
        sweep.rows = std::min(cell_rows, stage.out.height - first);
        const size_t cells = static_cast<size_t>(first) * stage.out.width;
        kernels.cell_weights(sweep, room.values.data() + stage.in_at + static_cast<size_t>(2 * first) * sweep.in_row,
                             gradient + cells * lanes, winners + cells * kernels.winner_bytes, sums);
    }
}

void backward_conv(const Stage& stage, const Shared& shared, TileRoom& room, float* worker) {
    const Kernels& kernels = *shared.kernels;
    const size_t lanes = static_cast<size_t>(kernels.lanes);
    const size_t slopes_row = static_cast<size_t>(stage.slopes.columns) * kernels.block * lanes;
    const size_t inside =
        stage.slopes.top * slopes_row + static_cast<size_t>(stage.slopes.left) * kernels.block * lanes;
    const int rows = stage.pool ? 2 * stage.out.height : stage.full.height;
    float* values = room.values.data();
    float* sums = worker + stage.sums;
    float* bias_sums = sums + static_cast<size_t>(stage.out.channels) * stage.taps() * lanes;
    if (stage.cells) {
        backward_cells(stage, shared, room, sums, bias_sums);
        if (!stage.needs_input_gradient) return;
    }
    WeightSweep sweep;
    sweep.columns = stage.pool ? 2 * stage.out.width : stage.full.width;
    sweep.in_row = stage.sweep.in_row;
    sweep.in_column = stage.sweep.in_column;
    sweep.gradient_row = slopes_row;
    sweep.taps = stage.taps();
    sweep.offsets = stage.offsets.data();
    alignas(64) float unused[most_block * most_lanes] = {};
    for (int channel = 0; channel < stage.out.channels; channel += kernels.block) {
        sweep.channels = std::min(kernels.block, stage.out.channels - channel);
        float* block = values + stage.slopes_at +
                       (stage.needs_input_gradient ? channel / kernels.block * stage.slopes_block : 0) + inside;
        for (int first = 0; first < rows; first += stage.chunk) {
            const int last = std::min(first + stage.chunk, rows);
            float* slopes = block + (stage.needs_input_gradient ? first * slopes_row : 0);
            spread(stage, shared, room, channel, sweep.channels, first, last, slopes,
                   stage.cells ? unused : bias_sums + channel * lanes);
            if (stage.cells) continue;
            sweep.rows = last - first;
            kernels.weight_sweep(sweep, values + stage.in_at + static_cast<ptrdiff_t>(first) * sweep.in_row, slopes,
                                 sums + static_cast<size_t>(channel) * stage.taps() * lanes);
        }
    }
    for (const Phase& phase : stage.phases) {
        const float* from = values + stage.slopes_at + inside;
        float* to = values + stage.in_gradient + phase.out;
        if (phase.is_fast) {
            Winograd fast = phase.fast;
            fast.offsets = phase.offsets.data();
            fast.weights = shared.derived + phase.weights;
            kernels.winograd(fast, from, to, nullptr, room.scratch.data());
            continue;
        }
        Sweep back = phase.sweep;
        back.offsets = phase.offsets.data();
        back.weights = shared.derived + phase.weights;
        kernels.sweep(back, from, to);
    }
}

void backward_dense(const Stage& stage, const Shared& shared, TileRoom& room, float* worker, float* gradients) {
    float* values = room.values.data();
    const int outputs = stage.out.channels, inputs = stage.in.channels;
    shared.kernels->dense_weight_gradient(outputs, inputs, values + stage.in_at, values + stage.out_gradient,
                                          worker + stage.sums, gradients + stage.weights, gradients + stage.bias);
    if (stage.needs_input_gradient)
        shared.kernels->dense_input_gradient(outputs, inputs, shared.parameters + stage.weights,
                                             values + stage.out_gradient, values + stage.in_gradient);
}

void poison_inside(const Map& map, int lanes, float* values) {
    for (int c = 0; c < map.channels; ++c)
        for (int y = 0; y < map.height; ++y) {
            const size_t row = (static_cast<size_t>(c) * map.rows + y + map.top) * map.columns + map.left;
            std::fill_n(values + row * lanes, static_cast<size_t>(map.width) * lanes, NAN);
        }
}

// Rows and columns that no pooling cell covers have a gradient of zero, which is never written.
void poison_slopes(const Stage& stage, const Program& program, float* slopes) {
    const size_t step = static_cast<size_t>(program.block) * program.lanes, row = stage.slopes.columns * step;
    const int blocks = stage.needs_input_gradient ? (stage.out.channels + program.block - 1) / program.block : 1;
    const int rows = stage.needs_input_gradient ? (stage.pool ? 2 * stage.out.height : stage.full.height) : stage.chunk;
    const size_t columns = static_cast<size_t>(stage.pool ? 2 * stage.out.width : stage.full.width);
    for (int block = 0; block < blocks; ++block)
        for (int y = 0; y < rows; ++y)
            std::fill_n(slopes + block * stage.slopes_block + (y + stage.slopes.top) * row + stage.slopes.left * step,
                        columns * step, NAN);
}

}  // namespace

TileRoom make_room(const Program& program) {
    return {Buffer<float>(program.tile_room, program.tile_gaps),
            Buffer<uint8_t>(program.tile_winners + most_block * most_lanes), Buffer<float>(program.scratch)};
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

void poison(const Program& program, TileRoom& room) {
    std::fill_n(room.scratch.data(), room.scratch.size(), NAN);
    float* values = room.values.data();
    poison_inside(program.input, program.lanes, values + program.input_at);
    for (const Stage& stage : program.stages) poison_inside(stage.out, program.lanes, values + stage.out_at);
    if (room.winners.size() > 0) std::memset(room.winners.data(), 0xaa, room.winners.size());
    for (const Stage& stage : program.stages) {
        if (!program.has_gradients) break;
        std::fill_n(values + stage.out_gradient, program.gradient_room, NAN);
        std::fill_n(values + stage.in_gradient, program.gradient_room, NAN);
        if (stage.kind == Kind::conv && (!stage.cells || stage.needs_input_gradient))
            poison_slopes(stage, program, values + stage.slopes_at);
    }
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

void forward(const Stage& stage, const Shared& shared, TileRoom& room, int tile) {
    const Kernels& kernels = *shared.kernels;
    float* values = room.values.data();
    const float* in = values + stage.in_at;
    float* out = values + stage.out_at;
    switch (stage.kind) {
        case Kind::conv: return forward_conv(stage, shared, room);
        case Kind::max_pool:
            return kernels.max_pool(
                stage.pooling, in, out,
                shared.keep_winners ? reinterpret_cast<int32_t*>(room.winners.data() + stage.winners) : nullptr);
        case Kind::average_pool: return kernels.average_pool(stage.pooling, in, out);
        case Kind::activation: return kernels.activate(stage.activation, stage.number, stage.in, in, stage.out, out);
        case Kind::normalisation:
            return kernels.scale_shift(stage.in, in, shared.scale + stage.normalisation,
                                       shared.shift + stage.normalisation, stage.out, out);
        case Kind::dropout:
            return kernels.drop(stage.number, dropout_key(stage, shared, tile), stage.in, in, stage.out, out);
        case Kind::dense:
            return kernels.dense(stage.out.channels, stage.in.channels, shared.parameters + stage.weights,
                                 shared.parameters + stage.bias, in, out);
    }
}

void backward(const Stage& stage, const Shared& shared, TileRoom& room, int tile, float* worker, float* gradients) {
    const Kernels& kernels = *shared.kernels;
    float* values = room.values.data();
    const float* gradient = values + stage.out_gradient;
    float* out = values + stage.in_gradient;
    if (!stage.has_parameters && !stage.needs_input_gradient) return;
    switch (stage.kind) {
        case Kind::conv: return backward_conv(stage, shared, room, worker);
        case Kind::max_pool:
            return kernels.max_pool_gradient(
                stage.pooling, reinterpret_cast<const int32_t*>(room.winners.data() + stage.winners), gradient, out);
        case Kind::average_pool: return kernels.average_pool_gradient(stage.pooling, gradient, out);
        case Kind::activation:
            return kernels.activation_gradient(stage.activation, stage.number, stage.out, values + stage.out_at,
                                               gradient, out);
        case Kind::dropout: {
            const Map plain = without_frame(stage.out);
            return kernels.drop(stage.number, dropout_key(stage, shared, tile), plain, gradient, plain, out);
        }
        case Kind::dense: return backward_dense(stage, shared, room, worker, gradients);
        case Kind::normalisation: return;  // needs the whole batch
    }
}

void clear_gradients(const Stage& stage, const Shared& shared, float* worker) {
    if (stage.kind != Kind::conv) return;
    std::memset(worker + stage.sums, 0,
                stage.parameters() * static_cast<size_t>(shared.kernels->lanes) * sizeof(float));
}

void finish_gradients(const Stage& stage, const Shared& shared, const float* worker, float* gradients) {
    if (stage.kind != Kind::conv) return;
    shared.kernels->add_lanes(stage.parameters(), worker + stage.sums, gradients + stage.weights);
}

}  // namespace convlens
