#include <stdint.h>

/* Values are bytes: value = scale * (byte - zero). `low` is the smallest byte that a result may have: that of 0 after a
   ReLU, else -128. A sum becomes a byte: zero + sum * multiplier / 2^shift, rounded. */
struct scaling {
    uint8_t shift;
    int8_t zero, low;
};

static int8_t scaled(int64_t product, const struct scaling* scaling) {
    /* Counted from `low`, so that no negative number is shifted. */
    const int64_t steps = product + ((int64_t)(2 * (scaling->zero - scaling->low) + 1) << (scaling->shift - 1));
    if (steps < 0) return scaling->low;
    return (int8_t)(steps >> scaling->shift > 127 - scaling->low ? 127 : scaling->low + (int)(steps >> scaling->shift));
}
