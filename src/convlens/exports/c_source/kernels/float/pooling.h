#include "../window.h"

/* How the windows of a pooling layer become values. `row` computes one row of the output, the window's position `y`,
   from rows of the input. Row number r of the input is at rows + r % kept * width. */
struct pooling {
    void (*row)(const float* rows, int kept, float* out, int y, const struct window* window);
    struct window window;
};
