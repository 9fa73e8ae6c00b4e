#include "layers.hpp"

#include <cmath>
#include <stdexcept>

namespace convlens {

namespace {

constexpr double most = 65536;

[[noreturn]] void refuse(const Layer& layer, int index, const std::string& why) {
    throw std::invalid_argument("layer " + std::to_string(index) + ", " + layer.word + ": " + why);
}

void expect_numbers(const Layer& layer, int index, size_t count) {
    if (layer.numbers.size() != count)
        refuse(layer, index, std::to_string(layer.numbers.size()) + " numbers came, it takes " + std::to_string(count));
}

int whole(const Layer& layer, int index, size_t place, double low) {
    const double number = layer.numbers[place];
    if (!(number >= low && number <= most) || number != std::floor(number))
        refuse(layer, index,
               "number " + std::to_string(place) + " is " + std::to_string(number) + ", it must be whole, " +
                   std::to_string(static_cast<int>(low)) + " to 65536");
    return static_cast<int>(number);
}

int positions(const Layer& layer, int index, int size, int kernel, int stride, int padding, int dilation) {
    const long room = static_cast<long>(size) + 2L * padding - static_cast<long>(dilation) * (kernel - 1) - 1;
    if (room < 0)
        refuse(layer, index,
               "the kernel reaches over " + std::to_string(static_cast<long>(dilation) * (kernel - 1) + 1) +
                   ", the map with its padding has " + std::to_string(size + 2L * padding));
    return static_cast<int>(room / stride) + 1;
}

void read_window(Stage& stage, const Layer& layer, int index, size_t first) {
    stage.kernel_height = whole(layer, index, first, 1);
    stage.kernel_width = whole(layer, index, first + 1, 1);
    stage.stride_y = whole(layer, index, first + 2, 1);
    stage.stride_x = whole(layer, index, first + 3, 1);
    stage.padding_y = whole(layer, index, first + 4, 0);
    stage.padding_x = whole(layer, index, first + 5, 0);
}

void read_conv(Stage& stage, const Layer& layer, int index) {
    expect_numbers(layer, index, 9);
    const int channels = whole(layer, index, 0, 1);
    read_window(stage, layer, index, 1);
    stage.dilation_y = whole(layer, index, 7, 1);
    stage.dilation_x = whole(layer, index, 8, 1);
    stage.out = plain_map(
        channels,
        positions(layer, index, stage.in.height, stage.kernel_height, stage.stride_y, stage.padding_y,
                  stage.dilation_y),
        positions(layer, index, stage.in.width, stage.kernel_width, stage.stride_x, stage.padding_x, stage.dilation_x));
    stage.full = stage.out;
    stage.has_parameters = true;
}

void read_pool(Stage& stage, const Layer& layer, int index) {
    stage.kind = layer.word == "maxpool" ? Kind::max_pool : Kind::average_pool;
    if (layer.word == "globalavgpool") {
        expect_numbers(layer, index, 0);
        stage.kernel_height = stage.stride_y = stage.in.height;
        stage.kernel_width = stage.stride_x = stage.in.width;
    } else {
        expect_numbers(layer, index, 6);
        read_window(stage, layer, index, 0);
    }
    if (2 * stage.padding_y > stage.kernel_height || 2 * stage.padding_x > stage.kernel_width)
        refuse(layer, index, "the padding is more than half of the kernel");
    stage.out =
        plain_map(stage.in.channels,
                  positions(layer, index, stage.in.height, stage.kernel_height, stage.stride_y, stage.padding_y, 1),
                  positions(layer, index, stage.in.width, stage.kernel_width, stage.stride_x, stage.padding_x, 1));
}

void read_activation(Stage& stage, const Layer& layer, int index) {
    stage.kind = Kind::activation;
    stage.activation = layer.word == "relu"         ? Activation::relu
                       : layer.word == "leaky_relu" ? Activation::leaky_relu
                       : layer.word == "tanh"       ? Activation::tanh
                                                    : Activation::sigmoid;
    expect_numbers(layer, index, layer.word == "leaky_relu" ? 1 : 0);
    if (layer.word == "leaky_relu") stage.number = static_cast<float>(layer.numbers[0]);
    if (!(stage.number >= 0 && stage.number <= 1)) refuse(layer, index, "the slope must be from 0 to 1");
    stage.out = stage.in;
}

}  // namespace

Map plain_map(int channels, int height, int width) {
    Map map;
    map.channels = channels;
    map.height = map.rows = height;
    map.width = map.columns = width;
    return map;
}

size_t Stage::parameters() const {
    if (kind == Kind::conv) return static_cast<size_t>(out.channels) * (static_cast<size_t>(taps()) + 1);
    if (kind == Kind::dense) return static_cast<size_t>(out.channels) * (static_cast<size_t>(in.channels) + 1);
    return kind == Kind::normalisation ? 2 * static_cast<size_t>(in.channels) : 0;
}

Stage read_layer(const Layer& layer, int index, const Map& in) {
    Stage stage;
    stage.layer = index;
    stage.in = in;
    if (layer.word == "conv") {
        read_conv(stage, layer, index);
    } else if (layer.word == "maxpool" || layer.word == "avgpool" || layer.word == "globalavgpool") {
        read_pool(stage, layer, index);
    } else if (layer.word == "relu" || layer.word == "leaky_relu" || layer.word == "tanh" || layer.word == "sigmoid") {
        read_activation(stage, layer, index);
    } else if (layer.word == "batchnorm") {
        expect_numbers(layer, index, 0);
        stage.kind = Kind::normalisation;
        stage.out = in;
        stage.has_parameters = true;
    } else if (layer.word == "dropout") {
        expect_numbers(layer, index, 1);
        stage.kind = Kind::dropout;
        stage.number = static_cast<float>(layer.numbers[0]);
        if (!(stage.number >= 0 && stage.number <= 1)) refuse(layer, index, "the share must be from 0 to 1");
        stage.out = in;
    } else if (layer.word == "dense") {
        expect_numbers(layer, index, 1);
        if (in.height != 1 || in.width != 1) refuse(layer, index, "it needs a flatten before it");
        stage.kind = Kind::dense;
        stage.out = plain_map(whole(layer, index, 0, 1), 1, 1);
        stage.has_parameters = true;
    } else {
        throw std::invalid_argument("layer " + std::to_string(index) + ": '" + layer.word + "' is not known");
    }
    return stage;
}

}  // namespace convlens
