#include "engine.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "layers.hpp"

namespace convlens {

namespace {

constexpr long peak_rounds = 100000;
constexpr int images_one_by_one = 2;  // up to this number, the path for single images is faster

std::vector<const Kernels*> all_kernels() {
    std::vector<const Kernels*> found;
#if defined(CONVLENS_HAS_AVX512)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma"))
        found.push_back(&avx512_kernels);
#endif
#if defined(CONVLENS_HAS_AVX2)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found.push_back(&avx2_kernels);
#endif
    found.push_back(&baseline_kernels);
    return found;
}

const Kernels& choose(const std::string& name) {
    std::string known;
    for (const Kernels* one : all_kernels()) {
        if (name.empty() || name == one->name) return *one;
        known += (known.empty() ? "" : ", ") + std::string(one->name);
    }
    throw std::invalid_argument("instruction set '" + name + "' is not available here; available are " + known);
}

// From a tile to images × channels × height × width.
void write_images(const Kernels& kernels, const Map& map, const float* from, int images, float* out) {
    const size_t lanes = static_cast<size_t>(kernels.lanes);
    for (int l = 0; l < images; ++l)
        for (int c = 0; c < map.channels; ++c)
            for (int y = 0; y < map.height; ++y) {
                const float* row =
                    from + ((static_cast<size_t>(c) * map.rows + y + map.top) * map.columns + map.left) * lanes;
                for (int x = 0; x < map.width; ++x) *out++ = row[x * lanes + static_cast<size_t>(l)];
            }
}

int tiles_of(int images, int lanes) { return (images + lanes - 1) / lanes; }

}  // namespace

double measure_peak(int threads, double seconds) {
    const Kernels& kernels = *all_kernels().front();
    Threads crew(threads);
    std::vector<double> speeds(static_cast<size_t>(threads), 0);
    // Each thread measures its own speed while all of them work. They begin together.
    std::atomic<int> begun{0};
    const std::function<void(int, int)> task = [&](int number, int) {
        begun.fetch_add(1);
        while (begun.load() < threads) {
        }
        long rounds = 0;
        const auto start = std::chrono::steady_clock::now();
        std::chrono::duration<double> spent{};
        for (; spent.count() < seconds; rounds += peak_rounds) {
            kernels.multiply_add(peak_rounds);
            spent = std::chrono::steady_clock::now() - start;
        }
        speeds[static_cast<size_t>(number)] = 2.0 * kernels.multiply_adds * static_cast<double>(rounds) / spent.count();
    };
    crew.run(threads, task);
    double sum = 0;
    for (const double one : speeds) sum += one;
    return sum;
}

std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    for (const Kernels* one : all_kernels()) names.emplace_back(one->name);
    return names;
}

Engine::Engine(const Description& description, int threads, const std::string& instruction_set)
    : description_(description), kernels_(choose(instruction_set)), threads_(threads) {
    if (threads < 1 || threads > 256)
        throw std::invalid_argument("threads is " + std::to_string(threads) + "; it must be 1 to 256");
    const size_t channels = static_cast<size_t>(std::max(description.channels, 0));
    if (description.mean.size() != channels || description.deviation.size() != channels)
        throw std::invalid_argument("the normalisation has " + std::to_string(description.mean.size()) + " means and " +
                                    std::to_string(description.deviation.size()) + " deviations for " +
                                    std::to_string(channels) + " channels");
    for (size_t c = 0; c < channels; ++c) {
        if (!(description.deviation[c] > 0) || !std::isfinite(description.mean[c]))
            throw std::invalid_argument("the normalisation needs finite means and deviations above 0");
        scale_.push_back(static_cast<float>(1 / (255 * static_cast<double>(description.deviation[c]))));
        shift_.push_back(-description.mean[c] / description.deviation[c]);
    }
    inference_ = *make(Choices{});
    inference_.stages.shrink_to_fit();
    parameters_ = Buffer<float>(inference_.parameters + static_cast<size_t>(kernels_.lanes));
    statistics_.assign(inference_.statistics, 0);
    running_scale_.assign(static_cast<size_t>(inference_.normalised_channels), 1);
    running_shift_.assign(static_cast<size_t>(inference_.normalised_channels), 0);
}

std::unique_ptr<Program> Engine::make(const Choices& choices) const {
    return std::make_unique<Program>(make_program(description_.layers, description_.channels, description_.height,
                                                  description_.width, kernels_, choices));
}

size_t Engine::image_bytes() const {
    return static_cast<size_t>(description_.channels) * description_.height * description_.width;
}

Images Engine::images(const uint8_t* pixels, int count) const {
    Images images;
    images.pixels = pixels;
    images.bytes = image_bytes();
    images.count = count;
    images.scale = scale_.data();
    images.shift = shift_.data();
    images.poison = description_.poison;
    return images;
}

const Program& Engine::training_program() {
    if (!training_) training_ = make(Choices{true, true, true});
    return *training_;
}

// Calls copy(PyTorch's place, ours) for every parameter.
template <typename Copy>
void Engine::for_packed(Copy copy) const {
    for (const Stage& stage : inference_.stages)
        for (size_t k = 0; k < stage.parameters(); ++k)
            copy(stage.weights + k, stage.weights + stage.kind->packed_place(stage, kernels_.block, k));
}

void Engine::to_packed(const float* from, float* to) const {
    for_packed([=](size_t plain, size_t packed) { to[packed] = from[plain]; });
}

void Engine::from_packed(const float* from, float* to) const {
    for_packed([=](size_t plain, size_t packed) { to[plain] = from[packed]; });
}

void Engine::set_weights(const float* parameters, const float* statistics) {
    to_packed(parameters, parameters_.data());
    std::copy_n(statistics, statistics_.size(), statistics_.begin());
    weights_changed();
}

