// Where gradients lie, and how those of convolutions go down: with a stride, every stride-th row and column of the
// input has taps of its own, so the gradient of the input is one sweep for each such phase.
#include <algorithm>
#include <stdexcept>

#include "layers.hpp"
#include "placing.hpp"

namespace convlens {

namespace {

constexpr size_t chunk_bytes = 16 * 1024;  // half of a small nearest cache

int count_positions(int size, int step) { return size <= 0 ? 0 : (size + step - 1) / step; }

class Gradients {
 public:
    explicit Gradients(Program& program) : program_(program) {}

    void place() {
        bool below = false;
        double largest = 0;
        for (Stage& stage : program_.stages) {
            stage.needs_input_gradient = below;
            below = below || stage.has_parameters;
            largest = std::max({largest, plain_size(stage.in), plain_size(stage.out)});
        }
        program_.has_gradients = true;
        program_.gradient_room = static_cast<size_t>(largest);
        const size_t rooms[2] = {take(program_, largest, program_.stages[0]),
                                 take(program_, largest, program_.stages[0])};
        int side = 0;
        for (size_t k = program_.stages.size(); k-- > 0;) {
            Stage& stage = program_.stages[k];
            stage.out_gradient = rooms[side];
            if (!in_place(program_, k)) side = 1 - side;
            stage.in_gradient = rooms[side];
            place_slopes(stage);
        }
    }

 private:
    size_t lanes() const { return static_cast<size_t>(program_.lanes); }

    double plain_size(const Map& map) const {
        return static_cast<double>(map.channels) * map.height * map.width * program_.lanes;
    }

    void place_slopes(Stage& stage) {
        const size_t positions = static_cast<size_t>(stage.out.height) * stage.out.width * stage.out.channels;
        if (stage.pool || stage.kind == Kind::max_pool) {
            stage.winners = program_.tile_winners;
            program_.tile_winners += positions * (stage.pool ? program_.winner_bytes : lanes() * sizeof(int32_t));
            program_.tile_winners = (program_.tile_winners + 63) / 64 * 64;
        }
        stage.cells = stage.pool && program_.has_cells && stage.taps() == 9 * stage.in.channels &&
                      stage.kernel_height == 3 &&
                      stage.stride_y * stage.stride_x * stage.dilation_y * stage.dilation_x == 1;
        if (stage.kind == Kind::dense) {
            const size_t inputs = (static_cast<size_t>(stage.in.channels) + lanes() - 1) / lanes() * lanes();
            stage.sums = program_.worker_room;
            program_.worker_room += inputs * lanes();
            leave_gap<float>(program_.worker_gaps, program_.worker_room);
        }
        if (stage.kind != Kind::conv) return;
        stage.sums = program_.worker_room;
        program_.worker_room += stage.parameters() * lanes();
        leave_gap<float>(program_.worker_gaps, program_.worker_room);
        if (program_.worker_room > most_floats)
            throw std::length_error("layer " + std::to_string(stage.layer) + " has more weights than the engine takes");
        const size_t row_bytes = static_cast<size_t>(stage.full.width) * program_.block * lanes() * sizeof(float);
        stage.chunk = static_cast<int>(std::clamp<size_t>(chunk_bytes / row_bytes, 1, stage.full.height));
        if (stage.pool) stage.chunk = std::max(2, stage.chunk / 2 * 2);
        if (stage.cells && !stage.needs_input_gradient) return;
        stage.slopes = plain_map(stage.out.channels, stage.needs_input_gradient ? stage.full.height : stage.chunk,
                                 stage.full.width);
        if (stage.needs_input_gradient) frame_slopes(stage);
        const double block =
            static_cast<double>(stage.slopes.rows) * stage.slopes.columns * program_.block * program_.lanes;
        const int blocks = stage.needs_input_gradient ? count_positions(stage.out.channels, program_.block) : 1;
        stage.slopes_at = take(program_, block * blocks, stage);
        stage.slopes_block = static_cast<size_t>(block);
        if (stage.needs_input_gradient) describe_phases(stage);
    }

    struct Axis {
        int size, out, kernel, stride, padding, dilation;
    };
    static Axis vertical(const Stage& s) {
        return {s.in.height, s.full.height, s.kernel_height, s.stride_y, s.padding_y, s.dilation_y};
    }
    static Axis horizontal(const Stage& s) {
        return {s.in.width, s.full.width, s.kernel_width, s.stride_x, s.padding_x, s.dilation_x};
    }

