// The places of a convolution's taps, and the backward pass. With a stride, every stride-th row and column of the input
// has its own taps, so the gradient of the input is one sweep for each such phase.
#include <algorithm>
#include <stdexcept>

#include "placing.hpp"

namespace convlens {

namespace {

// More rows would exceed the first-level cache, fewer would load the sums more often.
constexpr size_t chunk_bytes = 48 * 1024;

int count_positions(int size, int step) { return size <= 0 ? 0 : (size + step - 1) / step; }

class ConvGradients {
 public:
    ConvGradients(Program& program, Stage& stage) : program_(program), stage_(stage) {}

    void place() {
        place_winners_and_sums();
        const bool learns = stage_.in().learns;
        const size_t row_bytes = static_cast<size_t>(stage_.full.width) * program_.block * lanes() * sizeof(float);
        stage_.chunk = static_cast<int>(std::clamp<size_t>(chunk_bytes / row_bytes, 1, stage_.full.height));
        if (stage_.pool) stage_.chunk = std::max(2, stage_.chunk / 2 * 2);
        if (stage_.cells && !learns) return;
        stage_.slopes_width = stage_.groups == 1 ? program_.block : std::min(program_.block, stage_.group_out());
        stage_.slopes = plain_map(stage_.out.channels, learns ? stage_.full.height : stage_.chunk, stage_.full.width);
        if (learns) frame_slopes();
        const double block =
            static_cast<double>(stage_.slopes.rows) * stage_.slopes.columns * stage_.slopes_width * program_.lanes;
        stage_.slopes_at = take_from_worker(program_, block * (learns ? slopes_blocks(stage_) : 1), stage_);
        stage_.slopes_block = static_cast<size_t>(block);
        if (learns) describe_phases();
        if (stage_.fast_gradient) describe_winograd_weight_gradient(program_, stage_);
    }

 private:
    size_t lanes() const { return static_cast<size_t>(program_.lanes); }

    void place_winners_and_sums() {
        const size_t positions = static_cast<size_t>(stage_.out.height) * stage_.out.width * stage_.out.channels;
        if (stage_.pool) take_winners(program_, stage_, positions * program_.winner_bytes);
        stage_.cells = stage_.pool && program_.has_cells && stage_.kernel_height == 3 && stage_.kernel_width == 3 &&
                       stage_.stride_y * stage_.stride_x * stage_.dilation_y * stage_.dilation_x == 1;
        stage_.changes_gradient = stage_.cells;
        stage_.fast_gradient = stage_.is_fast && !stage_.pool && stage_.in().learns && stage_.group_in() > 1;
        stage_.summed = stage_.fast_gradient ? static_cast<size_t>(stage_.out.channels) : stage_.parameters();
        stage_.sums = take_from_worker(program_, static_cast<double>(stage_.summed) * program_.lanes, stage_);
    }

    struct Axis {
        int size, out, kernel, stride, padding, dilation;
    };
    static Axis vertical(const Stage& s) {
        return {s.in().height, s.full.height, s.kernel_height, s.stride_y, s.padding_y, s.dilation_y};
    }
    static Axis horizontal(const Stage& s) {
        return {s.in().width, s.full.width, s.kernel_width, s.stride_x, s.padding_x, s.dilation_x};
    }

    // The output position of a tap of phase `start`, relative to its first position; false if the stride skips it.
    static bool shift_of(const Axis& axis, int start, int tap, int& shift) {
        const int distance = start + axis.padding - tap * axis.dilation;
        if (distance % axis.stride != 0) return false;
        shift = distance / axis.stride;
        return true;
    }

    static void frame_axis(const Axis& axis, int& before, int& after) {
        before = after = 0;
        for (int start = 0; start < std::min(axis.stride, axis.size); ++start) {
            const int last = count_positions(axis.size - start, axis.stride) - 1;
            for (int tap = 0, shift; tap < axis.kernel; ++tap) {
                if (!shift_of(axis, start, tap, shift)) continue;
                before = std::max(before, -shift);
                after = std::max(after, last + shift - (axis.out - 1));
            }
        }
    }

    void frame_slopes() {
        Stage& stage = stage_;
        int below = 0, right = 0;
        frame_axis(vertical(stage), stage.slopes.top, below);
        frame_axis(horizontal(stage), stage.slopes.left, right);
        stage.slopes.rows = stage.slopes.top + stage.slopes.height + below;
        stage.slopes.columns = stage.slopes.left + stage.slopes.width + right;
        if (!stage.is_fast) return;
        stage.slopes.rows = std::max(stage.slopes.rows, 2 * ((stage.in().height + 1) / 2) + 2);
        stage.slopes.columns = std::max(stage.slopes.columns, 2 * ((stage.in().width + 1) / 2) + 2);
    }

    void describe_phases() {
        Stage& stage = stage_;
        if (stage.is_fast) {
            stage.phases.emplace_back();
            describe_winograd_gradient(program_, stage, stage.phases.back());
            return;
        }
        const Axis y_axis = vertical(stage), x_axis = horizontal(stage);
        for (int y = 0; y < std::min(stage.stride_y, stage.in().height); ++y)
            for (int x = 0; x < std::min(stage.stride_x, stage.in().width); ++x)
                stage.phases.push_back(describe_phase(y_axis, x_axis, y, x));
    }

