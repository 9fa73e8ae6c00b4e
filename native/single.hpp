// The path for one image: takes microseconds, on the calling thread.
#pragma once

#include <vector>

#include "memory.hpp"
#include "passes.hpp"
#include "program.hpp"

namespace convlens {

// Height × width × step floats, of which `channels` are used; with the frame of the convolutions that read it.
struct SinglePlace : Map {
    int step = 0;
    size_t at = 0;
    int row() const { return columns * step; }
    size_t inside() const { return at + (static_cast<size_t>(top) * columns + left) * step; }
};

struct SingleOperation {
    const Kind* kind = nullptr;
    const Stage* stage = nullptr;
    std::vector<SinglePlace> in;
    SinglePlace middle, out;        // `middle` is between a convolution and its pooling
    std::vector<int32_t> offsets;   // of the taps
    std::vector<int32_t> features;  // of a flattened map: PyTorch's index of each number; −1 is padding
    size_t weights = 0, bias = 0;
};

// Assigns places to maps and to weights.
class SinglePlan {
 public:
    explicit SinglePlan(int lanes) : lanes_(lanes) {}
    int lanes() const { return lanes_; }
    int padded(int channels) const { return (channels + lanes_ - 1) / lanes_ * lanes_; }
    SinglePlace place(const Map& map, int step);
    void take_weights(SingleOperation& operation, size_t weights, int biases);
    size_t workspace() const { return workspace_; }
    size_t weights() const { return weights_; }

 private:
    int lanes_;
    size_t workspace_ = 0, weights_ = 0;
};

class Single {
 public:
    explicit Single(const Program& inference, const Kernels& kernels);

    // Takes the parameters, and batch normalisation as scale and shift per channel.
    void set_weights(const Shared& shared);
    void run(const uint8_t* pixels, const float* pixel_scale, const float* pixel_shift, float* logits);

 private:
    void load(const uint8_t* pixels, const float* scale, const float* shift);
    void write_logits(float* logits) const;
    SinglePlace flattened(const Input& input);

    const Program& program_;
    const Kernels& kernels_;
    SinglePlan plan_;
    std::vector<SinglePlace> places_;  // of the values
    std::vector<SingleOperation> operations_;
    Buffer<float> workspace_, weights_;
};

}  // namespace convlens
