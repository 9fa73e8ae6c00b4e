#include "changing.hpp"

#include <algorithm>
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
    // A row that is shorter than a vector is written as a whole vector, so the last one ends beyond the plane.
    const size_t plane = (static_cast<size_t>(height) * width + 31) / 16 * 16;
    picture_ = {channels, height, width, padded, padded + 16, plane, across_.data(), down_.data()};
}

size_t Changing::bytes() const { return static_cast<size_t>(picture_.channels) * picture_.height * picture_.width; }

size_t Changing::workspace_bytes() const {
    const size_t numbers = sizeof(float) * picture_.padded_plane * (4 + static_cast<size_t>(picture_.channels));
    const size_t framed = (static_cast<size_t>(picture_.height) + 2) * picture_.framed_width;
    const size_t copied = picture_.padded_plane + picture_.width + picture_.framed_width;  // and the reads beyond it
    return (numbers + std::max(framed, copied) + line - 1) / line * line + line;
}

}  // namespace convlens