    Phase describe_phase(const Axis& y_axis, const Axis& x_axis, int start_y, int start_x) {
        const Stage& stage = stage_;
        Phase phase;
        const int step = stage.slopes_width * program_.lanes;
        std::vector<int> weight_taps, weight_channels;
        for (int o = 0; o < stage.group_out(); ++o)
            for (int ky = 0, y = 0; ky < stage.kernel_height; ++ky)
                for (int kx = 0, x = 0; kx < stage.kernel_width; ++kx) {
                    if (!shift_of(y_axis, start_y, ky, y) || !shift_of(x_axis, start_x, kx, x)) continue;
                    phase.offsets.push_back(static_cast<int32_t>(slopes_block_of(stage, o)) +
                                            (y * stage.slopes.columns + x) * step +
                                            o % stage.slopes_width * program_.lanes);
                    weight_channels.push_back(o);
                    weight_taps.push_back(ky * stage.kernel_width + kx);
                }
        phase.weights = program_.derived;
        for (int group = 0; group < stage.groups; ++group) {
            pack_phase(group, weight_channels, weight_taps);
            if (group == 0) phase.weights_group = program_.derived - phase.weights;
        }
        Sweep& sweep = phase.sweep;
        sweep.rows = count_positions(stage.in().height - start_y, stage.stride_y);
        sweep.columns = count_positions(stage.in().width - start_x, stage.stride_x);
        sweep.in_row = stage.slopes.columns * step;
        sweep.in_column = step;
        sweep.out_row = stage.stride_y * stage.in().width * program_.lanes;
        sweep.out_column = stage.stride_x * program_.lanes;
        sweep.out_channel = static_cast<size_t>(stage.in().height) * stage.in().width * lanes();
        sweep.taps = static_cast<int>(phase.offsets.size());
        sweep.channels = stage.group_in();
        phase.out = (static_cast<size_t>(start_y) * stage.in().width + start_x) * lanes();
        return phase;
    }

    // Packs a group's weights in the order of the phase's sweep, for each block of input channels.
    void pack_phase(int group, const std::vector<int>& channels, const std::vector<int>& taps) {
        const Stage& stage = stage_;
        const int kernel = stage.kernel_height * stage.kernel_width;
        for (int first = 0; first < stage.group_in(); first += program_.block) {
            Derivation derivation;
            derivation.from = stage.weights;
            derivation.to = program_.derived;
            for (size_t t = 0; t < channels.size(); ++t)
                for (int i = first; i < std::min(first + program_.block, stage.group_in()); ++i)
                    derivation.places.push_back(static_cast<int32_t>(packed_weight(
                        stage, program_.block, group * stage.group_out() + channels[t], i * kernel + taps[t])));
            program_.derived += derivation.places.size();
            program_.derivations.push_back(std::move(derivation));
        }
        program_.derived = (program_.derived + floats_apart - 1) / floats_apart * floats_apart;
    }

    Program& program_;
    Stage& stage_;
};

}  // namespace

void place_conv_gradients(Program& program, Stage& stage) { ConvGradients(program, stage).place(); }

int slopes_blocks(const Stage& stage) { return stage.groups * count_positions(stage.group_out(), stage.slopes_width); }

size_t slopes_block_of(const Stage& stage, int out_channel) {
    const int group = out_channel / stage.group_out(), channel = out_channel % stage.group_out();
    const int blocks = slopes_blocks(stage) / stage.groups;
    return static_cast<size_t>(group * blocks + channel / stage.slopes_width) * stage.slopes_block;
}

size_t packed_weight(const Stage& stage, int block, int out_channel, int tap) {
    const int group = out_channel / stage.group_out();
    return static_cast<size_t>(group) * stage.group_out() * stage.taps() +
           packed_index(stage.group_out(), block, stage.taps(), out_channel % stage.group_out(), tap);
}

void describe_sweep(const Program& program, Stage& stage) {
    const size_t lanes = static_cast<size_t>(program.lanes), row = static_cast<size_t>(stage.in().columns) * lanes;
    for (int channel = 0; channel < stage.group_in(); ++channel)
        for (int y = 0; y < stage.kernel_height; ++y)
            for (int x = 0; x < stage.kernel_width; ++x)
                stage.offsets.push_back(static_cast<int32_t>(
                    (static_cast<size_t>(channel) * stage.in().rows + static_cast<size_t>(y) * stage.dilation_y) * row +
                    static_cast<size_t>(x) * stage.dilation_x * lanes));
    Sweep& sweep = stage.sweep;
    sweep.rows = stage.out.height;
    sweep.columns = stage.out.width;
    sweep.in_row = static_cast<int>(stage.stride_y * row);
    sweep.in_column = static_cast<int>(stage.stride_x * lanes);
    sweep.out_row = static_cast<int>(stage.out.columns * lanes);
    sweep.out_column = static_cast<int>(lanes);
    sweep.out_channel = static_cast<size_t>(stage.out.rows) * stage.out.columns * lanes;
    sweep.taps = stage.taps();
    sweep.channels = stage.group_out();
    sweep.relu = stage.relu;
    stage.out_start = (static_cast<size_t>(stage.out.top) * stage.out.columns + stage.out.left) * lanes;
}

}  // namespace convlens
