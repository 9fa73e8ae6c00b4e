#include "trainer.hpp"

#include <algorithm>
#include <cmath>

#include "layers.hpp"

namespace convlens {

namespace {

constexpr double statistics_momentum = 0.1;  // PyTorch's
constexpr size_t update_piece = 2048;        // parameters per task; with fewer, threads take longer than they save

}  // namespace

Trainer::Trainer(std::shared_ptr<Engine> engine, const uint8_t* pixels, int64_t images, const int64_t* labels,
                 const Optimizer& optimizer, const LossSettings& loss, uint64_t seed)
    : engine_(std::move(engine)),
      all_(engine_->images(pixels, 0)),
      images_(images),
      labels_(labels),
      optimizer_(optimizer),
      loss_(loss),
      seed_(seed),
      batch_(engine_->training_program(), engine_->kernels_, engine_->threads_),
      changing_(engine_->description().channels, engine_->description().height, engine_->description().width,
                engine_->kernels().lanes),
      first_(engine_->parameters_.size()),
      second_(engine_->parameters_.size()) {}

int Trainer::run(const int64_t* order, int64_t count, int batch_size, const double* rates, int steps,
                 const float* changes, float* losses, int64_t* correct, const GoOn& go_on) {
    engine_->derive(*engine_->training_, engine_->training_weights_);
    int done = 0;
    for (; done < steps; ++done) {
        const int64_t first = static_cast<int64_t>(done) * batch_size;
        Images images = all_;
        images.order = order + first;
        images.changes = changes ? changes + first * change_numbers : nullptr;
        images.changing = &changing_;
        images.count = static_cast<int>(std::min<int64_t>(batch_size, count - first));
        images.ahead = static_cast<int>(std::min<int64_t>(batch_size, count - first - images.count));
        const uint64_t key = mix(seed_, static_cast<uint64_t>(step_), 0, 0);
        const BatchResult result = batch_.run(images, labels_, loss_, engine_->parameters_.data(),
                                              engine_->training_weights_.data(), key, nullptr, &go_on);
        if (!result.finished) break;
        losses[done] = static_cast<float>(result.loss);
        correct[done] = result.correct;
        ++step_;
        update(rates[done]);
        update_statistics();
        engine_->derive(*engine_->training_, engine_->training_weights_);
    }
    engine_->weights_changed();
    return done;
}

void Trainer::update(double rate) {
    Update update;
    update.kind = optimizer_.kind;
    update.learning_rate = static_cast<float>(rate);
    update.beta1 = static_cast<float>(optimizer_.beta1);
    update.beta2 = static_cast<float>(optimizer_.beta2);
    // Computed in double precision, since 1 − 0.999f is 0.00099998713.
    update.rest1 = static_cast<float>(1 - optimizer_.beta1);
    update.rest2 = static_cast<float>(1 - optimizer_.beta2);
    update.epsilon = static_cast<float>(optimizer_.epsilon);
    update.weight_decay = static_cast<float>(optimizer_.weight_decay);
    update.momentum = static_cast<float>(optimizer_.momentum);
    update.nesterov = optimizer_.nesterov;
    update.first = step_ == 1;
    update.correction1 = 1 - std::pow(optimizer_.beta1, static_cast<double>(step_));
    update.correction2 = 1 - std::pow(optimizer_.beta2, static_cast<double>(step_));
    const size_t lanes = static_cast<size_t>(engine_->kernels_.lanes);
    const size_t count = (engine_->parameter_count() + lanes - 1) / lanes * lanes;
    const int pieces = static_cast<int>((count + update_piece - 1) / update_piece);
    const std::function<void(int, int)> task = [&](int piece, int) {
        const size_t at = static_cast<size_t>(piece) * update_piece, size = std::min(update_piece, count - at);
        engine_->kernels_.update(update, size, batch_.slots(), batch_.slot_size(), batch_.gradients() + at,
                                 engine_->parameters_.data() + at, first_.data() + at, second_.data() + at);
    };
    engine_->threads_.run(pieces, task);
}

void Trainer::update_statistics() {
    for (const Stage& stage : engine_->training_->stages) {
        if (!stage.kind->waits_for_batch()) continue;
        const size_t channels = static_cast<size_t>(stage.out.channels);
        float* mean = engine_->statistics_.data() + stage.statistics;
        for (size_t c = 0; c < channels; ++c) {
            float& variance = mean[channels + c];
            mean[c] = static_cast<float>((1 - statistics_momentum) * mean[c] +
                                         statistics_momentum * batch_.means()[stage.normalisation + c]);
            variance = static_cast<float>((1 - statistics_momentum) * variance +
                                          statistics_momentum * batch_.variances()[stage.normalisation + c]);
        }
    }
}

void Trainer::get_state(float* first, float* second) const {
    engine_->from_packed(first_.data(), first);
    engine_->from_packed(second_.data(), second);
}

void Trainer::set_state(int64_t step, const float* first, const float* second) {
    step_ = step;
    engine_->to_packed(first, first_.data());
    engine_->to_packed(second, second_.data());
}

}  // namespace convlens
