#include "single.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace convlens {

namespace {

constexpr size_t line_floats = 16;

size_t whole_lines(size_t floats) { return (floats + line_floats - 1) / line_floats * line_floats; }

}  // namespace

Single::Single(const Program& inference, const Kernels& kernels) : program_(inference), kernels_(kernels) {
    // A convolution reads single channels; everything else works on whole vectors of them.
    const bool reads_single = program_.stages[0].kind == Kind::conv || program_.stages[0].kind == Kind::dense;
    input_ = place(program_.input, reads_single ? program_.input.channels : padded(program_.input.channels));
    Place at = input_;
    std::vector<int32_t> features;
    for (const Stage& stage : program_.stages) {
        Operation operation;
        operation.stage = &stage;
        operation.in = at;
        operation.features = features;
        const bool flattened = stage.kind != Kind::conv && stage.in.channels != at.channels;
        if (stage.kind == Kind::dense || flattened) flatten(operation);
        operation.out = place(stage.out, padded(stage.out.channels));
        if (stage.kind == Kind::conv) add_conv(operation);
        if (stage.kind == Kind::dense) {
            operation.weights = weights_size_;
            operation.bias = weights_size_ + static_cast<size_t>(operation.in.step) * operation.out.step;
            weights_size_ = operation.bias + static_cast<size_t>(operation.out.step);
        } else if (!operation.features.empty()) {
            operation.out = operation.in;  // elementwise on a flattened map: the same places
            operation.out.at = room_size_;
            room_size_ += whole_lines(static_cast<size_t>(operation.in.step));
        }
        if (stage.kind == Kind::normalisation) {
            operation.weights = weights_size_;
            operation.bias = weights_size_ + static_cast<size_t>(operation.out.step);
            weights_size_ = operation.bias + static_cast<size_t>(operation.out.step);
        }
        features = stage.kind == Kind::dense ? std::vector<int32_t>() : operation.features;
        at = operation.out;
        operations_.push_back(std::move(operation));
    }
    room_ = Buffer<float>(room_size_);
    weights_ = Buffer<float>(weights_size_);
}

Single::Place Single::place(const Map& map, int step) {
    Place place{map.height, map.width, map.rows, map.columns, map.top, map.left, map.channels, step, room_size_};
    room_size_ += whole_lines(static_cast<size_t>(map.rows) * map.columns * step);
    return place;
}

void Single::add_conv(Operation& operation) {
    const Stage& stage = *operation.stage;
    if (stage.pool) operation.middle = place(stage.full, padded(stage.out.channels));
    for (int y = 0; y < stage.kernel_height; ++y)
        for (int x = 0; x < stage.kernel_width; ++x)
            for (int channel = 0; channel < stage.in.channels; ++channel)
                operation.offsets.push_back(y * stage.dilation_y * operation.in.row() +
                                            x * stage.dilation_x * operation.in.step + channel);
    operation.weights = weights_size_;
    operation.bias = weights_size_ + static_cast<size_t>(stage.taps()) * operation.out.step;
    weights_size_ = operation.bias + static_cast<size_t>(operation.out.step);
}

// The map before as one row, with the padding between its channels; `features` tells PyTorch's number of each.
void Single::flatten(Operation& operation) {
    Place& in = operation.in;
    if (operation.features.empty()) {
        const int places = in.height * in.width * in.step;
        operation.features.assign(static_cast<size_t>(places), -1);
        for (int y = 0; y < in.height; ++y)
            for (int x = 0; x < in.width; ++x)
                for (int c = 0; c < in.channels; ++c)
                    operation.features[static_cast<size_t>((y * in.width + x) * in.step + c)] =
                        (c * in.height + y) * in.width + x;
    }
    in.channels = operation.stage->in.channels;
    in.step = static_cast<int>(operation.features.size());
    in.height = in.width = in.rows = in.columns = 1;
}

void Single::set_weights(const float* parameters, const float* scale, const float* shift) {
    for (const Operation& operation : operations_) {
        if (operation.stage->kind == Kind::conv) pack_conv(operation, parameters);
        if (operation.stage->kind == Kind::dense) pack_dense(operation, parameters);
        if (operation.stage->kind == Kind::normalisation)
            pack_normalisation(operation, scale + operation.stage->normalisation,
                               shift + operation.stage->normalisation);
    }
}

void Single::pack_conv(const Operation& operation, const float* parameters) {
    const Stage& stage = *operation.stage;
    const int kernel = stage.kernel_height * stage.kernel_width, taps = stage.taps(), lanes = kernels_.lanes;
    for (int o = 0; o < stage.out.channels; ++o) {
        float* to = weights_.data() + operation.weights + static_cast<size_t>(o / lanes) * taps * lanes + o % lanes;
        for (int k = 0; k < kernel; ++k)
            for (int i = 0; i < stage.in.channels; ++i)
                to[(k * stage.in.channels + i) * lanes] =
                    parameters[stage.weights +
                               packed_index(stage.out.channels, kernels_.block, taps, o, i * kernel + k)];
        weights_[operation.bias + static_cast<size_t>(o)] = parameters[stage.bias + static_cast<size_t>(o)];
    }
}

