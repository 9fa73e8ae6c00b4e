#include "program.hpp"

#include <algorithm>
#include <stdexcept>

#include "layers.hpp"
#include "placing.hpp"

namespace convlens {

namespace {

bool pools_by_two(const Layer& layer) {
    return layer.word == "maxpool" && layer.numbers == std::vector<double>{2, 2, 2, 2, 0, 0};
}

// Turns layers into stages with shapes; conv + relu + 2×2 max-pooling becomes one.
class Reader {
 public:
    Reader(const std::vector<Layer>& layers, const Choices& choices, Program& program)
        : layers_(layers), choices_(choices), program_(program) {}

    void read(Map map) {
        for (size_t index = 0; index < layers_.size(); ++index) {
            const Layer& layer = layers_[index];
            if (flat_ && needs_maps(layer.word))
                throw std::invalid_argument(
                    "layer " + std::to_string(index) + ", " + layer.word +
                    ": it needs maps, but a flatten or dense before it leaves one row of numbers");
            flat_ = flat_ || layer.word == "flatten" || layer.word == "dense";
            if (layer.word == "flatten") {
                map = flat(map, index);
            } else if (layer.word == "dropout" && !choices_.dropout) {
                read_layer(layer, static_cast<int>(index), map);  // for its complaints
            } else {
                Stage stage = read_layer(layer, static_cast<int>(index), map);
                const size_t fused = stage.kind == Kind::conv && choices_.fuse ? fuse(stage, index) : 0;
                map = stage.out;
                program_.stages.push_back(std::move(stage));
                for (size_t k = 0; k < fused; ++k) note(program_.stages.back().full);
                index += fused;
            }
            note(map);
        }
        if (map.height != 1 || map.width != 1)
            throw std::invalid_argument("the network must end in one row of numbers");
        program_.classes = map.channels;
    }

 private:
    static bool needs_maps(const std::string& word) {
        return word == "conv" || word == "maxpool" || word == "avgpool" || word == "globalavgpool" || word == "flatten";
    }

    Map flat(const Map& map, size_t index) {
        const double numbers = static_cast<double>(map.channels) * map.height * map.width;
        if (numbers > most_floats)
            throw std::length_error("layer " + std::to_string(index) + ", flatten, is too large");
        return plain_map(map.channels * map.height * map.width, 1, 1);
    }

    size_t fuse(Stage& stage, size_t index) {
        size_t used = 0;
        const auto word = [&](size_t k) { return index + k < layers_.size() ? layers_[index + k].word : ""; };
        if (word(1) == "relu") stage.relu = true, used = 1;
        if (word(used + 1) == "maxpool" && pools_by_two(layers_[index + used + 1]) && stage.full.height > 1 &&
            stage.full.width > 1) {
            stage.pool = true;
            stage.out = plain_map(stage.full.channels, stage.full.height / 2, stage.full.width / 2);
            ++used;
        }
        return used;
    }

    void note(const Map& map) {
        program_.stage_of_layer.push_back(static_cast<int>(program_.stages.size()) - 1);
        program_.map_of_layer.push_back(map);
    }

    const std::vector<Layer>& layers_;
    const Choices& choices_;
    Program& program_;
    bool flat_ = false;
};

// Gives every number a place.
class Placer {
 public:
    Placer(Program& program, const Choices& choices) : program_(program), choices_(choices) {}

    void place() {
        frame_inputs();
        place_parameters();
        place_values();
        if (choices_.gradients) place_gradients(program_);
    }

 private:
    size_t lanes() const { return static_cast<size_t>(program_.lanes); }

    // A convolution reads over the edge of its input, so whoever writes that input leaves a frame of zeros around it.
    void frame_inputs() {
        for (size_t k = 0; k < program_.stages.size(); ++k) {
            Stage& stage = program_.stages[k];
            if (stage.kind != Kind::conv) continue;
            Map& in = stage.in;
            in.top = stage.padding_y;
            in.left = stage.padding_x;
            const int reach_y =
                (stage.full.height - 1) * stage.stride_y + stage.dilation_y * (stage.kernel_height - 1) + 1;
            const int reach_x =
                (stage.full.width - 1) * stage.stride_x + stage.dilation_x * (stage.kernel_width - 1) + 1;
            in.rows = std::max(in.top + in.height, reach_y);
            in.columns = std::max(in.left + in.width, reach_x);
            stage.is_fast = suits_winograd(stage);
            if (stage.is_fast) {  // blocks of two rows and columns, the last of which may be half
                in.rows = std::max(in.rows, 2 * ((stage.full.height + 1) / 2) + 2);
                in.columns = std::max(in.columns, 2 * ((stage.full.width + 1) / 2) + 2);
            }
            (k == 0 ? program_.input : program_.stages[k - 1].out) = in;
        }
        // An activation in place has the frame of what it changes.
        for (size_t k = program_.stages.size(); k-- > 1;)
            if (in_place(program_, k)) program_.stages[k].in = program_.stages[k - 1].out = program_.stages[k].out;
        for (size_t k = 1; k < program_.stages.size(); ++k) {
            const Map& before = program_.stages[k - 1].out;
            const Stage& stage = program_.stages[k];
            if (stage.kind == Kind::dense || stage.in.channels != before.channels) continue;  // flattened: no frame
            program_.stages[k].in = before;
        }
        for (Stage& stage : program_.stages) stage.pooling = pooling_of(stage);
    }

    static Pooling pooling_of(const Stage& stage) {
        return {stage.in,       stage.out,      stage.kernel_height, stage.kernel_width,
                stage.stride_y, stage.stride_x, stage.padding_y,     stage.padding_x};
    }

