#include "changing.hpp"

#include <cmath>

namespace convlens {

namespace {

constexpr size_t line = 64;

// [wave][place]: cos(π·wave·(place + ½)/size).
std::vector<float> waves(int size, int padded) {
    std::vector<float> numbers(static_cast<size_t>(change_waves) * padded);
    for (int wave = 0; wave < change_waves; ++wave)
        for (int place = 0; place < size; ++place)
            numbers[static_cast<size_t>(wave) * padded + place] =
                static_cast<float>(std::cos(M_PI * wave * (place + 0.5) / size));
    return numbers;
}

}  // namespace

Changing::Changing(int channels, int height, int width, int lanes) {
    const int padded = (width + lanes - 1) / lanes * lanes;
    across_ = waves(width, padded);
    down_ = waves(height, height);
    const size_t words = sizeof(uint32_t) * static_cast<size_t>(channels) * height * padded;
    picture_ = {channels, height, width, padded, padded + lanes, words, across_.data(), down_.data()};
}

size_t Changing::bytes() const { return static_cast<size_t>(picture_.channels) * picture_.height * picture_.width; }

size_t Changing::room_bytes() const {
    const size_t rows = 4 * sizeof(float) * static_cast<size_t>(picture_.padded_width);
    const size_t framed = (static_cast<size_t>(picture_.height) + 2) * picture_.framed_width;
    return (rows + picture_.framed_words + framed + line - 1) / line * line + line;
}

}  // namespace convlens