void Engine::get_weights(float* parameters, float* statistics) const {
    from_packed(parameters_.data(), parameters);
    std::copy(statistics_.begin(), statistics_.end(), statistics);
}

// Batch normalisation in prediction: the running statistics as one scale and one shift per channel.
void Engine::refresh_normalisation() {
    for (const Stage& stage : inference_.stages) {
        if (!stage.kind->waits_for_batch()) continue;
        const size_t channels = static_cast<size_t>(stage.out.channels);
        for (size_t c = 0; c < channels; ++c) {
            const double mean = statistics_[stage.statistics + c],
                         variance = statistics_[stage.statistics + channels + c];
            const double scale = parameters_[stage.weights + c] / std::sqrt(variance + stage.number);
            running_scale_[stage.normalisation + c] = static_cast<float>(scale);
            running_shift_[stage.normalisation + c] = static_cast<float>(parameters_[stage.bias + c] - mean * scale);
        }
    }
}

void Engine::derive(const Program& program, Buffer<float>& derived) {
    if (derived.size() < program.derived) derived = Buffer<float>(program.derived);
    derive_weights(program, kernels_, parameters_.data(), derived.data(), threads_);
}

void Engine::weights_changed() {
    single_is_old_ = inference_is_old_ = true;
    refresh_normalisation();
}

Shared Engine::shared(const float* derived) const {
    Shared shared;
    shared.kernels = &kernels_;
    shared.parameters = parameters_.data();
    shared.derived = derived;
    shared.scale = running_scale_.data();
    shared.shift = running_shift_.data();
    return shared;
}

bool Engine::logits(const uint8_t* pixels, int count, float* out, const GoOn* go_on) {
    if (count <= images_one_by_one) {
        if (!single_) single_ = std::make_unique<Single>(inference_, kernels_);
        if (single_is_old_) single_->set_weights(shared(nullptr));
        single_is_old_ = false;
        for (int k = 0; k < count; ++k)
            single_->run(pixels + static_cast<size_t>(k) * image_bytes(), scale_.data(), shift_.data(),
                         out + static_cast<size_t>(k) * inference_.classes);
        return true;
    }
    while (buffers_.size() < static_cast<size_t>(threads_.count())) buffers_.push_back(make_buffers(inference_));
    if (inference_is_old_) derive(inference_, inference_weights_);
    inference_is_old_ = false;
    const Shared shared = this->shared(inference_weights_.data());
    const Images all = images(pixels, count);
    const int lanes = kernels_.lanes, classes = inference_.classes;
    const std::function<void(int, int)> task = [&](int tile, int worker) {
        TileBuffers& buffers = buffers_[static_cast<size_t>(worker)];
        load_tile(all, kernels_, inference_, tile, buffers, nullptr);
        for (const Stage& stage : inference_.stages) stage.kind->forward(stage, shared, buffers, tile);
        const float* from = buffers.values.data() + inference_.output().at;
        for (int l = 0; l < std::min(lanes, count - tile * lanes); ++l)
            for (int c = 0; c < classes; ++c)
                out[(static_cast<size_t>(tile) * lanes + l) * classes + c] = from[c * lanes + l];
    };
    return threads_.run(tiles_of(count, lanes), task, go_on);
}

bool Engine::activations(const uint8_t* pixels, int count, const std::vector<float*>& out, const GoOn* go_on) {
    if (!inspection_) inspection_ = make(Choices{false, false, false});
    const Program& program = *inspection_;
    derive(program, inspection_weights_);
    const Shared shared = this->shared(inspection_weights_.data());
    TileBuffers buffers = make_buffers(program);
    const Images all = images(pixels, count);
    const int lanes = kernels_.lanes;
    for (int tile = 0; tile < tiles_of(count, lanes); ++tile) {
        const int used = std::min(lanes, count - tile * lanes);
        const size_t first = static_cast<size_t>(tile) * lanes;
        load_tile(all, kernels_, program, tile, buffers, nullptr);
        write_images(kernels_, program.input, buffers.values.data() + program.input.at, used,
                     out[0] + first * image_bytes());
        for (int number = 0; number <= static_cast<int>(program.stages.size()); ++number) {
            if (number > 0) {
                const Stage& stage = program.stages[static_cast<size_t>(number) - 1];
                stage.kind->forward(stage, shared, buffers, tile);
            }
            const Value& value = program.value(number);
            const size_t numbers = static_cast<size_t>(value.channels) * value.height * value.width;
            for (size_t layer = 0; layer < program.nodes.size(); ++layer)
                if (program.nodes[layer].value == number)
                    write_images(kernels_, value, buffers.values.data() + value.at, used,
                                 out[layer + 1] + first * numbers);
        }
        if (go_on && !(*go_on)()) return false;
    }
    return true;
}

bool Engine::gradients(const uint8_t* pixels, int count, const int64_t* labels, const LossSettings& loss, double* value,
                       float* logits, float* gradients, const GoOn* go_on) {
    if (!checking_) checking_ = make(Choices{true, false, true});
    derive(*checking_, training_weights_);
    Batch batch(*checking_, kernels_, threads_);
    const BatchResult result =
        batch.run(images(pixels, count), labels, loss, parameters_.data(), training_weights_.data(), 0, logits, go_on);
    if (!result.finished) return false;
    float* sum = batch.gradients();
    for (int slot = 1; slot < batch.slots(); ++slot)
        for (size_t k = 0; k < inference_.parameters; ++k)
            sum[k] += sum[static_cast<size_t>(slot) * batch.slot_size() + k];
    from_packed(sum, gradients);
    *value = result.loss;
    return true;
}

}  // namespace convlens
