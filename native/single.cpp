#include "single.hpp"

#include <algorithm>

#include "layers.hpp"

namespace convlens {

namespace {

constexpr size_t line_floats = 16;

size_t whole_lines(size_t floats) { return (floats + line_floats - 1) / line_floats * line_floats; }

}  // namespace

SinglePlace SinglePlan::place(const Map& map, int step) {
    SinglePlace place;
    static_cast<Map&>(place) = map;
    place.step = step;
    place.at = workspace_;
    workspace_ += whole_lines(static_cast<size_t>(map.rows) * map.columns * step);
    return place;
}

void SinglePlan::take_weights(SingleOperation& operation, size_t weights, int biases) {
    operation.weights = weights_;
    operation.bias = weights_ + weights;
    weights_ = operation.bias + static_cast<size_t>(biases);
}

// Kinds that read single numbers need no whole vectors of channels; all others do.
Single::Single(const Program& inference, const Kernels& kernels)
    : program_(inference), kernels_(kernels), plan_(kernels.lanes) {
    const auto reads_numbers = [](const Stage& stage) {
        return stage.kind->reads_numbers() || std::none_of(stage.inputs.begin(), stage.inputs.end(),
                                                           [](const Input& input) { return input.value == 0; });
    };
    const bool numbers = std::all_of(program_.stages.begin(), program_.stages.end(), reads_numbers);
    const int channels = program_.input.channels;
    places_.push_back(plan_.place(program_.input, numbers ? channels : plan_.padded(channels)));
    for (const Stage& stage : program_.stages) {
        SingleOperation operation;
        operation.kind = stage.kind;
        operation.stage = &stage;
        for (const Input& input : stage.inputs)
            operation.in.push_back(stage.kind->reads_numbers() ? places_[static_cast<size_t>(input.value)]
                                                               : flattened(input));
        operation.out = plan_.place(stage.out, plan_.padded(stage.out.channels));
        stage.kind->prepare_single(operation, plan_);
        places_.push_back(operation.out);
        operations_.push_back(std::move(operation));
    }
    workspace_ = Buffer<float>(plan_.workspace());
    weights_ = Buffer<float>(plan_.weights());
}

// The place of an input. If the stage needs a row of numbers, but the value is a map, the map is first copied to a row.
SinglePlace Single::flattened(const Input& input) {
    const SinglePlace& place = places_[static_cast<size_t>(input.value)];
    if (place.channels == input.channels) return place;
    SingleOperation operation;
    operation.kind = find_kind("flatten", kernels_);
    operation.in.push_back(place);
    operation.out = plan_.place(input, plan_.padded(input.channels));
    operations_.push_back(operation);
    return operation.out;
}

void Single::set_weights(const Shared& shared) {
    for (const SingleOperation& operation : operations_)
        operation.kind->pack_single(operation, shared, weights_.data());
}

void Single::load(const uint8_t* pixels, const float* scale, const float* shift) {
    const SinglePlace& input = places_.front();
    const int plane = input.height * input.width;
    for (int c = 0; c < input.channels; ++c)
        for (int y = 0; y < input.height; ++y) {
            float* to = workspace_.data() + input.inside() + static_cast<size_t>(y) * input.row() + c;
            const uint8_t* from = pixels + static_cast<size_t>(c) * plane + static_cast<size_t>(y) * input.width;
            const float by = scale[c], plus = shift[c];
            const int step = input.step;
            for (int x = 0; x < input.width; ++x) to[x * step] = static_cast<float>(from[x]) * by + plus;
        }
}

void Single::run(const uint8_t* pixels, const float* pixel_scale, const float* pixel_shift, float* logits) {
    load(pixels, pixel_scale, pixel_shift);
    for (const SingleOperation& operation : operations_)
        operation.kind->run_single(operation, kernels_, workspace_.data(), weights_.data());
    write_logits(logits);
}

// In PyTorch's order: channel by channel.
void Single::write_logits(float* logits) const {
    const SinglePlace& place = places_.back();
    const float* from = workspace_.data() + place.inside();
    for (int c = 0; c < place.channels; ++c)
        for (int y = 0; y < place.height; ++y)
            for (int x = 0; x < place.width; ++x) *logits++ = from[y * place.row() + x * place.step + c];
}

}  // namespace convlens
