#include <algorithm>
#include <cstring>

#include "../layers.hpp"
#include "../placing.hpp"

namespace convlens {

namespace {

constexpr int cell_rows = 4;
constexpr int most_block = 8, most_lanes = 16;

// A group's index and channels, and the places where they begin.
struct Group {
    int number, channels_in, channels_out;
    size_t in(const Map& map, size_t lanes) const {
        return static_cast<size_t>(number) * channels_in * map.rows * map.columns * lanes;
    }
    size_t first_out() const { return static_cast<size_t>(number) * channels_out; }
};

// 2-D convolution, with bias. The stage may include relu and 2×2 max-pooling.
class Conv final : public Kind {
 public:
    void read(Stage& stage, const Reading& layer) const override {
        layer.expect_numbers(10);
        const int channels = layer.whole(0, 1);
        layer.window(stage, 1);
        stage.dilation_y = layer.whole(7, 1);
        stage.dilation_x = layer.whole(8, 1);
        stage.groups = layer.whole(9, 1);
        const Input& in = stage.in();
        if (in.channels % stage.groups != 0 || channels % stage.groups != 0)
            layer.refuse(std::to_string(stage.groups) + " groups do not divide " + std::to_string(in.channels) +
                         " channels into " + std::to_string(channels));
        stage.full = plain_map(
            channels,
            layer.positions(in.height, stage.kernel_height, stage.stride_y, stage.padding_y, stage.dilation_y),
            layer.positions(in.width, stage.kernel_width, stage.stride_x, stage.padding_x, stage.dilation_x));
        static_cast<Map&>(stage.out) = stage.full;
        stage.has_parameters = stage.needs_frame = stage.adds_gradient = stage.takes_relu = true;
    }
    bool needs_maps() const override { return true; }
    bool reads_numbers() const override { return true; }
    size_t parameters(const Stage& stage) const override {
        return static_cast<size_t>(stage.out.channels) * (static_cast<size_t>(stage.taps()) + 1);
    }
    size_t packed_place(const Stage& stage, int block, size_t k) const override {
        const int taps = stage.taps();
        if (k >= static_cast<size_t>(stage.out.channels) * taps) return k;
        return packed_weight(stage, block, static_cast<int>(k / taps), static_cast<int>(k % taps));
    }

    void forward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int) const override {
        const Kernels& kernels = *shared.kernels;
        Sweep sweep = stage.sweep;
        sweep.offsets = stage.offsets.data();
        Winograd fast = stage.fast;
        fast.offsets = stage.channel_offsets.data();
        for (int g = 0; g < stage.groups; ++g) {
            const Group group = group_of(stage, g);
            const size_t first = group.first_out();
            const float* in = buffers.values.data() + stage.in().at + group.in(stage.in(), lanes_of(shared));
            float* out = buffers.values.data() + stage.out.at + stage.out_start + first * stage.sweep.out_channel;
            uint8_t* winners = stage.pool && shared.keep_winners
                                   ? buffers.winners.data() + stage.winners + first * winners_of(stage, shared)
                                   : nullptr;
            if (stage.is_fast) {
                fast.weights = shared.derived + stage.fast_weights + group.number * stage.fast_weights_group;
                fast.bias = shared.parameters + stage.bias + first;
                kernels.winograd(fast, in, out, winners, buffers.scratch.data());
                continue;
            }
            sweep.weights = shared.parameters + stage.weights + first * stage.taps();
            sweep.bias = shared.parameters + stage.bias + first;
            if (stage.pool) kernels.sweep_pool(sweep, in, out, winners);
            else kernels.sweep(sweep, in, out);
        }
    }

    void backward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int,
                  const Learned& learned) const override {
        if (stage.cells) backward_cells(stage, shared, buffers, learned);
        if (stage.cells && !stage.in().learns) return;
        for (int g = 0; g < stage.groups; ++g) {
            const Group group = group_of(stage, g);
            if (stage.fast_gradient) backward_fast_weights(stage, shared, buffers, group, learned);
            else backward_weights(stage, shared, buffers, group, learned);
            for (const Phase& phase : stage.phases) backward_phase(stage, phase, shared, buffers, group, learned);
        }
    }

    void place_gradients(Program& program, Stage& stage) const override { place_conv_gradients(program, stage); }

