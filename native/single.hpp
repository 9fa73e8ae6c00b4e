// The path for one image: answers in microseconds, on the thread that asks.
#pragma once

#include <vector>

#include "memory.hpp"
#include "program.hpp"

namespace convlens {

class Single {
 public:
    explicit Single(const Program& inference, const Kernels& kernels);

    // `scale` and `shift` are those of batch normalisation, channel by channel.
    void set_weights(const float* parameters, const float* scale, const float* shift);
    void run(const uint8_t* pixels, const float* pixel_scale, const float* pixel_shift, float* logits);

 private:
    // Height × width × step floats, of which `channels` count; with the frame of the convolution that reads it.
    struct Place {
        int height = 0, width = 0, rows = 0, columns = 0, top = 0, left = 0;
        int channels = 0, step = 0;
        size_t at = 0;
        size_t inside() const { return at + (static_cast<size_t>(top) * columns + left) * step; }
        int row() const { return columns * step; }
    };
    struct Operation {
        const Stage* stage = nullptr;
        Place in, middle, out;          // `middle` between a convolution and its pooling
        std::vector<int32_t> offsets;   // of the taps
        std::vector<int32_t> features;  // which number of a flattened map is where; −1 nowhere
        size_t weights = 0, bias = 0;
    };

    Place place(const Map& map, int channels);
    int padded(int channels) const { return (channels + kernels_.lanes - 1) / kernels_.lanes * kernels_.lanes; }
    void add_conv(Operation& operation);
    void flatten(Operation& operation);
    void pack_conv(const Operation& operation, const float* parameters);
    void pack_dense(const Operation& operation, const float* parameters);
    void pack_normalisation(const Operation& operation, const float* scale, const float* shift);
    void load(const uint8_t* pixels, const float* scale, const float* shift);
    void run_conv(const Operation& operation);
    void run_rest(const Operation& operation);
    void write_logits(float* logits) const;

    const Program& program_;
    const Kernels& kernels_;
    Place input_;
    std::vector<Operation> operations_;
    size_t room_size_ = 0, weights_size_ = 0;
    Buffer<float> room_, weights_;
};

}  // namespace convlens
