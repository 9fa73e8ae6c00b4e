// Forward and backward pass of one batch, over all threads.
//
// A batch is divided into tiles, and these into *slots*. One thread computes a slot from its first tile to its last.
// Each slot has its own gradients, which are added up in the order of the slots. The number of slots depends only on
// the batch and the network, so the results do not depend on the number of threads or their speed.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "changing.hpp"
#include "memory.hpp"
#include "passes.hpp"
#include "program.hpp"
#include "threads.hpp"

namespace convlens {

struct LossSettings {
    float smoothing = 0;
    std::vector<float> class_weights;  // may be empty
};

struct Images {
    const uint8_t* pixels = nullptr;
    size_t bytes = 0;                // of one image
    const int64_t* order = nullptr;  // which images, or null for all from the first
    int count = 0;
    int ahead = 0;                 // the number of entries of `order` after these, for prefetching
    const float* scale = nullptr;  // number = byte · scale[channel] + shift[channel]
    const float* shift = nullptr;

    const float* changes = nullptr;      // `change_numbers` for each of `count`, or null
    const Changing* changing = nullptr;  // needed if there are changes

    bool poison = false;  // for tests, see passes.hpp

    const uint8_t* at(int k) const { return pixels + bytes * static_cast<size_t>(order ? order[k] : k); }
};

// `changed` is a workspace of `changed_bytes` for changed copies; null if there are no changes.
void load_tile(const Images& images, const Kernels& kernels, const Program& program, int tile, TileBuffers& buffers,
               uint8_t* changed);
size_t changed_bytes(const Changing& changing, const Kernels& kernels);

struct BatchResult {
    double loss = 0;
    int64_t correct = 0;
    bool finished = true;
};

class Batch {
 public:
    Batch(const Program& program, const Kernels& kernels, Threads& threads);

    // Leaves the gradients in the slots. `logits` (or null) gets images × classes.
    BatchResult run(const Images& images, const int64_t* labels, const LossSettings& loss, const float* parameters,
                    const float* derived, uint64_t dropout_key, float* logits, const std::function<bool()>* go_on);

    int slots() const { return slots_; }
    size_t slot_size() const { return slot_size_; }
    float* gradients() { return gradients_.data(); }
    // The mean and the variance (with n − 1) of each normalised channel in the last batch, for the running statistics.
    const std::vector<double>& means() const { return means_; }
    const std::vector<double>& variances() const { return variances_; }

 private:
    void prepare(int count);
    void make_tile_buffers();
    void forward_segment(int segment, int slot, int worker);
    void backward_segment(int segment, int slot, int worker);
    void forward_tile(int segment, int tile, TileBuffers& buffers, int worker);
    void backward_tile(int segment, int tile, TileBuffers& buffers, const Learned& learned);
    Learned learned(int slot, int worker);
    template <typename Task>
    void for_tiles(int segment, int slot, int worker, bool learns, Task task);
    void judge_tile(int tile, TileBuffers& buffers);
    void combine_moments(const Stage& stage);
    void combine_gradients(const Stage& stage);
    void write_logits(int tile, const TileBuffers& buffers) const;
    int images_in(int tile) const;
    int first_tile(int slot) const { return static_cast<int>(static_cast<long>(slot) * tiles_ / slots_); }
    TileBuffers& buffers_for(int tile, int worker) {
        return buffers_[static_cast<size_t>(program_.normalises() ? tile : worker)];
    }
    bool goes_on(int worker);
    bool is_last(int segment) const { return segment + 1 == static_cast<int>(starts_.size()); }
    int end_of(int segment) const;

    const Program& program_;
    const Kernels& kernels_;
    Threads& threads_;
    std::vector<int> starts_;  // stages at which a segment begins: the first, and every batch normalisation
    std::vector<TileBuffers> buffers_;
    std::vector<Buffer<float>> workers_;
    std::vector<Buffer<uint8_t>> changed_;  // of each worker
    Buffer<float> gradients_;
    size_t slot_size_ = 0;
    int tiles_ = 0, slots_ = 0;

    // of the present batch
    Images images_;
    LossTerms terms_;
    Shared shared_;
    const int64_t* labels_ = nullptr;
    const std::function<bool()>* go_on_ = nullptr;
    std::atomic<bool> stopped_{false};
    float* logits_ = nullptr;
    std::vector<double> losses_;
    std::vector<int64_t> correct_;

    // batch normalisation, [tile][channel] and [channel]
    std::vector<double> tile_means_, tile_squares_, tile_sums_, tile_products_;
    std::vector<double> means_, variances_;
    std::vector<float> scale_, shift_, mean_, inverse_, a_, b_, c_;
};

}  // namespace convlens