    void clear_gradients(const Stage& stage, const Shared& shared, const Learned& learned) const override {
        // The first tile overwrites the sums of weights, except those of cells.
        const size_t cleared = stage.cells ? stage.summed : static_cast<size_t>(stage.out.channels);
        std::memset(learned.worker + stage.sums + (stage.summed - cleared) * lanes_of(shared), 0,
                    cleared * lanes_of(shared) * sizeof(float));
    }
    void finish_gradients(const Stage& stage, const Shared& shared, const Learned& learned) const override {
        const size_t first = stage.weights + stage.parameters() - stage.summed;
        shared.kernels->add_lanes(stage.summed, learned.worker + stage.sums, learned.gradients + first);
    }

    void prepare_single(SingleOperation& operation, SinglePlan& plan) const override {
        const Stage& stage = *operation.stage;
        const SinglePlace& in = operation.in[0];
        if (stage.pool) operation.middle = plan.place(stage.full, plan.padded(stage.out.channels));
        const int span = single_span(stage, plan.lanes());
        for (int y = 0; y < stage.kernel_height; ++y)
            for (int x = 0; x < stage.kernel_width; ++x)
                for (int channel = 0; channel < span; ++channel)
                    operation.offsets.push_back((y * stage.dilation_y + in.top - stage.padding_y) * in.row() +
                                                (x * stage.dilation_x + in.left - stage.padding_x) * in.step + channel);
        plan.take_weights(operation, operation.offsets.size() * static_cast<size_t>(operation.out.step),
                          operation.out.step);
    }

    void pack_single(const SingleOperation& operation, const Shared& shared, float* weights) const override {
        const Stage& stage = *operation.stage;
        const int kernel = stage.kernel_height * stage.kernel_width, lanes = shared.kernels->lanes;
        const int span = single_span(stage, lanes);
        for (int o = 0; o < stage.out.channels; ++o) {
            const int first = o / stage.group_out() * stage.group_in() - single_first(stage, lanes, o / lanes);
            float* to =
                weights + operation.weights + static_cast<size_t>(o / lanes) * span * kernel * lanes + o % lanes;
            for (int k = 0; k < kernel; ++k)
                for (int i = 0; i < stage.group_in(); ++i)
                    to[(k * span + first + i) * lanes] =
                        shared
                            .parameters[stage.weights + packed_weight(stage, shared.kernels->block, o, i * kernel + k)];
            weights[operation.bias + static_cast<size_t>(o)] = shared.parameters[stage.bias + static_cast<size_t>(o)];
        }
    }

    void run_single(const SingleOperation& operation, const Kernels& kernels, float* workspace,
                    const float* weights) const override {
        const Stage& stage = *operation.stage;
        const SinglePlace& in = operation.in[0];
        const SinglePlace& to = stage.pool ? operation.middle : operation.out;
        SingleSweep sweep;
        sweep.rows = stage.full.height;
        sweep.columns = stage.full.width;
        sweep.in_row = stage.stride_y * in.row();
        sweep.in_column = stage.stride_x * in.step;
        sweep.out_row = to.row();
        sweep.out_column = to.step;
        sweep.taps = static_cast<int>(operation.offsets.size());
        sweep.offsets = operation.offsets.data();
        sweep.relu = stage.relu;
        const int vectors = to.step / kernels.lanes;
        sweep.vectors = stage.groups == 1 ? vectors : 1;  // with groups, each vector reads different channels
        for (int v = 0; v < vectors; v += sweep.vectors) {
            sweep.weights = weights + operation.weights + static_cast<size_t>(v) * sweep.taps * kernels.lanes;
            sweep.bias = weights + operation.bias + v * kernels.lanes;
            kernels.single_sweep(sweep, workspace + in.at + single_first(stage, kernels.lanes, v),
                                 workspace + to.inside() + v * kernels.lanes);
        }
        if (!stage.pool) return;
        Pooling pooling;
        pooling.in = stage.full;
        pooling.out = stage.out;
        pooling.kernel_height = pooling.kernel_width = pooling.stride_y = pooling.stride_x = 2;
        kernels.single_max_pool(pooling, to.row(), to.step, operation.out.row(), operation.out.step, vectors,
                                workspace + to.inside(), workspace + operation.out.inside());
    }

 private:
    static size_t lanes_of(const Shared& shared) { return static_cast<size_t>(shared.kernels->lanes); }

    static Group group_of(const Stage& stage, int number) { return {number, stage.group_in(), stage.group_out()}; }

    // Bytes from one pooled channel's winners to the next.
    static size_t winners_of(const Stage& stage, const Shared& shared) {
        return static_cast<size_t>(stage.out.height) * stage.out.width * shared.kernels->winner_bytes;
    }

