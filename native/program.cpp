#include "program.hpp"

#include <algorithm>
#include <stdexcept>

#include "layers.hpp"
#include "placing.hpp"

namespace convlens {

namespace {

// Converts layers to stages with shapes. Fuses relu with the stage before it, and 2×2 max-pooling with a convolution.
class Reader {
 public:
    Reader(const std::vector<Layer>& layers, const Kernels& kernels, const Choices& choices, Program& program)
        : layers_(layers), kernels_(kernels), choices_(choices), program_(program), fused_(layers.size(), false) {}

    void read() {
        count_readers();
        program_.nodes.resize(layers_.size());
        input_.map = program_.input;
        input_.alone = input_readers_ == 1;
        for (size_t k = 0; k < layers_.size(); ++k)
            if (!fused_[k]) read_layer(k);
        const Node& last = program_.nodes.empty() ? input_ : program_.nodes.back();
        if (last.map.height != 1 || last.map.width != 1)
            throw std::invalid_argument("the network must end in one row of numbers");
        program_.classes = last.map.channels;
    }

 private:
    static std::string name(size_t k) { return "layer " + std::to_string(k); }

    // Finds the layers that read each layer's result; every result except the last one needs a reader.
    void count_readers() {
        readers_.resize(layers_.size());
        for (size_t k = 0; k < layers_.size(); ++k)
            for (const int input : layers_[k].inputs) {
                if (input < -1 || input >= static_cast<int>(k))
                    throw std::invalid_argument(name(k) + ", " + layers_[k].word + ": it takes the result of layer " +
                                                std::to_string(input) + "; give an earlier layer, or -1 for the input");
                if (input < 0) ++input_readers_;
                else readers_[static_cast<size_t>(input)].push_back(k);
            }
        for (size_t k = 0; k + 1 < layers_.size(); ++k)
            if (readers_[k].empty())
                throw std::invalid_argument(name(k) + ", " + layers_[k].word + ": no layer uses its result");
    }

    const Node& node(int number) const { return number < 0 ? input_ : program_.nodes[static_cast<size_t>(number)]; }

    void read_layer(size_t k) {
        const Layer& layer = layers_[k];
        const Kind* kind = find_kind(layer.word, kernels_);
        if (!kind) throw std::invalid_argument(name(k) + ": '" + layer.word + "' is not known");
        const Reading reading(layer, static_cast<int>(k), kernels_);
        if (!kind->takes(layer.inputs.size()))
            reading.refuse("it can't take " + std::to_string(layer.inputs.size()) + " inputs");
        Stage stage;
        stage.kind = kind;
        stage.layer = static_cast<int>(k);
        take_inputs(stage, reading, layer);
        kind->read(stage, reading);
        const Node& first = node(layer.inputs[0]);
        Node& result = program_.nodes[k];
        result = {first.value, stage.out, first.flat || kind->leaves_row(), readers_[k].size() == 1};
        if (kind->is_alias(choices_, first.alone)) {
            result.alone = result.alone && first.alone;
            return;
        }
        for (const Input& input : stage.inputs) ++program_.value(input.value).readers;
        result.value = static_cast<int>(program_.stages.size()) + 1;
        if (choices_.fuse && stage.takes_relu) fuse(stage, k);
        program_.stages.push_back(std::move(stage));
    }

    void take_inputs(Stage& stage, const Reading& reading, const Layer& layer) {
        for (const int number : layer.inputs) {
            const Node& from = node(number);
            if (from.flat && stage.kind->needs_maps())
                reading.refuse("it needs maps, but a flatten or dense before it leaves one row of numbers");
            if (from.flat != node(layer.inputs[0]).flat) reading.refuse("it takes maps or rows of numbers, not both");
            Input input;
            static_cast<Map&>(input) = from.map;
            input.value = from.value;
            stage.inputs.push_back(input);
        }
    }

    // Finds the only layer that reads the result of layer k; false unless it has this word and these numbers.
    bool follows(size_t k, const std::string& word, const std::vector<double>& numbers, size_t& next) const {
        if (readers_[k].size() != 1) return false;
        next = readers_[k][0];
        const Layer& layer = layers_[next];
        return layer.word == word && layer.numbers == numbers && layer.inputs.size() == 1;
    }

    void fuse(Stage& stage, size_t k) {
        size_t next = 0;
        if (follows(k, "relu", {}, next)) {
            stage.relu = true;
            fuse_layer(k = next, stage);
        }
        if (stage.full.height > 1 && stage.full.width > 1 && follows(k, "maxpool", {2, 2, 2, 2, 0, 0}, next)) {
            stage.pool = true;
            static_cast<Map&>(stage.out) = plain_map(stage.full.channels, stage.full.height / 2, stage.full.width / 2);
            fuse_layer(next, stage);
        }
        stage.needs_result = stage.relu && !stage.pool;
    }

