// The interface of the kernels: plain structures and function pointers.
//
// The kernels are compiled once for each instruction set, and an engine uses the best one that the CPU supports. So
// nothing here may be a template or an inline function of the standard library: the linker keeps one copy of those, and
// it may be a copy that an older CPU cannot run.
//
// Terms: a *tile* has as many images as a vector has lanes. Every number of a map is one vector, with one image in each
// lane. A *map* is channels × rows × columns of such vectors. Offsets and steps count floats. A *tap* is one (input
// channel, kernel row, kernel column). Weights of a convolution are *packed*: for each block of output channels, tap by
// tap, the block's channels lie side by side.
#pragma once

#include <cstddef>
#include <cstdint>

namespace convlens {

// Channels × height × width vectors with a frame of zeros for the convolution that reads them.
struct Map {
    int channels = 0, height = 0, width = 0;
    int top = 0, left = 0, rows = 0, columns = 0;  // rows and columns count the frame, too
};

// out[channel](position) = bias[channel] + Σ over taps: in(position + offset[tap]) · weight[channel][tap].
// A convolution and the gradient of its input are such sweeps.
struct Sweep {
    int rows = 0, columns = 0;      // positions
    int in_row = 0, in_column = 0;  // from one position to the next
    int out_row = 0, out_column = 0;
    size_t out_channel = 0;
    int taps = 0;
    const int32_t* offsets = nullptr;
    int channels = 0;
    const float* weights = nullptr;  // packed
    const float* bias = nullptr;     // may be null
    bool relu = false;
    bool adds = false;  // adds to the output instead of the bias
};

// weight gradient[tap][channel] += Σ over positions: in(position + offset[tap]) · gradient[channel](position), lane by
// lane.
struct WeightSweep {
    int rows = 0, columns = 0;
    int in_row = 0, in_column = 0;
    size_t gradient_row = 0, gradient_column = 0;  // gradients are blocks: [row][column][channel of the block]
    int taps = 0;
    const int32_t* offsets = nullptr;
    int channels = 0;  // of this block
    bool adds = true;  // adds to the output
};

// The same for a 3×3 convolution before 2×2 max-pooling, from the pooled gradient and its winners: see
// kernels/cells.hpp.
struct CellSweep {
    int rows = 0, columns = 0, all_rows = 0;  // cells: rows in this call, columns, rows in the map
    int in_row = 0;
    size_t in_channel = 0;
    int in_channels = 0, out_channels = 0;
};

// The number of blocks of 2×2 outputs that Winograd's algorithm computes at a time; the scratch has space for them.
constexpr int winograd_positions = 2;

// A 3×3 convolution with stride 1 by Winograd's algorithm, four outputs at a time: see kernels/winograd.hpp.
struct Winograd {
    int rows = 0, columns = 0;  // blocks of 2×2 outputs
    int height = 0, width = 0;  // outputs; the last blocks may be incomplete
    int in_row = 0, in_column = 0;
    int out_row = 0, out_column = 0;
    size_t out_channel = 0, winners_channel = 0;
    int in_channels = 0, channels = 0;
    const int32_t* offsets = nullptr;  // of the input channels
    const float* weights = nullptr;    // transformed
    const float* bias = nullptr;       // may be null
    bool relu = false, pool = false;
    bool adds = false;  // adds to the output
};

// The gradient of its weights, for `together` cells of 2×2 gradients at a time: see kernels/winograd_gradient.hpp.
struct WinogradGradient {
    int rows = 0, columns = 0;  // cells
    int in_row = 0, in_column = 0;
    int in_channels = 0, channels = 0;
    const int32_t* offsets = nullptr;        // of the input channels
    int slopes_row = 0, slopes_column = 0;   // gradients are blocks, as in WeightSweep
    size_t slopes_block = 0;                 // from one to the next
    int width = 0;                           // channels of a block
    int together = 0;                        // cells
    size_t sums = 0;                         // at the beginning of the workspace
    const int32_t* value_offsets = nullptr;  // of the input channels among the transformed values
};

struct WinogradWeights {
    int in_channels = 0, channels = 0;  // of one block
    const int32_t* places = nullptr;
};

// A window that slides over a map without a frame, for pooling.
struct Pooling {
    Map in, out;
    int kernel_height = 1, kernel_width = 1;
    int stride_y = 1, stride_x = 1;
    int padding_y = 0, padding_x = 0;
};

struct LossTerms {
    int classes = 0;
    const int64_t* labels = nullptr;       // one per lane
    int images = 0;                        // lanes in use
    const float* class_weights = nullptr;  // may be null
    float class_weight_sum = 0;
    float smoothing = 0;
    double scale = 1;  // 1 / (sum of the weights of the batch's labels)
};

struct Update {
    enum Kind : int { adam, adamw, sgd } kind = adam;
    float learning_rate = 0, beta1 = 0.9f, beta2 = 0.999f, rest1 = 0.1f, rest2 = 0.001f, epsilon = 1e-8f,
          weight_decay = 0, momentum = 0;
    bool nesterov = false, first = false;
    double correction1 = 1, correction2 = 1;  // 1 − beta^step
};

// One image at a time: height × width × channels, channels padded to whole vectors.
struct SingleSweep {
    int rows = 0, columns = 0;
    int in_row = 0, in_column = 0;
    int out_row = 0, out_column = 0;
    int taps = 0;
    const int32_t* offsets = nullptr;
    int vectors = 0;                 // of output channels
    const float* weights = nullptr;  // [vector][tap][lane]
    const float* bias = nullptr;     // [vector][lane]
    bool relu = false;
};

// The augmentation of one image: a row of `change_numbers` numbers, with the places of each kind.
constexpr int change_waves = 3;      // cosines across and down, the first of which is constant
constexpr int change_affine = 0;     // a pixel's source: x = a·x + b·y + c, y = d·x + e·y + f, from the middle
constexpr int change_elastic_x = 6;  // [wave across][wave down], pixels
constexpr int change_elastic_y = 15;
constexpr int change_thickness = 24;  // −1 to 1
constexpr int change_blur = 25;       // 0 to 1
constexpr int change_lights = 3;      // channels with separate gain and offset
constexpr int change_gain = 26;
constexpr int change_offset = 29;  // levels
constexpr int change_noise = 32;   // standard deviation, levels
constexpr int change_key = 33;     // of the noise: a whole number below 2^24
constexpr int change_cover = 34;   // top, left, bottom, right; level
constexpr int change_numbers = 39;

// The size of images that are changed, and cos(π·wave·(place + ½)/size) for every wave and place.
struct Picture {
    int channels = 0, height = 0, width = 0;
    int padded_width = 0;           // whole vectors
    int framed_width = 0;           // 16 more than that
    size_t padded_plane = 0;        // height × width in whole vectors, and a reserve
    const float* across = nullptr;  // [wave][padded width]
    const float* down = nullptr;    // [wave][height]
};

// One kind of activation: see kernels/activation.hpp.
struct ActivationKernels {
    const char* word;
    int numbers;
    bool slope_from_result;
    void (*apply)(float number, const Map& in_map, const float* in, const Map& out_map, float* out);
    // `values` are its results if `slope_from_result`, otherwise its inputs; gradients have no frame.
    void (*gradient)(float number, const Map& value_map, const float* values, const float* gradient, float* out);
};

struct Kernels {
    const char* name;
    int lanes;
    int winner_bytes;
    int block;  // output channels of a full block of packed weights and of gradients
    bool has_cells;
    int multiply_adds;  // per round of `multiply_add`
    const ActivationKernels* activations;
    int activation_count;
#define KERNEL(result, name, parameters) result(*name) parameters;
#include "kernel_list.inc"
#undef KERNEL
};

// One for each instruction set that was built.
extern const Kernels baseline_kernels;
#if defined(CONVLENS_HAS_AVX2)
extern const Kernels avx2_kernels;
#endif
#if defined(CONVLENS_HAS_AVX512)
extern const Kernels avx512_kernels;
#endif

}  // namespace convlens