    // Some rows of cells at a time, so that their input stays in the first-level cache for all channels.
    static void backward_cells(const Stage& stage, const Shared& shared, TileBuffers& buffers, const Learned& learned) {
        const Kernels& kernels = *shared.kernels;
        const size_t lanes = lanes_of(shared), plane = static_cast<size_t>(stage.out.height) * stage.out.width;
        float* gradient = buffers.values.data() + stage.out.gradient;
        const uint8_t* winners = buffers.winners.data() + stage.winners;
        float* sums = learned.worker + stage.sums;
        kernels.cell_gradients(without_frame(stage.out), gradient, winners,
                               sums + static_cast<size_t>(stage.out.channels) * stage.taps() * lanes);
        CellSweep sweep;
        sweep.columns = stage.out.width;
        sweep.all_rows = stage.out.height;
        sweep.in_row = stage.sweep.in_row;
        sweep.in_channel = static_cast<size_t>(stage.in().rows) * stage.in().columns * lanes;
        sweep.in_channels = stage.group_in();
        sweep.out_channels = stage.group_out();
        for (int g = 0; g < stage.groups; ++g) {
            const Group group = group_of(stage, g);
            const size_t channel = group.first_out();
            for (int first = 0; first < stage.out.height; first += cell_rows) {
                sweep.rows = std::min(cell_rows, stage.out.height - first);
                const size_t cells = channel * plane + static_cast<size_t>(first) * stage.out.width;
                kernels.cell_weights(sweep,
                                     buffers.values.data() + stage.in().at + group.in(stage.in(), lanes) +
                                         static_cast<size_t>(2 * first) * sweep.in_row,
                                     gradient + cells * lanes, winners + cells * kernels.winner_bytes,
                                     sums + channel * stage.taps() * lanes);
            }
        }
    }

    // Copies the gradient of a convolution's output, some rows of a block of channels, in the order of the sweeps.
    static void spread(const Stage& stage, const Shared& shared, TileBuffers& buffers, size_t channel, int channels,
                       int first, int last, float* to, float* bias_sums) {
        const Kernels& kernels = *shared.kernels;
        const size_t lanes = lanes_of(shared);
        const size_t column = stage.slopes_width * lanes, row = stage.slopes.columns * column;
        const size_t plane = static_cast<size_t>(stage.out.height) * stage.out.width * lanes;
        const float* gradient = buffers.values.data() + stage.out.gradient + channel * plane;
        const Map out = without_frame(stage.out);
        if (stage.pool) {
            const uint8_t* winners = buffers.winners.data() + stage.winners + channel * winners_of(stage, shared);
            kernels.spread_pooled(channels, first / 2, last / 2, out, gradient, winners, row, column, to, bias_sums);
            return;
        }
        const size_t value_plane = static_cast<size_t>(stage.out.rows) * stage.out.columns * lanes;
        const float* values = stage.relu ? buffers.values.data() + stage.out.at + channel * value_plane : nullptr;
        kernels.spread_plain(channels, first, last, out, gradient, stage.out, values, row, column, to, bias_sums);
    }

    static size_t inside_slopes(const Stage& stage, size_t lanes) {
        return (static_cast<size_t>(stage.slopes.top) * stage.slopes.columns + stage.slopes.left) * stage.slopes_width *
               lanes;
    }

    static void backward_weights(const Stage& stage, const Shared& shared, TileBuffers& buffers, const Group& group,
                                 const Learned& learned) {
        const Kernels& kernels = *shared.kernels;
        const size_t lanes = lanes_of(shared), row = stage.slopes.columns * stage.slopes_width * lanes;
        const int rows = stage.pool ? 2 * stage.out.height : stage.full.height;
        const bool learns = stage.in().learns;
        float* values = buffers.values.data();
        float* sums = learned.worker + stage.sums;
        float* bias_sums = sums + static_cast<size_t>(stage.out.channels) * stage.taps() * lanes;
        WeightSweep sweep;
        sweep.columns = stage.pool ? 2 * stage.out.width : stage.full.width;
        sweep.in_row = stage.sweep.in_row;
        sweep.in_column = stage.sweep.in_column;
        sweep.gradient_row = row;
        sweep.gradient_column = stage.slopes_width * lanes;
        sweep.taps = stage.taps();
        sweep.offsets = stage.offsets.data();
        alignas(64) float unused[most_block * most_lanes] = {};
        const float* in = values + stage.in().at + group.in(stage.in(), lanes);
        for (int first_channel = 0; first_channel < group.channels_out; first_channel += stage.slopes_width) {
            sweep.channels = std::min(stage.slopes_width, group.channels_out - first_channel);
            const size_t channel = group.first_out() + first_channel;
            float* block = learned.worker + stage.slopes_at + inside_slopes(stage, lanes) +
                           (learns ? slopes_block_of(stage, static_cast<int>(channel)) : 0);
            for (int first = 0; first < rows; first += stage.chunk) {
                const int last = std::min(first + stage.chunk, rows);
                float* slopes = block + (learns ? first * row : 0);
                spread(stage, shared, buffers, channel, sweep.channels, first, last, slopes,
                       stage.cells ? unused : bias_sums + channel * lanes);
                if (stage.cells) continue;
                sweep.rows = last - first;
                sweep.adds = first > 0 || !learned.is_first;
                kernels.weight_sweep(sweep, in + static_cast<ptrdiff_t>(first) * sweep.in_row, slopes,
                                     sums + channel * stage.taps() * lanes);
            }
        }
    }

