#include "../window.h"
#include "scaling.h"

/* How the windows of a pooling layer become values. `row` computes one row of the output, the window's position `y`,
   from rows of the input. Row number r of the input is at rows + r % kept * width. The last three are used by means
   alone. */
struct pooling {
    void (*row)(const int8_t* rows, int kept, int8_t* out, int y, const struct pooling* pooling);
    struct window window;
    int8_t zero_of_input;
    int32_t multiplier;
    struct scaling scaling;
};
