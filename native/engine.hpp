// A network with its weights: all functions for Python, with plain pointers.
//
// Parameters are passed in PyTorch's order (kernels O×I×kH×kW, then biases, layer by layer); inside, kernels are packed
// for the sweeps.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "batch.hpp"
#include "memory.hpp"
#include "program.hpp"
#include "single.hpp"
#include "threads.hpp"

namespace convlens {

using GoOn = std::function<bool()>;

struct Description {
    std::vector<Layer> layers;
    int channels = 0, height = 0, width = 0;
    std::vector<float> mean, deviation;  // number = (byte / 255 − mean) / deviation, per channel
    bool poison = false;                 // for tests: NaN wherever a number must be written before it is read
};

class Engine {
 public:
    // `instruction_set` is one of `instruction_sets()`, or empty for the best.
    Engine(const Description& description, int threads, const std::string& instruction_set);

    const Kernels& kernels() const { return kernels_; }
    int threads() const { return threads_.count(); }
    int classes() const { return inference_.classes; }
    size_t image_bytes() const;
    const Description& description() const { return description_; }
    size_t parameter_count() const { return inference_.parameters; }
    size_t statistic_count() const { return inference_.statistics; }
    const std::vector<Node>& nodes() const { return inference_.nodes; }
    std::mutex& mutex() { return mutex_; }

    void set_weights(const float* parameters, const float* statistics);
    void get_weights(float* parameters, float* statistics) const;

    // Each returns false if `go_on` stopped it.
    bool logits(const uint8_t* pixels, int count, float* out, const GoOn* go_on);
    bool activations(const uint8_t* pixels, int count, const std::vector<float*>& out, const GoOn* go_on);
    bool gradients(const uint8_t* pixels, int count, const int64_t* labels, const LossSettings& loss, double* value,
                   float* logits, float* gradients, const GoOn* go_on);

 private:
    friend class Trainer;

    Images images(const uint8_t* pixels, int count) const;
    std::unique_ptr<Program> make(const Choices& choices) const;
    void derive(const Program& program, Buffer<float>& derived);
    Shared shared(const float* derived) const;
    void refresh_normalisation();
    const Program& training_program();
    void weights_changed();
    // Convert between PyTorch's order and ours, for parameters and arrays of the same shape.
    template <typename Copy>
    void for_packed(Copy copy) const;
    void to_packed(const float* from, float* to) const;
    void from_packed(const float* from, float* to) const;

    Description description_;
    const Kernels& kernels_;
    Threads threads_;
    std::mutex mutex_;
    std::vector<float> scale_, shift_;  // of pixels
    Program inference_;
    std::unique_ptr<Program> inspection_, checking_, training_;
    std::vector<TileBuffers> buffers_;
    Buffer<float> parameters_;
    Buffer<float> inference_weights_, inspection_weights_, training_weights_;  // derived ones
    std::vector<float> statistics_;
    std::vector<float> running_scale_, running_shift_;
    std::unique_ptr<Single> single_;
    bool single_is_old_ = true, inference_is_old_ = true;
};

// Floating-point operations per second of independent fused multiply-adds, on so many threads at once.
double measure_peak(int threads, double seconds);

// Names of the instruction sets that were built and that this CPU supports, best first.
std::vector<std::string> instruction_sets();

}  // namespace convlens
