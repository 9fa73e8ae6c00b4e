// A cell of 2×2 max-pooling: the largest of four values, and the place of its gradient.
//
// For every lane, a cell stores which value was the largest, and whether relu made it 0: with AVX-512 as three masks
// with one bit per lane (right, below, kept), elsewhere as one byte per lane (0 to 3, 255 where relu gave 0).
#pragma once

#include "../kernels.hpp"
#include "lanes.hpp"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace convlens::CONVLENS_VARIANT {

#if defined(__AVX512F__)

constexpr int winner_bytes = 4 * sizeof(uint16_t);

CONVLENS_INLINE __mmask16 greater(Floats a, Floats b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ); }
CONVLENS_INLINE Floats pick(__mmask16 second, Floats a, Floats b) {
    return (Floats)_mm512_mask_blend_ps(second, (__m512)a, (__m512)b);
}
CONVLENS_INLINE Floats keep(__mmask16 mask, Floats a) { return (Floats)_mm512_maskz_mov_ps(mask, (__m512)a); }

// Among equal values the first one wins, as in PyTorch.
CONVLENS_INLINE Floats pool_cell(const Floats (&values)[4], bool relu, uint8_t* winners) {
    const __mmask16 right_above = greater(values[1], values[0]), right_below = greater(values[3], values[2]);
    const Floats above = pick(right_above, values[0], values[1]), under = pick(right_below, values[2], values[3]);
    const __mmask16 below = greater(under, above);
    Floats best = pick(below, above, under);
    __mmask16 kept = 0xffff;
    if (relu) {
        const __mmask16 cut = _mm512_cmp_ps_mask((__m512)best, _mm512_setzero_ps(), _CMP_LE_OQ);  // NaN is not cut
        kept = static_cast<__mmask16>(~cut);
        best = keep(kept, best);
    }
    if (winners) {
        uint16_t* masks = reinterpret_cast<uint16_t*>(winners);
        masks[0] = static_cast<__mmask16>((right_above & ~below) | (right_below & below));
        masks[1] = below;
        masks[2] = kept;
    }
    return best;
}

// Sets the gradients of the four values, and returns that of the cell: 0 where relu gave 0.
CONVLENS_INLINE Floats unpool_cell(const uint8_t* winners, Floats slope, Floats (&out)[4]) {
    const uint16_t* masks = reinterpret_cast<const uint16_t*>(winners);
    const __mmask16 right = masks[0], below = masks[1];
    const Floats kept = keep(masks[2], slope);
    const Floats above = keep(static_cast<__mmask16>(~below), kept), under = keep(below, kept);
    out[0] = keep(static_cast<__mmask16>(~right), above);
    out[1] = keep(right, above);
    out[2] = keep(static_cast<__mmask16>(~right), under);
    out[3] = keep(right, under);
    return kept;
}

#else

constexpr int winner_bytes = lanes;

CONVLENS_INLINE Floats pool_cell(const Floats (&values)[4], bool relu, uint8_t* winners) {
    Floats best = values[0];
    Ints winner = {};
#pragma GCC unroll 4
    for (int p = 1; p < 4; ++p) {
        const Ints better = values[p] > best;
        best = better ? values[p] : best;
        winner = better ? splat_int(p) : winner;
    }
    if (relu) {
        const Ints cut = best <= Floats{};
        best = cut ? Floats{} : best;
        winner = cut ? splat_int(255) : winner;
    }
    if (winners) store_bytes(winners, winner);
    return best;
}

CONVLENS_INLINE Floats unpool_cell(const uint8_t* winners, Floats slope, Floats (&out)[4]) {
    const Ints winner = load_bytes(winners);
#pragma GCC unroll 4
    for (int p = 0; p < 4; ++p) out[p] = keep_where(winner == splat_int(p), slope);
    return keep_where(winner != splat_int(255), slope);
}

#endif

}  // namespace convlens::CONVLENS_VARIANT