    // By Winograd's algorithm, some rows at a time, so that their gradients stay in the cache.
    static void backward_fast_weights(const Stage& stage, const Shared& shared, TileBuffers& buffers,
                                      const Group& group, const Learned& learned) {
        const Kernels& kernels = *shared.kernels;
        const size_t lanes = lanes_of(shared), row = stage.slopes.columns * stage.slopes_width * lanes;
        const float* in = buffers.values.data() + stage.in().at + group.in(stage.in(), lanes);
        float* slopes = learned.worker + stage.slopes_at + inside_slopes(stage, lanes);
        WinogradGradient fast = stage.gradient;
        fast.offsets = stage.channel_offsets.data();
        fast.value_offsets = stage.value_offsets.data();
        std::fill_n(learned.workspace, fast.sums, 0.0f);
        for (int first = 0; first < stage.full.height; first += stage.chunk) {
            const int last = std::min(first + stage.chunk, stage.full.height);
            for (int i = 0; i < group.channels_out; i += stage.slopes_width) {
                const size_t channel = group.first_out() + i;
                spread(stage, shared, buffers, channel, std::min(stage.slopes_width, group.channels_out - i), first,
                       last, slopes + slopes_block_of(stage, static_cast<int>(channel)) + first * row,
                       learned.worker + stage.sums + channel * lanes);
            }
            kernels.winograd_gradient(
                fast, (last - first + 1) / 2, in + static_cast<ptrdiff_t>(first) * stage.sweep.in_row,
                slopes + slopes_block_of(stage, static_cast<int>(group.first_out())) + first * row, learned.workspace);
        }
        kernels.winograd_gradient_back(fast, learned.workspace,
                                       learned.gradients + stage.weights + group.first_out() * stage.taps());
    }

    static void backward_phase(const Stage& stage, const Phase& phase, const Shared& shared, TileBuffers& buffers,
                               const Group& group, const Learned& learned) {
        const size_t lanes = lanes_of(shared);
        const float* from = learned.worker + stage.slopes_at + inside_slopes(stage, lanes) +
                            slopes_block_of(stage, static_cast<int>(group.first_out()));
        float* to =
            buffers.values.data() + stage.in().gradient + phase.out + group.in(without_frame(stage.in()), lanes);
        const float* weights = shared.derived + phase.weights + group.number * phase.weights_group;
        if (phase.is_fast) {
            Winograd fast = phase.fast;
            fast.offsets = phase.offsets.data();
            fast.weights = weights;
            fast.adds = stage.in().adds;
            shared.kernels->winograd(fast, from, to, nullptr, buffers.scratch.data());
            return;
        }
        Sweep back = phase.sweep;
        back.offsets = phase.offsets.data();
        back.weights = weights;
        back.adds = stage.in().adds;
        shared.kernels->sweep(back, from, to);
    }

    // The number of input channels that a vector of output channels reads, in all groups that it overlaps, ...
    static int single_span(const Stage& stage, int lanes) {
        const int groups = std::min(stage.groups, (lanes + stage.group_out() - 2) / stage.group_out() + 1);
        return groups * stage.group_in();
    }
    // ... and the first of them.
    static int single_first(const Stage& stage, int lanes, int vector) {
        const int first = vector * lanes / stage.group_out() * stage.group_in();
        return std::min(first, stage.in().channels - single_span(stage, lanes));
    }
};

}  // namespace

CONVLENS_KIND(conv, Conv)

}  // namespace convlens
