#include <algorithm>

#include "placing.hpp"

namespace convlens {

namespace {

constexpr int fewest_channels = 4;

void reserve_scratch(Program& program, const Winograd& fast) {
    const size_t vectors = 16 * winograd_positions * static_cast<size_t>(fast.in_channels + program.block);
    program.scratch = std::max(program.scratch, vectors * static_cast<size_t>(program.lanes));
}

// `place(in, out, tap)` returns the place of a number of a kernel among the layer's weights.
template <typename Place>
void derive(Program& program, const Stage& stage, int in_channels, int channels, Place place) {
    for (int first = 0; first < channels; first += program.block) {
        Derivation derivation;
        derivation.is_winograd = true;
        derivation.from = stage.weights;
        derivation.to = program.derived;
        derivation.winograd.in_channels = in_channels;
        derivation.winograd.channels = std::min(program.block, channels - first);
        for (int i = 0; i < in_channels; ++i)
            for (int c = first; c < first + derivation.winograd.channels; ++c)
                for (int tap = 0; tap < 9; ++tap) derivation.places.push_back(static_cast<int32_t>(place(i, c, tap)));
        program.derived += static_cast<size_t>(16) * in_channels * derivation.winograd.channels;
        program.derivations.push_back(std::move(derivation));
    }
    program.derived = (program.derived + floats_apart - 1) / floats_apart * floats_apart;
}

}  // namespace

bool suits_winograd(const Stage& stage) {
    return stage.kernel_height == 3 && stage.kernel_width == 3 && stage.stride_y == 1 && stage.stride_x == 1 &&
           stage.dilation_y == 1 && stage.dilation_x == 1 && stage.padding_y <= 2 && stage.padding_x <= 2 &&
           stage.group_out() >= fewest_channels && (stage.group_in() == 1 || stage.group_in() >= fewest_channels);
}

void describe_winograd(Program& program, Stage& stage) {
    Winograd& fast = stage.fast;
    fast.pool = stage.pool;
    fast.relu = stage.relu;
    fast.height = stage.full.height;
    fast.width = stage.full.width;
    fast.rows = stage.pool ? stage.out.height : (stage.full.height + 1) / 2;
    fast.columns = stage.pool ? stage.out.width : (stage.full.width + 1) / 2;
    fast.in_row = stage.sweep.in_row;
    fast.in_column = stage.sweep.in_column;
    fast.out_row = stage.sweep.out_row;
    fast.out_column = stage.sweep.out_column;
    fast.out_channel = stage.sweep.out_channel;
    fast.winners_channel = static_cast<size_t>(stage.out.height) * stage.out.width * program.winner_bytes;
    fast.in_channels = stage.group_in();
    fast.channels = stage.group_out();
    for (int i = 0; i < stage.group_in(); ++i)
        stage.channel_offsets.push_back(static_cast<int32_t>(i * stage.in().rows * stage.in().columns * program.lanes));
    stage.fast_weights = program.derived;
    for (int group = 0; group < stage.groups; ++group) {
        derive(program, stage, fast.in_channels, fast.channels, [&](int i, int o, int tap) {
            return packed_weight(stage, program.block, group * stage.group_out() + o, 9 * i + tap);
        });
        if (group == 0) stage.fast_weights_group = program.derived - stage.fast_weights;
    }
    reserve_scratch(program, fast);
}

// The same with the channels exchanged and the kernels rotated by 180°; the gradient lies in blocks of channels.
void describe_winograd_gradient(Program& program, const Stage& stage, Phase& phase) {
    phase.is_fast = true;
    Winograd& fast = phase.fast;
    const int step = stage.slopes_width * program.lanes;
    fast.height = stage.in().height;
    fast.width = stage.in().width;
    fast.rows = (stage.in().height + 1) / 2;
    fast.columns = (stage.in().width + 1) / 2;
    fast.in_row = stage.slopes.columns * step;
    fast.in_column = step;
    fast.out_row = stage.in().width * program.lanes;
    fast.out_column = program.lanes;
    fast.out_channel = static_cast<size_t>(stage.in().height) * stage.in().width * program.lanes;
    fast.in_channels = stage.group_out();
    fast.channels = stage.group_in();
    const size_t origin = (static_cast<size_t>(stage.slopes.top) * stage.slopes.columns + stage.slopes.left) * step;
    for (int o = 0; o < stage.group_out(); ++o)  // back from the inside, where sweeps begin, to the frame
        phase.offsets.push_back(static_cast<int32_t>(slopes_block_of(stage, o)) +
                                o % stage.slopes_width * program.lanes - static_cast<int32_t>(origin));
    phase.weights = program.derived;
    for (int group = 0; group < stage.groups; ++group) {
        derive(program, stage, fast.in_channels, fast.channels, [&](int o, int i, int tap) {
            return packed_weight(stage, program.block, group * stage.group_out() + o, 9 * i + 8 - tap);
        });
        if (group == 0) phase.weights_group = program.derived - phase.weights;
    }
    reserve_scratch(program, fast);
}

namespace {

constexpr size_t together_bytes = 384 * 1024;  // transformed numbers that stay in the second-level cache

size_t gradient_sums(const WinogradGradient& g, size_t lanes) {
    const size_t width = static_cast<size_t>(g.width), plane = static_cast<size_t>(g.in_channels) * width;
    return (static_cast<size_t>(g.channels) + width - 1) / width * 16 * ((plane + lanes - 1) / lanes * lanes);
}

size_t gradient_workspace(const WinogradGradient& g, size_t lanes) {
    const int vectors = g.in_channels * g.width + 4 * (g.in_channels + g.channels) * g.together;
    return g.sums + static_cast<size_t>(vectors) * lanes;
}

}  // namespace

void describe_winograd_weight_gradient(Program& program, Stage& stage) {
    WinogradGradient& g = stage.gradient;
    g.rows = stage.fast.rows;
    g.columns = stage.fast.columns;
    g.in_row = stage.sweep.in_row;
    g.in_column = stage.sweep.in_column;
    g.in_channels = stage.group_in();
    g.channels = stage.group_out();
    g.slopes_column = stage.slopes_width * program.lanes;
    g.slopes_row = stage.slopes.columns * g.slopes_column;
    g.slopes_block = stage.slopes_block;
    g.width = stage.slopes_width;
    const size_t row_bytes =
        4 * sizeof(float) * static_cast<size_t>((g.in_channels + g.channels) * g.columns * program.lanes);
    const int rows = std::clamp(static_cast<int>(together_bytes / row_bytes), 1, g.rows);
    stage.chunk = 2 * rows;
    g.together = rows * g.columns;
    g.sums = gradient_sums(g, static_cast<size_t>(program.lanes));
    for (int i = 0; i < g.in_channels; ++i)
        stage.value_offsets.push_back(static_cast<int32_t>(i * g.together * program.lanes));
    program.workspace_floats =
        std::max(program.workspace_floats, gradient_workspace(g, static_cast<size_t>(program.lanes)));
}

}  // namespace convlens
