// Training in progress: steps of an optimizer, many for one call.
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
    // Pixels and labels are the caller's, and must outlive the trainer; labels must be classes.
    Trainer(std::shared_ptr<Engine> engine, const uint8_t* pixels, int64_t images, const int64_t* labels,
            const Optimizer& optimizer, const LossSettings& loss, uint64_t seed);

    // `order` names images; step k sees the k-th `batch_size` of them. Returns how many steps were taken: fewer where
    // `go_on` said so; a step that was not finished changed nothing.
    // `changes` has `change_numbers` for each image of `order`, or is null.
    int run(const int64_t* order, int64_t count, int batch_size, const double* rates, int steps, const float* changes,
            float* losses, int64_t* correct, const GoOn& go_on);

    int64_t step() const { return step_; }
    Engine& engine() { return *engine_; }
    int64_t images() const { return images_; }
    // Moments in PyTorch's order; momentum's buffer is the first.
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
