// Changed copies of training images: moved, bent, thickened, blurred, partly covered, lighter or darker, noisy.
//
// Where a pixel comes from is computed for a vector of pixels at a time; the four pixels around that place are looked
// up in one word, which was packed before. All amounts come from the caller; nothing here is random.
#pragma once

#include "../kernels.hpp"
#include "activation.hpp"
#include "lanes.hpp"

namespace convlens {
namespace CONVLENS_VARIANT {

CONVLENS_INLINE Floats between(Floats value, float low, float high) {
    value = value < splat(low) ? splat(low) : value;
    return value > splat(high) ? splat(high) : value;
}

CONVLENS_INLINE Ints to_levels(Floats value) {
    return __builtin_convertvector(between(value, 0.0f, 255.0f) + splat(0.5f), Ints);
}

// A row of `Picture::padded_width` numbers of each kind, and room for a framed channel and for packed neighbours.
struct ChangeRoom {
    int32_t* places;
    uint32_t* row_words;
    float *right_shares, *lower_shares;
    uint8_t* framed;
    uint32_t* words;
};

CONVLENS_INLINE ChangeRoom parts_of(const Picture& picture, uint8_t* room) {
    const size_t row = 4 * static_cast<size_t>(picture.padded_width);
    return {reinterpret_cast<int32_t*>(room),         reinterpret_cast<uint32_t*>(room + row),
            reinterpret_cast<float*>(room + 2 * row), reinterpret_cast<float*>(room + 3 * row),
            room + 4 * row + picture.framed_words,    reinterpret_cast<uint32_t*>(room + 4 * row)};
}

// The channel with its outermost pixels once more around it, so that every pixel has eight neighbours. Rows are
// `framed_width` apart: a vector that begins in a row ends in the room.
inline void frame(const Picture& picture, const uint8_t* in, uint8_t* out) {
    const int height = picture.height, width = picture.width;
    for (int y = -1; y <= height; ++y, out += picture.framed_width) {
        const uint8_t* row = in + static_cast<size_t>(y < 0 ? 0 : y < height ? y : height - 1) * width;
        out[0] = row[0];
        __builtin_memcpy(out + 1, row, width);
        out[width + 1] = row[width - 1];
    }
}

// Each pixel with its right, lower and lower right neighbour, lowest byte first.
inline void pack_neighbours(const Picture& picture, const uint8_t* framed, uint32_t* out) {
    for (int y = 0; y < picture.height; ++y, out += picture.padded_width) {
        const uint8_t* row = framed + static_cast<size_t>(y + 1) * picture.framed_width + 1;
        const uint8_t* below = row + picture.framed_width;
        for (int x = 0; x < picture.padded_width; x += lanes)
            *reinterpret_cast<Ints*>(out + x) = load_bytes(row + x) | load_bytes(row + x + 1) << 8 |
                                                load_bytes(below + x) << 16 | load_bytes(below + x + 1) << 24;
    }
}

CONVLENS_INLINE void store_some_bytes(uint8_t* to, Ints levels, int count) {
    if (count >= lanes) return store_bytes(to, levels);
    alignas(64) uint8_t bytes[lanes];
    store_bytes(bytes, levels);
    __builtin_memcpy(to, bytes, count);
}

CONVLENS_INLINE Floats byte_of(Words word, int number) {
    return __builtin_convertvector((Ints)((word >> (8 * number)) & (Words{} + 255u)), Floats);
}

// Where the pixels of row `y` come from: the place of the upper left of four neighbours, and the shares of the others.
inline void find_places(const Picture& picture, const float* change, int y, const ChangeRoom& row) {
    const int height = picture.height, width = picture.width;
    const float middle_x = 0.5f * (width - 1), below = y - 0.5f * (height - 1);
    float bend_x[change_waves] = {}, bend_y[change_waves] = {};
    for (int i = 0; i < change_waves; ++i)
        for (int j = 0; j < change_waves; ++j) {
            const float down = picture.down[j * height + y];
            bend_x[i] += change[change_bend_x + i * change_waves + j] * down;
            bend_y[i] += change[change_bend_y + i * change_waves + j] * down;
        }
    const float* affine = change + change_affine;
    const Floats start_x = splat(affine[1] * below + affine[2] + middle_x + bend_x[0]);
    const Floats start_y = splat(affine[4] * below + affine[5] + 0.5f * (height - 1) + bend_y[0]);
    const Floats steps = __builtin_convertvector(lane_numbers(), Floats);
    for (int x = 0; x < picture.padded_width; x += lanes) {
        const Floats beside = splat(x - middle_x) + steps;
        Floats from_x = splat(affine[0]) * beside + start_x, from_y = splat(affine[3]) * beside + start_y;
#pragma GCC unroll 4
        for (int i = 1; i < change_waves; ++i) {
            const Floats wave = load_loose(picture.across + i * picture.padded_width + x);
            from_x += splat(bend_x[i]) * wave;
            from_y += splat(bend_y[i]) * wave;
        }
        from_x = between(from_x, 0.0f, width - 1.0f);
        from_y = between(from_y, 0.0f, height - 1.0f);
        const Ints left = __builtin_convertvector(from_x, Ints), top = __builtin_convertvector(from_y, Ints);
        *reinterpret_cast<Ints*>(row.places + x) = top * picture.padded_width + left;
        store(row.right_shares + x, from_x - __builtin_convertvector(left, Floats));
        store(row.lower_shares + x, from_y - __builtin_convertvector(top, Floats));
    }
}

inline void move_pixels(const Picture& picture, const float* change, const ChangeRoom& room, uint8_t* out) {
    const int width = picture.width, plane = picture.height * width;
    for (int y = 0; y < picture.height; ++y) {
        find_places(picture, change, y, room);
        for (int c = 0; c < picture.channels; ++c) {
            const uint32_t* from = room.words + static_cast<size_t>(c) * picture.height * picture.padded_width;
            for (int x = 0; x < width; ++x) room.row_words[x] = from[room.places[x]];
            uint8_t* to = out + static_cast<size_t>(c) * plane + static_cast<size_t>(y) * width;
            for (int x = 0; x < width; x += lanes) {
                const Words four = *reinterpret_cast<const Words*>(room.row_words + x);
                const Floats right = load(room.right_shares + x);
                const Floats upper = byte_of(four, 0) + right * (byte_of(four, 1) - byte_of(four, 0));
                const Floats lower = byte_of(four, 2) + right * (byte_of(four, 3) - byte_of(four, 2));
                store_some_bytes(to + x, to_levels(upper + load(room.lower_shares + x) * (lower - upper)), width - x);
            }
        }
    }
}

CONVLENS_INLINE Ints larger_of(Ints a, Ints b) { return a > b ? a : b; }
CONVLENS_INLINE Ints smaller_of(Ints a, Ints b) { return a < b ? a : b; }

// Towards the lightest (share > 0) or darkest (share < 0) of a pixel and its four neighbours.
inline void thicken(const Picture& picture, float share, const uint8_t* framed, uint8_t* out) {
    const Ints part = splat_int(static_cast<int32_t>(128.0f * (share < 0 ? -share : share) + 0.5f));
    const int width = picture.width;
    for (int y = 0; y < picture.height; ++y, out += width) {
        const uint8_t* row = framed + static_cast<size_t>(y + 1) * picture.framed_width + 1;
        for (int x = 0; x < width; x += lanes) {
            const Ints here = load_bytes(row + x), left = load_bytes(row + x - 1), right = load_bytes(row + x + 1);
            const Ints above = load_bytes(row + x - picture.framed_width);
            const Ints below = load_bytes(row + x + picture.framed_width);
            const Ints most = share > 0
                                  ? larger_of(larger_of(larger_of(above, below), larger_of(left, right)), here)
                                  : smaller_of(smaller_of(smaller_of(above, below), smaller_of(left, right)), here);
            store_some_bytes(out + x, here + ((part * (most - here) + 64) >> 7), width - x);
        }
    }
}

// Towards the mean of the 3×3 pixels, the middle counting 4, its neighbours 2, the corners 1.
inline void soften(const Picture& picture, float share, const uint8_t* framed, uint8_t* out) {
    const int32_t part = static_cast<int32_t>(128.0f * share + 0.5f);
    const int width = picture.width;
    for (int y = 0; y < picture.height; ++y, out += width) {
        const uint8_t* row = framed + static_cast<size_t>(y + 1) * picture.framed_width + 1;
        for (int x = 0; x < width; x += lanes) {
            const auto column = [&](int at) {
                const uint8_t* place = row + x + at;
                return load_bytes(place - picture.framed_width) + 2 * load_bytes(place) +
                       load_bytes(place + picture.framed_width);
            };
            const Ints sum = column(-1) + 2 * column(0) + column(1);
            store_some_bytes(out + x, (load_bytes(row + x) * (16 * (128 - part)) + part * sum + 1024) >> 11, width - x);
        }
    }
}

inline void cover(const Picture& picture, const float* change, uint8_t* out) {
    const auto within = [](float place, int size) {
        const int whole = static_cast<int>(place);
        return whole < 0 ? 0 : whole > size ? size : whole;
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

// level · gain + offset + noise. Four bytes of a mixed number, added up, are nearly normal, with a deviation of 147.8.
inline void relight(int count, float gain, float offset, float noise, uint32_t key, uint32_t first, uint8_t* pixels) {
    const Floats amount = splat(noise / 147.80167f);
    Words counter = (Words)lane_numbers() + (Words{} + first);
    alignas(64) uint8_t bytes[lanes] = {};
    for (int k = 0; k < count; k += lanes, counter += Words{} + static_cast<uint32_t>(lanes)) {
        __builtin_memcpy(bytes, pixels + k, count - k < lanes ? count - k : lanes);
        Floats value = __builtin_convertvector(load_bytes(bytes), Floats) * splat(gain) + splat(offset);
        if (noise > 0) {
            const Words word = mixed(counter, key);
            value +=
                (byte_of(word, 0) + byte_of(word, 1) + byte_of(word, 2) + byte_of(word, 3) - splat(510.0f)) * amount;
        }
        store_some_bytes(pixels + k, to_levels(value), count - k);
    }
}

inline void change_image(const Picture& picture, const float* change, const uint8_t* in, uint8_t* out, uint8_t* room) {
    const int plane = picture.height * picture.width;
    const ChangeRoom parts = parts_of(picture, room);
    for (int c = 0; c < picture.channels; ++c) {
        frame(picture, in + static_cast<size_t>(c) * plane, parts.framed);
        pack_neighbours(picture, parts.framed,
                        parts.words + static_cast<size_t>(c) * picture.height * picture.padded_width);
    }
    move_pixels(picture, change, parts, out);
    for (int c = 0; c < picture.channels; ++c) {
        uint8_t* channel = out + static_cast<size_t>(c) * plane;
        if (change[change_thickness] != 0) {
            frame(picture, channel, parts.framed);
            thicken(picture, change[change_thickness], parts.framed, channel);
        }
        if (change[change_blur] != 0) {
            frame(picture, channel, parts.framed);
            soften(picture, change[change_blur], parts.framed, channel);
        }
    }
    cover(picture, change, out);
    for (int c = 0; c < picture.channels; ++c) {
        const int light = c < change_lights ? c : change_lights - 1;
        const float gain = change[change_gain + light], offset = change[change_offset + light];
        if (gain != 1 || offset != 0 || change[change_noise] != 0)
            relight(plane, gain, offset, change[change_noise], static_cast<uint32_t>(change[change_key]),
                    static_cast<uint32_t>(c * plane), out + static_cast<size_t>(c) * plane);
    }
}

}  // namespace CONVLENS_VARIANT
}  // namespace convlens