    void fuse_layer(size_t k, const Stage& stage) {
        fused_[k] = true;
        program_.nodes[k] = {static_cast<int>(program_.stages.size()) + 1, stage.out, false, readers_[k].size() == 1};
    }

    const std::vector<Layer>& layers_;
    const Kernels& kernels_;
    const Choices& choices_;
    Program& program_;
    Node input_;
    int input_readers_ = 0;
    std::vector<std::vector<size_t>> readers_;
    std::vector<bool> fused_;
};

// Assigns a place in memory to every value.
class Placer {
 public:
    Placer(Program& program, const Choices& choices) : program_(program), choices_(choices) {}

    void place() {
        for (Stage& stage : program_.stages) stage.in_place = may_overwrite(stage);
        frame_values();
        place_parameters();
        place_values();
        if (choices_.gradients) place_gradients(program_);
    }

 private:
    // A stage must not overwrite the network's input, a value that another stage or the backward pass needs, or a
    // flattened map.
    bool may_overwrite(const Stage& stage) const {
        if (!stage.may_be_in_place || stage.in().value == 0) return false;
        const Stage& before = program_.stages[static_cast<size_t>(stage.in().value) - 1];
        return before.out.readers == 1 && !before.needs_result && stage.in().channels == before.out.channels;
    }

    // A convolution reads beyond the edges of its input, so the input gets a frame of zeros that is wide enough for all
    // its readers.
    void frame_values() {
        for (Stage& stage : program_.stages) {
            if (!stage.needs_frame) continue;
            stage.is_fast = suits_winograd(stage);
            Value& value = program_.value(stage.in().value);
            value.top = std::max(value.top, stage.padding_y);
            value.left = std::max(value.left, stage.padding_x);
        }
        for (Stage& stage : program_.stages) {
            Value& value = program_.value(stage.in().value);
            value.rows = std::max(value.rows, value.top + value.height);
            value.columns = std::max(value.columns, value.left + value.width);
            if (!stage.needs_frame) continue;
            value.rows = std::max(value.rows, value.top - stage.padding_y + reach_down(stage));
            value.columns = std::max(value.columns, value.left - stage.padding_x + reach_right(stage));
        }
        // The input of a stage that works in place has the frame of its result.
        for (size_t k = program_.stages.size(); k-- > 0;)
            if (program_.stages[k].in_place)
                static_cast<Map&>(program_.value(program_.stages[k].in().value)) = program_.stages[k].out;
    }

    // The number of rows from the first to the last that a convolution reads. Winograd's algorithm computes blocks of
    // two rows and columns, the last of which may be incomplete.
    static int reach_down(const Stage& stage) {
        const int plain = (stage.full.height - 1) * stage.stride_y + stage.dilation_y * (stage.kernel_height - 1) + 1;
        return stage.is_fast ? std::max(plain, 2 * ((stage.full.height + 1) / 2) + 2) : plain;
    }
    static int reach_right(const Stage& stage) {
        const int plain = (stage.full.width - 1) * stage.stride_x + stage.dilation_x * (stage.kernel_width - 1) + 1;
        return stage.is_fast ? std::max(plain, 2 * ((stage.full.width + 1) / 2) + 2) : plain;
    }

    double size_of(const Map& map) const {
        return static_cast<double>(map.channels) * map.rows * map.columns * program_.lanes;
    }

    void place_values() {
        find_last_readers();
        program_.input.at = take(program_, size_of(program_.input), program_.stages[0]);
        note_place(program_.input, 0);
        for (size_t k = 0; k < program_.stages.size(); ++k) {
            Stage& stage = program_.stages[k];
            for (Input& input : stage.inputs) place_input(stage, input);
            if (stage.in_place) {
                stage.out.at = stage.in().at;
                note_place(stage.out, k + 1);
            } else if (!find_free(stage.out, k)) {
                stage.out.at = take(program_, size_of(stage.out), stage);
                note_place(stage.out, k + 1);
            }
            stage.pooling = {stage.in(),     stage.out,      stage.kernel_height, stage.kernel_width,
                             stage.stride_y, stage.stride_x, stage.padding_y,     stage.padding_x};
            if (stage.needs_frame) describe_sweep(program_, stage);
            if (stage.is_fast) describe_winograd(program_, stage);
        }
    }

    // A convolution begins to read in the frame; a flattened value has none.
    void place_input(const Stage& stage, Input& input) const {
        const Value& value = program_.value(input.value);
        input.at = value.at;
        if (input.channels == value.channels) static_cast<Map&>(input) = value;
        if (stage.needs_frame)
            input.at +=
                (static_cast<size_t>(value.top - stage.padding_y) * value.columns + value.left - stage.padding_x) *
                static_cast<size_t>(program_.lanes);
    }

