// Changed copies of training images: moved, elastically deformed, thickened, blurred, partly covered, lighter or
// darker, noisy.
//
// The source of each pixel is computed for a vector of pixels at a time. The four pixels around that place are packed
// into one word beforehand, so one look-up reads all of them. All amounts come from the caller; nothing here is random.
#pragma once

#include "../kernels.hpp"
#include "dropout.hpp"
#include "lanes.hpp"

namespace convlens::CONVLENS_VARIANT {

CONVLENS_INLINE Floats between(Floats value, float low, float high) {
    value = value > splat(low) ? value : splat(low);  // NaN becomes the lowest value
    return value < splat(high) ? value : splat(high);
}

CONVLENS_INLINE Ints to_levels(Floats value) {
    return __builtin_convertvector(between(value, 0.0f, 255.0f) + splat(0.5f), Ints);
}

// For every pixel its source and the word found there; the packed neighbours of every channel; a copy of a channel.
struct ChangeBuffers {
    int32_t* places;
    uint32_t* found;
    float *right_shares, *lower_shares;
    uint32_t* words;
    uint8_t* copy;
};

CONVLENS_INLINE ChangeBuffers parts_of(const Picture& picture, uint8_t* workspace) {
    const size_t numbers = 4 * picture.padded_plane;
    return {reinterpret_cast<int32_t*>(workspace),
            reinterpret_cast<uint32_t*>(workspace + numbers),
            reinterpret_cast<float*>(workspace + 2 * numbers),
            reinterpret_cast<float*>(workspace + 3 * numbers),
            reinterpret_cast<uint32_t*>(workspace + 4 * numbers),
            workspace + (4 + static_cast<size_t>(picture.channels)) * numbers};
}

// For a short row, a call of the library's memcpy takes longer than this loop.
CONVLENS_INLINE void copy_bytes(uint8_t* to, const uint8_t* from, int count) {
    if (count < 16) {
        for (int k = 0; k < count; ++k) to[k] = from[k];
        return;
    }
    for (int k = 0; k < count; k += 16) {
        const int at = k + 16 <= count ? k : count - 16;
        *reinterpret_cast<LoosePixels*>(to + at) = *reinterpret_cast<const LoosePixels*>(from + at);
    }
}

// The start of the next `size` pixels of a row. The last ones are moved back to end with the row, so that nothing is
// written beyond it.
CONVLENS_INLINE int place_of(int x, int size, int width) {
    return x + size > width && width >= size ? width - size : x;
}

CONVLENS_INLINE void store_levels(uint8_t* to, Ints levels, int count) {
    if (count >= lanes) return store_bytes(to, levels);
    alignas(64) uint8_t bytes[lanes];
    store_bytes(bytes, levels);
    copy_bytes(to, bytes, count);
}

// Repeats the outermost pixels of a channel around it, so that every pixel has eight neighbours. Rows are
// `framed_width` apart, so that a vector that begins in a row ends inside the buffer.
inline void frame(const Picture& picture, const uint8_t* in, uint8_t* out) {
    const int height = picture.height, width = picture.width;
    for (int y = -1; y <= height; ++y, out += picture.framed_width) {
        const uint8_t* row = in + static_cast<size_t>(y < 0 ? 0 : y < height ? y : height - 1) * width;
        out[0] = row[0];
        copy_bytes(out + 1, row, width);
        out[width + 1] = row[width - 1];
    }
}

CONVLENS_INLINE Pixels load_pixels(const uint8_t* at) { return *reinterpret_cast<const LoosePixels*>(at); }

// Alternate two bytes of `a` and two of `b`: from their first halves, and from their second halves.
template <int... i>
CONVLENS_INLINE Pixels low_pairs(Pixels a, Pixels b, std::integer_sequence<int, i...>) {
    return CONVLENS_SHUFFLE(Pixels, Pixels, a, b, (i / 4 * 2 + i % 2 + (i / 2 % 2) * 16)...);
}
template <int... i>
CONVLENS_INLINE Pixels high_pairs(Pixels a, Pixels b, std::integer_sequence<int, i...>) {
    return CONVLENS_SHUFFLE(Pixels, Pixels, a, b, (8 + i / 4 * 2 + i % 2 + (i / 2 % 2) * 16)...);
}

// Packs each pixel with its right, lower and lower right neighbour, lowest byte first. In the last column and row these
// are not the neighbours, but their weights there are 0.
inline void pack_neighbours(const Picture& picture, const uint8_t* in, uint8_t* copy, uint32_t* out) {
    const int plane = picture.height * picture.width;
    copy_bytes(copy, in, plane);  // bytes beyond the copy may be read, too
    Pixels* to = reinterpret_cast<Pixels*>(out);
    for (int k = 0; k < plane; k += 16, to += 4) {
        const uint8_t *here = copy + k, *below = here + picture.width;
        const Pixels left = load_pixels(here), right = load_pixels(here + 1);
        const Pixels lower = load_pixels(below), lower_right = load_pixels(below + 1);
        const Pixels first = low_pixels(left, right, PixelIndex()), second = high_pixels(left, right, PixelIndex());
        const Pixels first_lower = low_pixels(lower, lower_right, PixelIndex());
        const Pixels second_lower = high_pixels(lower, lower_right, PixelIndex());
        to[0] = low_pairs(first, first_lower, PixelIndex());
        to[1] = high_pairs(first, first_lower, PixelIndex());
        to[2] = low_pairs(second, second_lower, PixelIndex());
        to[3] = high_pairs(second, second_lower, PixelIndex());
    }
}

CONVLENS_INLINE Floats byte_of(Words word, int number) {
    return __builtin_convertvector((Ints)((word >> (8 * number)) & (Words{} + 255u)), Floats);
}

CONVLENS_INLINE Floats whole_part(Floats value) {
    return __builtin_convertvector(__builtin_convertvector(value, Ints), Floats);
}

// The sources of the pixels of row `y`: the place of the upper left of four neighbours, and the weights of the others.
inline void find_places(const Picture& picture, const float* change, int y, const ChangeBuffers& buffers) {
    const int height = picture.height, width = picture.width;
    const float middle_x = 0.5f * (width - 1), below = y - 0.5f * (height - 1);
    float elastic_x[change_waves] = {}, elastic_y[change_waves] = {};
    for (int i = 0; i < change_waves; ++i)
        for (int j = 0; j < change_waves; ++j) {
            const float down = picture.down[j * height + y];
            elastic_x[i] += change[change_elastic_x + i * change_waves + j] * down;
            elastic_y[i] += change[change_elastic_y + i * change_waves + j] * down;
        }
    const float* affine = change + change_affine;
    const Floats start_x = splat(affine[1] * below + affine[2] + middle_x + elastic_x[0]);
    const Floats start_y = splat(affine[4] * below + affine[5] + 0.5f * (height - 1) + elastic_y[0]);
    const Floats steps = __builtin_convertvector(lane_numbers(), Floats);
    const size_t row = static_cast<size_t>(y) * width;
    for (int first = 0; first < width; first += lanes) {
        const int x = place_of(first, lanes, width);
        const Floats beside = splat(x - middle_x) + steps;
        Floats from_x = splat(affine[0]) * beside + start_x, from_y = splat(affine[3]) * beside + start_y;
#pragma GCC unroll 4
        for (int i = 1; i < change_waves; ++i) {
            const Floats wave = load_loose(picture.across + i * picture.padded_width + x);
            from_x += splat(elastic_x[i]) * wave;
            from_y += splat(elastic_y[i]) * wave;
        }
        from_x = between(from_x, 0.0f, width - 1.0f);
        from_y = between(from_y, 0.0f, height - 1.0f);
        const Floats left = whole_part(from_x), top = whole_part(from_y);
        const Ints place = __builtin_convertvector(top * splat(static_cast<float>(width)) + left, Ints);
        store_loose(reinterpret_cast<float*>(buffers.places + row + x), (Floats)place);
        store_loose(buffers.right_shares + row + x, from_x - left);
        store_loose(buffers.lower_shares + row + x, from_y - top);
    }
}

inline bool moves(const float* change) {
    const float* affine = change + change_affine;
    bool any = affine[0] != 1 || affine[1] != 0 || affine[2] != 0 || affine[3] != 0 || affine[4] != 1 || affine[5] != 0;
    for (int k = change_elastic_x; k < change_thickness; ++k) any |= change[k] != 0;
    return any;
}

// All places first, then all look-ups, then all levels: reading a vector right after writing its numbers one by one
// would stall.
inline void move_pixels(const Picture& picture, const float* change, const ChangeBuffers& buffers, uint8_t* out) {
    const int plane = picture.height * picture.width;
    for (int y = 0; y < picture.height; ++y) find_places(picture, change, y, buffers);
    for (int c = 0; c < picture.channels; ++c, out += plane) {
        const uint32_t* from = buffers.words + static_cast<size_t>(c) * picture.padded_plane;
#pragma GCC unroll 8
        for (int k = 0; k < plane; ++k) buffers.found[k] = from[buffers.places[k]];
        for (int k = 0; k < plane; k += lanes) {
            const Words four = *reinterpret_cast<const Words*>(buffers.found + k);
            const Floats right = load(buffers.right_shares + k);
            const Floats upper = byte_of(four, 0) + right * (byte_of(four, 1) - byte_of(four, 0));
            const Floats lower = byte_of(four, 2) + right * (byte_of(four, 3) - byte_of(four, 2));
            const Floats level = upper + load(buffers.lower_shares + k) * (lower - upper);
            // Interpolated between levels from 0 to 255, so it needs no clamping.
            store_levels(out + k, __builtin_convertvector(level + splat(0.5f), Ints), plane - k);
        }
    }
}

// Sixteen pixels at a time with every instruction set, since bytes and 16-bit numbers are enough here.
typedef uint16_t Sums __attribute__((vector_size(32)));
typedef int16_t Differences __attribute__((vector_size(32)));

CONVLENS_INLINE Sums sums_of(Pixels pixels) { return __builtin_convertvector(pixels, Sums); }
CONVLENS_INLINE Pixels larger_of(Pixels a, Pixels b) { return a > b ? a : b; }
CONVLENS_INLINE Pixels smaller_of(Pixels a, Pixels b) { return a < b ? a : b; }

CONVLENS_INLINE void store_pixels(uint8_t* to, Pixels pixels, int count) {
    if (count >= 16) *reinterpret_cast<LoosePixels*>(to) = pixels;
    else __builtin_memcpy(to, &pixels, count);
}

CONVLENS_INLINE int part_of_128(float share) {
    return !(share > 0) ? 0 : share >= 1 ? 128 : static_cast<int>(128.0f * share + 0.5f);
}

// Moves levels towards the lightest (share > 0) or darkest (share < 0) of a pixel and its four neighbours.
inline void thicken(const Picture& picture, float share, const uint8_t* framed, uint8_t* out) {
    const int16_t part = static_cast<int16_t>(part_of_128(share < 0 ? -share : share));
    const bool lighter = share > 0;
    const int width = picture.width;
    for (int y = 0; y < picture.height; ++y, out += width) {
        const uint8_t* row = framed + static_cast<size_t>(y + 1) * picture.framed_width + 1;
        for (int first = 0; first < width; first += 16) {
            const int x = place_of(first, 16, width);
            const Pixels here = load_pixels(row + x), left = load_pixels(row + x - 1), right = load_pixels(row + x + 1);
            const Pixels above = load_pixels(row + x - picture.framed_width);
            const Pixels below = load_pixels(row + x + picture.framed_width);
            const Pixels most = lighter
                                    ? larger_of(larger_of(larger_of(above, below), larger_of(left, right)), here)
                                    : smaller_of(smaller_of(smaller_of(above, below), smaller_of(left, right)), here);
            const Differences from = (Differences)sums_of(here), distance = (Differences)sums_of(most) - from;
            const Differences level = from + ((distance * part + 64) >> 7);
            store_pixels(out + x, __builtin_convertvector((Sums)level, Pixels), width - x);
        }
    }
}

// Moves levels towards the weighted mean of the 3×3 pixels: middle 4, neighbours 2, corners 1.
inline void soften(const Picture& picture, float share, const uint8_t* framed, uint8_t* out) {
    const uint16_t part = static_cast<uint16_t>(part_of_128(share));
    const int width = picture.width;
    for (int y = 0; y < picture.height; ++y, out += width) {
        const uint8_t* row = framed + static_cast<size_t>(y + 1) * picture.framed_width + 1;
        for (int first = 0; first < width; first += 16) {
            const int x = place_of(first, 16, width);
            const auto column = [&](int at) {
                const uint8_t* place = row + x + at;
                return sums_of(load_pixels(place - picture.framed_width)) + 2 * sums_of(load_pixels(place)) +
                       sums_of(load_pixels(place + picture.framed_width));
            };
            const Sums mean = (column(-1) + 2 * column(0) + column(1) + 8) >> 4;
            const Sums here = sums_of(load_pixels(row + x));
            const Sums level = (here * static_cast<uint16_t>(128 - part) + mean * part + 64) >> 7;
            store_pixels(out + x, __builtin_convertvector(level, Pixels), width - x);
        }
    }
}

inline void cover(const Picture& picture, const float* change, uint8_t* out) {
    const auto within = [](float place, int size) {
        return !(place > 0) ? 0 : place >= size ? size : static_cast<int>(place);
    };
    const float* box = change + change_cover;
    const int top = within(box[0], picture.height), left = within(box[1], picture.width);
    const int bottom = within(box[2], picture.height), right = within(box[3], picture.width);
    const uint8_t level = static_cast<uint8_t>(within(box[4], 255));
    if (right <= left) return;
    for (int c = 0; c < picture.channels; ++c)
        for (int y = top; y < bottom; ++y)
            __builtin_memset(out + (static_cast<size_t>(c) * picture.height + y) * picture.width + left, level,
                             right - left);
}

// level · gain + offset + noise. The sum of the four bytes of a hash is nearly normal, with a deviation of 147.8.
template <bool noisy>
inline void relight(int count, float gain, float offset, float noise, uint32_t key, uint32_t first, uint8_t* pixels) {
    const Floats amount = splat(noise / 147.80167f);
    Words counter = (Words)lane_numbers() + (Words{} + first);
    alignas(64) uint8_t bytes[lanes] = {};
    for (int k = 0; k < count; k += lanes, counter += Words{} + static_cast<uint32_t>(lanes)) {
        const bool whole = count - k >= lanes;
        if (!whole) copy_bytes(bytes, pixels + k, count - k);
        Floats value = __builtin_convertvector(load_bytes(whole ? pixels + k : bytes), Floats);
        value = value * splat(gain) + splat(offset);
        if (noisy) {
            const Words word = mixed(counter, key), every_other = Words{} + 0x00ff00ffu;
            const Words pairs = (word & every_other) + (word >> 8 & every_other);
            const Ints sum = (Ints)((pairs + (pairs >> 16)) & (Words{} + 0xffffu));
            value += (__builtin_convertvector(sum, Floats) - splat(510.0f)) * amount;
        }
        store_levels(pixels + k, to_levels(value), count - k);
    }
}

inline void change_image(const Picture& picture, const float* change, const uint8_t* in, uint8_t* out,
                         uint8_t* workspace) {
    const int plane = picture.height * picture.width;
    const ChangeBuffers parts = parts_of(picture, workspace);
    if (moves(change)) {
        for (int c = 0; c < picture.channels; ++c)
            pack_neighbours(picture, in + static_cast<size_t>(c) * plane, parts.copy,
                            parts.words + static_cast<size_t>(c) * picture.padded_plane);
        move_pixels(picture, change, parts, out);
    } else {
        copy_bytes(out, in, plane * picture.channels);
    }
    for (int c = 0; c < picture.channels; ++c) {
        uint8_t* channel = out + static_cast<size_t>(c) * plane;
        if (change[change_thickness] != 0) {
            frame(picture, channel, parts.copy);
            thicken(picture, change[change_thickness], parts.copy, channel);
        }
        if (change[change_blur] != 0) {
            frame(picture, channel, parts.copy);
            soften(picture, change[change_blur], parts.copy, channel);
        }
    }
    cover(picture, change, out);
    const float noise = change[change_noise];
    const float named = change[change_key];
    const uint32_t key = named > 0 && named < 4e9f ? static_cast<uint32_t>(named) : 0;
    for (int c = 0; c < picture.channels; ++c) {
        const int light = c < change_lights ? c : change_lights - 1;
        const float gain = change[change_gain + light], offset = change[change_offset + light];
        const uint32_t first = static_cast<uint32_t>(c * plane);
        uint8_t* channel = out + static_cast<size_t>(c) * plane;
        if (noise > 0) relight<true>(plane, gain, offset, noise, key, first, channel);
        else if (gain != 1 || offset != 0) relight<false>(plane, gain, offset, 0, key, first, channel);
    }
}

}  // namespace convlens::CONVLENS_VARIANT