    double size_of(const Map& map) const {
        return static_cast<double>(map.channels) * map.rows * map.columns * program_.lanes;
    }

    void place_values() {
        program_.input_at = take(program_, size_of(program_.input), program_.stages[0]);
        size_t at = program_.input_at;
        for (size_t k = 0; k < program_.stages.size(); ++k) {
            Stage& stage = program_.stages[k];
            stage.in_at = at;
            stage.out_at = in_place(program_, k) ? at : take(program_, size_of(stage.out), stage);
            at = stage.out_at;
            if (stage.kind == Kind::conv) describe_sweep(stage);
            if (stage.is_fast) describe_winograd(program_, stage);
        }
    }

    void describe_sweep(Stage& stage) {
        const size_t row = static_cast<size_t>(stage.in.columns) * lanes();
        for (int channel = 0; channel < stage.in.channels; ++channel)
            for (int y = 0; y < stage.kernel_height; ++y)
                for (int x = 0; x < stage.kernel_width; ++x)
                    stage.offsets.push_back(static_cast<int32_t>(
                        (static_cast<size_t>(channel) * stage.in.rows + static_cast<size_t>(y) * stage.dilation_y) *
                            row +
                        static_cast<size_t>(x) * stage.dilation_x * lanes()));
        Sweep& sweep = stage.sweep;
        sweep.rows = stage.out.height;
        sweep.columns = stage.out.width;
        sweep.in_row = static_cast<int>(stage.stride_y * row);
        sweep.in_column = static_cast<int>(stage.stride_x * lanes());
        sweep.out_row = static_cast<int>(stage.out.columns * lanes());
        sweep.out_column = static_cast<int>(lanes());
        sweep.out_channel = static_cast<size_t>(stage.out.rows) * stage.out.columns * lanes();
        sweep.taps = stage.taps();
        sweep.channels = stage.out.channels;
        sweep.relu = stage.relu;
        stage.out_start = (static_cast<size_t>(stage.out.top) * stage.out.columns + stage.out.left) * lanes();
    }

    void place_parameters() {
        for (Stage& stage : program_.stages) {
            stage.weights = program_.parameters;
            const size_t out =
                static_cast<size_t>(stage.kind == Kind::normalisation ? stage.in.channels : stage.out.channels);
            stage.bias = stage.weights + stage.parameters() - (stage.has_parameters ? out : 0);
            program_.parameters += stage.parameters();
            if (program_.parameters > most_floats)
                throw std::length_error("layer " + std::to_string(stage.layer) + " brings the weights to " +
                                        std::to_string(program_.parameters) + "; at most " +
                                        std::to_string(most_floats) + " are taken");
            if (stage.kind == Kind::normalisation) {
                stage.statistics = program_.statistics;
                program_.statistics += 2 * out;
                stage.normalisation = static_cast<size_t>(program_.normalised_channels);
                program_.normalised_channels += stage.in.channels;
            }
        }
    }

    Program& program_;
    const Choices& choices_;
};

void check_input(int channels, int height, int width) {
    if (channels < 1 || height < 1 || width < 1 || channels > 65536 || height > 65536 || width > 65536 ||
        static_cast<double>(channels) * height * width > static_cast<double>(most_floats))
        throw std::invalid_argument(
            "the input is " + std::to_string(channels) + "×" + std::to_string(height) + "×" + std::to_string(width) +
            "; each must be 1 to 65536, and all numbers together at most " + std::to_string(most_floats));
}

}  // namespace

size_t take(Program& program, double count, const Stage& stage) {
    const size_t at = program.tile_room;
    if (count > static_cast<double>(most_floats) || at + count > static_cast<double>(most_floats))
        throw std::length_error("layer " + std::to_string(stage.layer) + " needs more than 1 GiB for " +
                                std::to_string(program.lanes) + " images");
    program.tile_room += static_cast<size_t>(count);
    leave_gap<float>(program.tile_gaps, program.tile_room);
    program.tile_room = (program.tile_room + floats_apart - 1) / floats_apart * floats_apart;
    return at;
}

// Not the network's input, nor another activation's result, which its derivative needs; that may be a relu that went
// into the convolution. Flattening in between changes nothing in memory.
bool in_place(const Program& program, size_t stage) {
    if (stage == 0 || program.stages[stage].kind != Kind::activation) return false;
    const Stage& before = program.stages[stage - 1];
    const bool has_relu = before.kind == Kind::conv && before.relu && !before.pool;
    return before.kind != Kind::activation && !has_relu && program.stages[stage].in.channels == before.out.channels;
}

size_t packed_index(int out_channels, int block, int taps, int out_channel, int tap) {
    const int first = out_channel / block * block;
    const int size = std::min(block, out_channels - first);
    return static_cast<size_t>(first) * static_cast<size_t>(taps) +
           static_cast<size_t>(tap) * static_cast<size_t>(size) + static_cast<size_t>(out_channel - first);
}

Program make_program(const std::vector<Layer>& layers, int channels, int height, int width, const Kernels& kernels,
                     const Choices& choices) {
    check_input(channels, height, width);
    Program program;
    program.lanes = kernels.lanes;
    program.block = kernels.block;
    program.has_cells = kernels.has_cells;
    program.winner_bytes = kernels.winner_bytes;
    program.input = plain_map(channels, height, width);
    Reader(layers, choices, program).read(program.input);
    const bool learns = std::any_of(program.stages.begin(), program.stages.end(),
                                    [](const Stage& stage) { return stage.has_parameters; });
    if (!learns) throw std::invalid_argument("the network has no layer with weights");
    Placer(program, choices).place();
    return program;
}

}  // namespace convlens