    // In prediction, the place of a value that is no longer needed is reused for the next value with the same shape and
    // frame, since the frame must stay zero.
    struct Place {
        Map map;
        size_t at;
        size_t until;  // the last stage that reads it
    };

    void find_last_readers() {
        last_readers_.assign(program_.stages.size() + 1, 0);
        for (size_t k = 0; k < program_.stages.size(); ++k)
            for (const Input& input : program_.stages[k].inputs) last_readers_[static_cast<size_t>(input.value)] = k;
        last_readers_.back() = program_.stages.size();
    }

    void note_place(const Value& value, size_t number) {
        for (Place& place : places_)
            if (place.at == value.at) place.until = last_readers_[number];
        if (std::none_of(places_.begin(), places_.end(), [&](const Place& place) { return place.at == value.at; }))
            places_.push_back({value, value.at, last_readers_[number]});
    }

    bool find_free(Value& value, size_t stage) {
        if (choices_.gradients) return false;
        for (Place& place : places_) {
            const Map& map = place.map;
            if (place.until >= stage || map.channels != value.channels || map.height != value.height ||
                map.width != value.width || map.top != value.top || map.left != value.left || map.rows != value.rows ||
                map.columns != value.columns)
                continue;
            value.at = place.at;
            place.until = last_readers_[stage + 1];
            return true;
        }
        return false;
    }

    void place_parameters() {
        for (Stage& stage : program_.stages) {
            const size_t channels = static_cast<size_t>(stage.out.channels);
            stage.weights = program_.parameters;
            stage.bias = stage.weights + stage.parameters() - (stage.has_parameters ? channels : 0);
            program_.parameters += stage.parameters();
            if (program_.parameters > most_floats)
                throw std::length_error("layer " + std::to_string(stage.layer) + " brings the weights to " +
                                        std::to_string(program_.parameters) + "; at most " +
                                        std::to_string(most_floats) + " are allowed");
            if (!stage.kind->waits_for_batch()) continue;
            stage.statistics = program_.statistics;
            program_.statistics += 2 * channels;
            stage.normalisation = static_cast<size_t>(program_.normalised_channels);
            program_.normalised_channels += stage.out.channels;
        }
    }

    Program& program_;
    const Choices& choices_;
    std::vector<Place> places_;
    std::vector<size_t> last_readers_;
};

void check_input(int channels, int height, int width) {
    if (channels < 1 || height < 1 || width < 1 || channels > 65536 || height > 65536 || width > 65536 ||
        static_cast<double>(channels) * height * width > static_cast<double>(most_floats))
        throw std::invalid_argument(
            "the input is " + std::to_string(channels) + "×" + std::to_string(height) + "×" + std::to_string(width) +
            "; each must be 1 to 65536, and all numbers together at most " + std::to_string(most_floats));
}

}  // namespace

bool Stage::passes_on() const {
    return std::any_of(inputs.begin(), inputs.end(), [](const Input& input) { return input.learns; });
}

size_t Stage::parameters() const { return kind->parameters(*this); }

Map plain_map(int channels, int height, int width) {
    Map map;
    map.channels = channels;
    map.height = map.rows = height;
    map.width = map.columns = width;
    return map;
}

Map without_frame(const Map& map) { return plain_map(map.channels, map.height, map.width); }

namespace {

size_t take_floats(size_t& used, Gaps& gaps, double count, const Stage& stage, int lanes) {
    const size_t at = used;
    if (count > static_cast<double>(most_floats) || at + count > static_cast<double>(most_floats))
        throw std::length_error("layer " + std::to_string(stage.layer) + " needs more than 1 GiB for " +
                                std::to_string(lanes) + " images");
    used += static_cast<size_t>(count);
    leave_gap<float>(gaps, used);
    used = (used + floats_apart - 1) / floats_apart * floats_apart;
    return at;
}

}  // namespace

size_t take(Program& program, double count, const Stage& stage) {
    return take_floats(program.tile_floats, program.tile_gaps, count, stage, program.lanes);
}

size_t take_from_worker(Program& program, double count, const Stage& stage) {
    return take_floats(program.worker_floats, program.worker_gaps, count, stage, program.lanes);
}

void take_winners(Program& program, Stage& stage, size_t bytes) {
    stage.winners = program.tile_winners;
    program.tile_winners = (program.tile_winners + bytes + 63) / 64 * 64;
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
    static_cast<Map&>(program.input) = plain_map(channels, height, width);
    Reader(layers, kernels, choices, program).read();
    const bool learns = std::any_of(program.stages.begin(), program.stages.end(),
                                    [](const Stage& stage) { return stage.has_parameters; });
    if (!learns) throw std::invalid_argument("the network has no layer with weights");
    Placer(program, choices).place();
    return program;
}

}  // namespace convlens
