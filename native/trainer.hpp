// A training: many steps of an optimizer in one call.
#pragma once

#include <memory>

#include "batch.hpp"
#include "engine.hpp"

namespace convlens {

struct Optimizer {
    Update::Kind kind = Update::adam;
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0, momentum = 0;
    bool nesterov = false;
};

class Trainer {
 public:
    // Pixels and labels belong to the caller, and must outlive the trainer; labels must be valid classes.
    Trainer(std::shared_ptr<Engine> engine, const uint8_t* pixels, int64_t images, const int64_t* labels,
            const Optimizer& optimizer, const LossSettings& loss, uint64_t seed);

    // `order` lists images; step k uses the k-th `batch_size` of them. `changes` has `change_numbers` for each image of
    // `order`, or is null. Returns the number of steps, which is smaller if `go_on` stopped the training; an unfinished
    // step changes nothing.
    int run(const int64_t* order, int64_t count, int batch_size, const double* rates, int steps, const float* changes,
            float* losses, int64_t* correct, const GoOn& go_on);

    int64_t step() const { return step_; }
    Engine& engine() { return *engine_; }
    int64_t images() const { return images_; }
    // The moments in PyTorch's order; the buffer of momentum is the first one.
    void get_state(float* first, float* second) const;
    void set_state(int64_t step, const float* first, const float* second);

 private:
    void update(double rate);
    void update_statistics();

    std::shared_ptr<Engine> engine_;
    Images all_;
    int64_t images_;
    const int64_t* labels_;
    Optimizer optimizer_;
    LossSettings loss_;
    uint64_t seed_;
    Batch batch_;
    Changing changing_;
    Buffer<float> first_, second_;
    int64_t step_ = 0;
};

}  // namespace convlens