    // Which output position a tap of phase `start` looks at, from its first position; false where the stride skips it.
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

    static void frame_slopes(Stage& stage) {
        int below = 0, right = 0;
        frame_axis(vertical(stage), stage.slopes.top, below);
        frame_axis(horizontal(stage), stage.slopes.left, right);
        stage.slopes.rows = stage.slopes.top + stage.slopes.height + below;
        stage.slopes.columns = stage.slopes.left + stage.slopes.width + right;
        if (!stage.is_fast) return;
        stage.slopes.rows = std::max(stage.slopes.rows, 2 * ((stage.in.height + 1) / 2) + 2);
        stage.slopes.columns = std::max(stage.slopes.columns, 2 * ((stage.in.width + 1) / 2) + 2);
    }

    void describe_phases(Stage& stage) {
        if (stage.is_fast) {
            stage.phases.emplace_back();
            describe_winograd_gradient(program_, stage, stage.phases.back());
            return;
        }
        const Axis y_axis = vertical(stage), x_axis = horizontal(stage);
        for (int y = 0; y < std::min(stage.stride_y, stage.in.height); ++y)
            for (int x = 0; x < std::min(stage.stride_x, stage.in.width); ++x)
                stage.phases.push_back(describe_phase(stage, y_axis, x_axis, y, x));
    }

    Phase describe_phase(const Stage& stage, const Axis& y_axis, const Axis& x_axis, int start_y, int start_x) {
        Phase phase;
        const int step = program_.block * program_.lanes;
        std::vector<int> weight_taps, weight_channels;
        for (int o = 0; o < stage.out.channels; ++o)
            for (int ky = 0, y = 0; ky < stage.kernel_height; ++ky)
                for (int kx = 0, x = 0; kx < stage.kernel_width; ++kx) {
                    if (!shift_of(y_axis, start_y, ky, y) || !shift_of(x_axis, start_x, kx, x)) continue;
                    phase.offsets.push_back(static_cast<int32_t>(o / program_.block * stage.slopes_block) +
                                            (y * stage.slopes.columns + x) * step +
                                            o % program_.block * program_.lanes);
                    weight_channels.push_back(o);
                    weight_taps.push_back(ky * stage.kernel_width + kx);
                }
        pack_phase(stage, weight_channels, weight_taps, phase);
        Sweep& sweep = phase.sweep;
        sweep.rows = count_positions(stage.in.height - start_y, stage.stride_y);
        sweep.columns = count_positions(stage.in.width - start_x, stage.stride_x);
        sweep.in_row = stage.slopes.columns * step;
        sweep.in_column = step;
        sweep.out_row = stage.stride_y * stage.in.width * program_.lanes;
        sweep.out_column = stage.stride_x * program_.lanes;
        sweep.out_channel = static_cast<size_t>(stage.in.height) * stage.in.width * lanes();
        sweep.taps = static_cast<int>(phase.offsets.size());
        sweep.channels = stage.in.channels;
        phase.out = (static_cast<size_t>(start_y) * stage.in.width + start_x) * lanes();
        return phase;
    }

    // Weights in the order in which the phase's sweep wants them, for each block of input channels.
    void pack_phase(const Stage& stage, const std::vector<int>& channels, const std::vector<int>& taps, Phase& phase) {
        const int kernel = stage.kernel_height * stage.kernel_width;
        phase.weights = program_.derived;
        for (int first = 0; first < stage.in.channels; first += program_.block) {
            Derivation derivation;
            derivation.from = stage.weights;
            derivation.to = program_.derived;
            for (size_t t = 0; t < channels.size(); ++t)
                for (int i = first; i < std::min(first + program_.block, stage.in.channels); ++i)
                    derivation.places.push_back(static_cast<int32_t>(packed_index(
                        stage.out.channels, program_.block, stage.taps(), channels[t], i * kernel + taps[t])));
            program_.derived += derivation.places.size();
            program_.derivations.push_back(std::move(derivation));
        }
        program_.derived = (program_.derived + floats_apart - 1) / floats_apart * floats_apart;
    }

    Program& program_;
};

}  // namespace

void place_gradients(Program& program) { Gradients(program).place(); }

}  // namespace convlens
