#include "layers.hpp"

#include <cmath>
#include <stdexcept>

namespace convlens {

// Each has one file in native/layers.
#define LAYER(word) const Kind& word##_kind();
#include "layer_list.inc"
#undef LAYER

namespace {

constexpr double most = 65536;

}  // namespace

void Reading::refuse(const std::string& why) const {
    throw std::invalid_argument("layer " + std::to_string(index_) + ", " + layer_.word + ": " + why);
}

void Reading::expect_numbers(size_t count) const {
    if (layer_.numbers.size() != count)
        refuse("it got " + std::to_string(layer_.numbers.size()) + " numbers instead of " + std::to_string(count));
}

int Reading::whole(size_t place, double low) const {
    const double number = layer_.numbers[place];
    if (!(number >= low && number <= most) || number != std::floor(number))
        refuse("number " + std::to_string(place) + " is " + std::to_string(number) + "; it must be a whole number, " +
               std::to_string(static_cast<int>(low)) + " to 65536");
    return static_cast<int>(number);
}

double Reading::share(size_t place, const std::string& name) const {
    const double number = layer_.numbers[place];
    if (!(number >= 0 && number <= 1)) refuse("the " + name + " must be from 0 to 1");
    return number;
}

int Reading::positions(int size, int kernel, int stride, int padding, int dilation) const {
    const long remaining = static_cast<long>(size) + 2L * padding - static_cast<long>(dilation) * (kernel - 1) - 1;
    if (remaining < 0)
        refuse("the kernel reaches over " + std::to_string(static_cast<long>(dilation) * (kernel - 1) + 1) +
               ", but the padded map has only " + std::to_string(size + 2L * padding));
    return static_cast<int>(remaining / stride) + 1;
}

void Reading::window(Stage& stage, size_t first) const {
    stage.kernel_height = whole(first, 1);
    stage.kernel_width = whole(first + 1, 1);
    stage.stride_y = whole(first + 2, 1);
    stage.stride_x = whole(first + 3, 1);
    stage.padding_y = whole(first + 4, 0);
    stage.padding_x = whole(first + 5, 0);
}

std::string Reading::shape(const Map& map) {
    return std::to_string(map.channels) + "×" + std::to_string(map.height) + "×" + std::to_string(map.width);
}

const Kind* find_kind(const std::string& word, const Kernels& kernels) {
#define LAYER(name) \
    if (word == #name) return &name##_kind();
#include "layer_list.inc"
#undef LAYER
    for (int k = 0; k < kernels.activation_count; ++k)
        if (word == kernels.activations[k].word) return &activation_kind();
    return nullptr;
}

}  // namespace convlens
