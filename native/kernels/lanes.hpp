// Vectors of one instruction set, by the extensions that GCC and Clang share. Without intrinsics, one source works for
// every CPU.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <utility>

#if defined(__AVX512F__)
#define CONVLENS_LANES 16
#define CONVLENS_REGISTERS 32
#elif defined(__AVX2__)
#define CONVLENS_LANES 8
#define CONVLENS_REGISTERS 16
#elif defined(__aarch64__)
#define CONVLENS_LANES 4
#define CONVLENS_REGISTERS 32
#else
#define CONVLENS_LANES 4
#define CONVLENS_REGISTERS 16
#endif

#define CONVLENS_INLINE inline __attribute__((always_inline))

namespace convlens::CONVLENS_VARIANT {

constexpr int lanes = CONVLENS_LANES;
// The output channels of a block, so that its sums and their inputs fit into the registers.
constexpr int block = CONVLENS_REGISTERS == 32 ? 8 : 4;

typedef float Floats __attribute__((vector_size(4 * lanes), may_alias));
typedef int32_t Ints __attribute__((vector_size(4 * lanes), may_alias));
typedef uint32_t Words __attribute__((vector_size(4 * lanes), may_alias));
typedef uint16_t Shorts __attribute__((vector_size(2 * lanes), may_alias));
typedef uint8_t Bytes __attribute__((vector_size(lanes), may_alias));
typedef uint8_t Pixels __attribute__((vector_size(16), may_alias));
typedef float LooseFloats __attribute__((vector_size(4 * lanes), aligned(4), may_alias));
typedef uint8_t LooseBytes __attribute__((vector_size(lanes), aligned(1), may_alias));
typedef uint8_t LoosePixels __attribute__((vector_size(16), aligned(1), may_alias));

CONVLENS_INLINE Floats load(const float* at) { return *reinterpret_cast<const Floats*>(at); }
CONVLENS_INLINE void store(float* at, Floats value) { *reinterpret_cast<Floats*>(at) = value; }
CONVLENS_INLINE Floats load_loose(const float* at) { return *reinterpret_cast<const LooseFloats*>(at); }
CONVLENS_INLINE void store_loose(float* at, Floats value) { *reinterpret_cast<LooseFloats*>(at) = value; }
// Keeps a number that several instructions use in a register; otherwise the compiler reads it from memory in each.
CONVLENS_INLINE void in_register([[maybe_unused]] Floats& value) {
#if defined(__x86_64__)
    asm("" : "+v"(value));
#elif defined(__aarch64__)
    asm("" : "+w"(value));
#endif
}
// Listed instead of added to zeros: since 0 + −0 is not −0, the compiler could not remove the addition.
template <int... index>
CONVLENS_INLINE Floats splat_to(float value, std::integer_sequence<int, index...>) {
    return Floats{(static_cast<void>(index), value)...};
}
CONVLENS_INLINE Floats splat(float value) { return splat_to(value, std::make_integer_sequence<int, lanes>()); }
CONVLENS_INLINE Ints splat_int(int32_t value) { return Ints{} + value; }
CONVLENS_INLINE Floats keep_where(Ints mask, Floats value) { return (Floats)(mask & (Ints)value); }
CONVLENS_INLINE Floats choose(Ints mask, Floats yes, Floats no) { return mask ? yes : no; }
CONVLENS_INLINE Ints load_bytes(const uint8_t* at) {
    // In two steps, since GCC 12 converts bytes to 32 bits one number at a time.
    return __builtin_convertvector(__builtin_convertvector(*reinterpret_cast<const LooseBytes*>(at), Shorts), Ints);
}
CONVLENS_INLINE void store_bytes(uint8_t* at, Ints value) {
    *reinterpret_cast<LooseBytes*>(at) = __builtin_convertvector(value, Bytes);
}

template <int... index>
CONVLENS_INLINE Ints counting(std::integer_sequence<int, index...>) {
    return Ints{index...};
}
CONVLENS_INLINE Ints lane_numbers() { return counting(std::make_integer_sequence<int, lanes>()); }
CONVLENS_INLINE Ints first_lanes(int count) { return lane_numbers() < splat_int(count); }

#if defined(__clang__)
#define CONVLENS_SHUFFLE(type, mask, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define CONVLENS_SHUFFLE(type, mask, a, b, ...) __builtin_shuffle(a, b, mask{__VA_ARGS__})
#endif

template <int... i>
CONVLENS_INLINE Floats evens_of(Floats a, Floats b, std::integer_sequence<int, i...>) {
    return CONVLENS_SHUFFLE(Floats, Ints, a, b, (2 * i)...);
}
template <int... i>
CONVLENS_INLINE Floats odds_of(Floats a, Floats b, std::integer_sequence<int, i...>) {
    return CONVLENS_SHUFFLE(Floats, Ints, a, b, (2 * i + 1)...);
}
template <int... i>
CONVLENS_INLINE Floats low_of(Floats a, Floats b, std::integer_sequence<int, i...>) {
    return CONVLENS_SHUFFLE(Floats, Ints, a, b, (i / 2 + (i % 2) * lanes)...);
}
template <int... i>
CONVLENS_INLINE Floats high_of(Floats a, Floats b, std::integer_sequence<int, i...>) {
    return CONVLENS_SHUFFLE(Floats, Ints, a, b, (lanes / 2 + i / 2 + (i % 2) * lanes)...);
}
template <int... i>
CONVLENS_INLINE Pixels low_pixels(Pixels a, Pixels b, std::integer_sequence<int, i...>) {
    return CONVLENS_SHUFFLE(Pixels, Pixels, a, b, (i / 2 + (i % 2) * 16)...);
}
template <int... i>
CONVLENS_INLINE Pixels high_pixels(Pixels a, Pixels b, std::integer_sequence<int, i...>) {
    return CONVLENS_SHUFFLE(Pixels, Pixels, a, b, (8 + i / 2 + (i % 2) * 16)...);
}
using LaneIndex = std::make_integer_sequence<int, lanes>;
using PixelIndex = std::make_integer_sequence<int, 16>;

// The sums of neighbouring lanes, first those of `a`, then those of `b`.
CONVLENS_INLINE Floats add_neighbours(Floats a, Floats b) {
    return evens_of(a, b, LaneIndex()) + odds_of(a, b, LaneIndex());
}

// Lane k of the result is the sum of the lanes of vector k.
CONVLENS_INLINE Floats sum_lanes(Floats (&vectors)[lanes]) {
#pragma GCC unroll 8
    for (int left = lanes / 2; left >= 1; left /= 2) {
#pragma GCC unroll 16
        for (int k = 0; k < left; ++k) vectors[k] = add_neighbours(vectors[2 * k], vectors[2 * k + 1]);
    }
    return vectors[0];
}

// Rows become columns.
CONVLENS_INLINE void transpose(Floats (&rows)[lanes]) {
#pragma GCC unroll 8
    for (int size = 1; size < lanes; size *= 2) {
        Floats next[lanes];
#pragma GCC unroll 16
        for (int k = 0; k < lanes / 2; ++k) {
            next[2 * k] = low_of(rows[k], rows[k + lanes / 2], LaneIndex());
            next[2 * k + 1] = high_of(rows[k], rows[k + lanes / 2], LaneIndex());
        }
#pragma GCC unroll 16
        for (int k = 0; k < lanes; ++k) rows[k] = next[k];
    }
}

CONVLENS_INLINE Floats above_zero(Floats a) { return a <= Floats{} ? Floats{} : a; }  // NaN stays NaN
CONVLENS_INLINE Floats larger(Floats a, Floats b) { return b > a ? b : a; }

}  // namespace convlens::CONVLENS_VARIANT