void Single::pack_dense(const Operation& operation, const float* parameters) {
    const Stage& stage = *operation.stage;
    const int lanes = kernels_.lanes, inputs = operation.in.step;
    for (int o = 0; o < stage.out.channels; ++o) {
        float* to = weights_.data() + operation.weights + static_cast<size_t>(o / lanes) * inputs * lanes + o % lanes;
        for (int k = 0; k < inputs; ++k) {
            const int feature = operation.features[static_cast<size_t>(k)];
            to[static_cast<size_t>(k) * lanes] =
                feature < 0 ? 0 : parameters[stage.weights + static_cast<size_t>(o) * stage.in.channels + feature];
        }
        weights_[operation.bias + static_cast<size_t>(o)] = parameters[stage.bias + static_cast<size_t>(o)];
    }
}

void Single::pack_normalisation(const Operation& operation, const float* scale, const float* shift) {
    for (int k = 0; k < operation.in.step; ++k) {
        const int channel = !operation.features.empty() ? operation.features[static_cast<size_t>(k)]
                            : k < operation.in.channels ? k
                                                        : -1;
        weights_[operation.weights + static_cast<size_t>(k)] = channel < 0 ? 0 : scale[channel];
        weights_[operation.bias + static_cast<size_t>(k)] = channel < 0 ? 0 : shift[channel];
    }
}

void Single::load(const uint8_t* pixels, const float* scale, const float* shift) {
    const int plane = input_.height * input_.width;
    for (int c = 0; c < input_.channels; ++c)
        for (int y = 0; y < input_.height; ++y) {
            float* to = room_.data() + input_.inside() + static_cast<size_t>(y) * input_.row() + c;
            const uint8_t* from = pixels + static_cast<size_t>(c) * plane + static_cast<size_t>(y) * input_.width;
            const float by = scale[c], plus = shift[c];
            const int step = input_.step;
            for (int x = 0; x < input_.width; ++x) to[x * step] = static_cast<float>(from[x]) * by + plus;
        }
}

void Single::run(const uint8_t* pixels, const float* pixel_scale, const float* pixel_shift, float* logits) {
    load(pixels, pixel_scale, pixel_shift);
    for (const Operation& operation : operations_) {
        if (operation.stage->kind == Kind::conv) run_conv(operation);
        else run_rest(operation);
    }
    write_logits(logits);
}

// In PyTorch's order: channel after channel.
void Single::write_logits(float* logits) const {
    const Operation& last = operations_.back();
    const Place& place = last.out;
    const float* from = room_.data() + place.inside();
    if (!last.features.empty() && last.stage->kind != Kind::dense) {
        for (size_t k = 0; k < last.features.size(); ++k)
            if (last.features[k] >= 0) logits[last.features[k]] = from[k];
        return;
    }
    for (int c = 0; c < place.channels; ++c)
        for (int y = 0; y < place.height; ++y)
            for (int x = 0; x < place.width; ++x) *logits++ = from[y * place.row() + x * place.step + c];
}

void Single::run_conv(const Operation& operation) {
    const Stage& stage = *operation.stage;
    const Place& to = stage.pool ? operation.middle : operation.out;
    SingleSweep sweep;
    sweep.rows = stage.full.height;
    sweep.columns = stage.full.width;
    sweep.in_row = stage.stride_y * operation.in.row();
    sweep.in_column = stage.stride_x * operation.in.step;
    sweep.out_row = to.row();
    sweep.out_column = to.step;
    sweep.taps = stage.taps();
    sweep.offsets = operation.offsets.data();
    sweep.vectors = to.step / kernels_.lanes;
    sweep.weights = weights_.data() + operation.weights;
    sweep.bias = weights_.data() + operation.bias;
    sweep.relu = stage.relu;
    kernels_.single_sweep(sweep, room_.data() + operation.in.at, room_.data() + to.inside());
    if (!stage.pool) return;
    Pooling pooling;
    pooling.in = stage.full;
    pooling.out = stage.out;
    pooling.kernel_height = pooling.kernel_width = pooling.stride_y = pooling.stride_x = 2;
    kernels_.single_max_pool(pooling, to.row(), to.step, operation.out.row(), operation.out.step, sweep.vectors,
                             room_.data() + to.inside(), room_.data() + operation.out.inside());
}

void Single::run_rest(const Operation& operation) {
    const Stage& stage = *operation.stage;
    const Place &in = operation.in, &out = operation.out;
    const float* from = room_.data() + in.inside();
    float* to = room_.data() + out.inside();
    if (stage.kind == Kind::dense) {
        kernels_.single_dense(in.step, out.step / kernels_.lanes, weights_.data() + operation.weights,
                              weights_.data() + operation.bias, room_.data() + in.at, to);
        return;
    }
    if (stage.kind == Kind::max_pool || stage.kind == Kind::average_pool) {
        (stage.kind == Kind::max_pool ? kernels_.single_max_pool : kernels_.single_average_pool)(
            stage.pooling, in.row(), in.step, out.row(), out.step, out.step / kernels_.lanes, from, to);
        return;
    }
    for (int y = 0; y < in.height; ++y, from += in.row(), to += out.row()) {
        if (stage.kind == Kind::activation) {
            Map row;
            row.channels = row.height = row.rows = 1;
            row.width = row.columns = in.width * in.step / kernels_.lanes;
            kernels_.activate(stage.activation, stage.number, row, from, row, to);
            continue;
        }
        const float *scale = weights_.data() + operation.weights, *shift = weights_.data() + operation.bias;
        for (int x = 0; x < in.width; ++x)
            for (int c = 0; c < in.step; ++c) to[x * out.step + c] = from[x * in.step + c] * scale[c] + shift[c];
    }
}

}  // namespace convlens
