#include "batch.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>

#include "layers.hpp"

namespace convlens {

namespace {

constexpr int most_slots = 16;
constexpr size_t most_gradient_bytes = size_t{256} << 20;
constexpr double most_buffer_bytes = 16.0 * (1 << 30);
constexpr size_t line = 64;

void prefetch(const uint8_t* from, size_t bytes) {
    for (size_t k = 0; k < bytes; k += line) __builtin_prefetch(from + k);
}

}  // namespace

size_t changed_bytes(const Changing& changing, const Kernels& kernels) {
    return changing.bytes() * static_cast<size_t>(kernels.lanes) + changing.workspace_bytes();
}

void load_tile(const Images& images, const Kernels& kernels, const Program& program, int tile, TileBuffers& buffers,
               uint8_t* changed) {
    if (images.poison) poison(program, buffers);
    const uint8_t* pixels[64] = {};
    const int first = tile * kernels.lanes;
    for (int l = 0; l < kernels.lanes && first + l < images.count; ++l) {
        pixels[l] = images.at(first + l);
        if (images.changes == nullptr) continue;
        uint8_t* copy = changed + images.changing->workspace_bytes() + images.bytes * static_cast<size_t>(l);
        kernels.change_image(images.changing->picture(),
                             images.changes + static_cast<size_t>(first + l) * change_numbers, pixels[l], copy,
                             changed);
        pixels[l] = copy;
    }
    kernels.load_images(pixels, images.scale, images.shift, program.input, buffers.values.data() + program.input.at);
    // The images of a shuffled batch are scattered in memory, so those of the tile after the next are prefetched now.
    for (int k = first + 2 * kernels.lanes; k < std::min(first + 3 * kernels.lanes, images.count + images.ahead); ++k)
        prefetch(images.at(k), images.bytes);
}

Batch::Batch(const Program& program, const Kernels& kernels, Threads& threads)
    : program_(program), kernels_(kernels), threads_(threads) {
    starts_.push_back(0);
    for (size_t k = 0; k < program.stages.size(); ++k)
        if (program.stages[k].kind->waits_for_batch()) starts_.push_back(static_cast<int>(k));
    const size_t channels = static_cast<size_t>(program.normalised_channels);
    for (std::vector<double>* one : {&means_, &variances_}) one->resize(channels);
    for (std::vector<float>* one : {&scale_, &shift_, &mean_, &inverse_, &a_, &b_, &c_}) one->resize(channels);
    const size_t line_floats = line / sizeof(float);
    slot_size_ = (program.parameters + line_floats - 1) / line_floats * line_floats;
}

int Batch::end_of(int segment) const {
    return is_last(segment) ? static_cast<int>(program_.stages.size()) : starts_[static_cast<size_t>(segment) + 1];
}

int Batch::images_in(int tile) const { return std::min(kernels_.lanes, images_.count - tile * kernels_.lanes); }

void Batch::prepare(int count) {
    tiles_ = (count + kernels_.lanes - 1) / kernels_.lanes;
    slots_ = std::min(tiles_, most_slots);
    while (slots_ > 1 && slots_ * slot_size_ * sizeof(float) > most_gradient_bytes) slots_ = (slots_ + 1) / 2;
    make_tile_buffers();
    if (gradients_.size() < slots_ * slot_size_) gradients_ = Buffer<float>(slots_ * slot_size_);
    losses_.assign(static_cast<size_t>(tiles_), 0);
    correct_.assign(static_cast<size_t>(tiles_), 0);
    const size_t all = static_cast<size_t>(tiles_) * static_cast<size_t>(program_.normalised_channels);
    for (std::vector<double>* one : {&tile_means_, &tile_squares_, &tile_sums_, &tile_products_}) one->assign(all, 0);
}

// A tile's buffers are needed until its gradients are computed. With batch normalisation, that is after the whole batch
// has gone forward, so every tile gets buffers of its own.
void Batch::make_tile_buffers() {
    const size_t count = static_cast<size_t>(program_.normalises() ? tiles_ : threads_.count());
    const double bytes = static_cast<double>(count) * static_cast<double>(program_.tile_floats * sizeof(float));
    if (bytes > most_buffer_bytes)
        throw std::length_error("a batch of " + std::to_string(images_.count) + " images needs " +
                                std::to_string(static_cast<long>(bytes / (1 << 30))) +
                                " GiB for this network; at most 16 GiB are allowed. Use a smaller batch");
    while (buffers_.size() < count) buffers_.push_back(make_buffers(program_));
    while (workers_.size() < static_cast<size_t>(threads_.count()))
        workers_.emplace_back(program_.worker_floats, program_.worker_gaps);
    while (images_.changes && changed_.size() < static_cast<size_t>(threads_.count()))
        changed_.emplace_back(changed_bytes(*images_.changing, kernels_));
}

BatchResult Batch::run(const Images& images, const int64_t* labels, const LossSettings& loss, const float* parameters,
                       const float* derived, uint64_t dropout_key, float* logits, const std::function<bool()>* go_on) {
    images_ = images;
    labels_ = labels;
    logits_ = logits;
    go_on_ = go_on;
    stopped_.store(false);
    prepare(images.count);
    const bool weighted = !loss.class_weights.empty();
    double weight = 0, sum = 0;
    for (int k = 0; k < images.count; ++k)
        weight += weighted ? loss.class_weights[static_cast<size_t>(labels[images.order ? images.order[k] : k])] : 1.0;
    for (const float one : loss.class_weights) sum += one;
    terms_ = {program_.classes,        nullptr,        0,         weighted ? loss.class_weights.data() : nullptr,
              static_cast<float>(sum), loss.smoothing, 1 / weight};
    shared_ = {&kernels_, parameters, derived, scale_.data(), shift_.data(), dropout_key, true};
    const int segments = static_cast<int>(starts_.size());
    BatchResult result;
    const auto all_slots = [&](void (Batch::*pass)(int, int, int), int segment) {
        const std::function<void(int, int)> task = [&](int slot, int worker) { (this->*pass)(segment, slot, worker); };
        threads_.run(slots_, task);
        result.finished = !stopped_.load();
    };
    for (int segment = 0; segment < segments && result.finished; ++segment) {
        all_slots(&Batch::forward_segment, segment);  // the last one goes backward, too
        if (!is_last(segment) && result.finished)
            combine_moments(program_.stages[static_cast<size_t>(end_of(segment))]);
    }
    for (int segment = segments - 2; segment >= 0 && result.finished; --segment) {
        combine_gradients(program_.stages[static_cast<size_t>(end_of(segment))]);
        all_slots(&Batch::backward_segment, segment);
    }
    for (const double one : losses_) result.loss += one;
    for (const int64_t one : correct_) result.correct += one;
    return result;
}

// Called before every tile. Only the calling thread (worker 0) may call `go_on`.
bool Batch::goes_on(int worker) {
    if (worker == 0 && go_on_ && !stopped_.load() && !(*go_on_)()) stopped_.store(true);
    return !stopped_.load();
}

void Batch::forward_segment(int segment, int slot, int worker) {
    if (segment == 0) std::memset(learned(slot, worker).gradients, 0, slot_size_ * sizeof(float));
    for_tiles(segment, slot, worker, is_last(segment), [&](int tile, TileBuffers& buffers, const Learned& learned) {
        forward_tile(segment, tile, buffers, worker);
        if (!is_last(segment)) return;
        judge_tile(tile, buffers);
        backward_tile(segment, tile, buffers, learned);
    });
}

void Batch::backward_segment(int segment, int slot, int worker) {
    const Stage& above = program_.stages[static_cast<size_t>(end_of(segment))];  // the batch normalisation
    for_tiles(segment, slot, worker, true, [&](int tile, TileBuffers& buffers, const Learned& learned) {
        float* values = buffers.values.data();
        if (above.in().learns)
            kernels_.normalisation_gradient(above.relu, above.in(), values + above.in().at, values + above.out.gradient,
                                            scale_.data() + above.normalisation, shift_.data() + above.normalisation,
                                            images_in(tile), a_.data() + above.normalisation,
                                            b_.data() + above.normalisation, c_.data() + above.normalisation,
                                            values + above.in().gradient);
        add_up(above, shared_, buffers);
        backward_tile(segment, tile, buffers, learned);
    });
}

Learned Batch::learned(int slot, int worker) {
    float* buffer = workers_[static_cast<size_t>(worker)].data();
    return {buffer, gradients_.data() + static_cast<size_t>(slot) * slot_size_, buffer + program_.workspace};
}

// Runs `task` for all tiles of a slot; `learns` is true if the segment goes backward.
template <typename Task>
void Batch::for_tiles(int segment, int slot, int worker, bool learns, Task task) {
    Learned learned = this->learned(slot, worker);
    const auto first = program_.stages.begin() + starts_[static_cast<size_t>(segment)],
               end = program_.stages.begin() + end_of(segment);
    for (auto stage = first; learns && stage != end; ++stage) stage->kind->clear_gradients(*stage, shared_, learned);
    for (int tile = first_tile(slot); tile < first_tile(slot + 1) && goes_on(worker); ++tile) {
        task(tile, buffers_for(tile, worker), learned);
        learned.is_first = false;
    }
    for (auto stage = first; learns && stage != end; ++stage) stage->kind->finish_gradients(*stage, shared_, learned);
}

void Batch::forward_tile(int segment, int tile, TileBuffers& buffers, int worker) {
    uint8_t* changed = images_.changes ? changed_[static_cast<size_t>(worker)].data() : nullptr;
    if (segment == 0) load_tile(images_, kernels_, program_, tile, buffers, changed);
    const int end = end_of(segment);
    for (int k = starts_[static_cast<size_t>(segment)]; k < end; ++k)
        program_.stages[static_cast<size_t>(k)].kind->forward(program_.stages[static_cast<size_t>(k)], shared_, buffers,
                                                              tile);
    if (is_last(segment)) return;
    const Stage& next = program_.stages[static_cast<size_t>(end)];
    const size_t at = static_cast<size_t>(tile) * program_.normalised_channels + next.normalisation;
    kernels_.moments(next.in(), buffers.values.data() + next.in().at, images_in(tile), tile_means_.data() + at,
                     tile_squares_.data() + at);
}

void Batch::judge_tile(int tile, TileBuffers& buffers) {
    int64_t labels[64];
    LossTerms terms = terms_;
    terms.images = images_in(tile);
    terms.labels = labels;
    for (int l = 0; l < terms.images; ++l) {
        const int place = tile * kernels_.lanes + l;
        labels[l] = labels_[images_.order ? images_.order[place] : place];
    }
    if (logits_) write_logits(tile, buffers);
    const Value& last = program_.output();
    losses_[static_cast<size_t>(tile)] =
        kernels_.loss(terms, buffers.values.data() + last.at, buffers.values.data() + last.gradient,
                      &correct_[static_cast<size_t>(tile)]);
}

void Batch::backward_tile(int segment, int tile, TileBuffers& buffers, const Learned& learned) {
    const int first = starts_[static_cast<size_t>(segment)];
    if (images_.poison) poison_worker(program_, learned.worker);
    for (int k = end_of(segment) - 1; k >= first; --k) {
        const Stage& stage = program_.stages[static_cast<size_t>(k)];
        backward(stage, shared_, buffers, tile, learned);
        if (!stage.kind->waits_for_batch()) continue;
        const size_t at = static_cast<size_t>(tile) * program_.normalised_channels + stage.normalisation;
        const float* values = buffers.values.data();
        kernels_.normalisation_sums(stage.relu, stage.in(), values + stage.in().at, values + stage.out.gradient,
                                    scale_.data() + stage.normalisation, shift_.data() + stage.normalisation,
                                    mean_.data() + stage.normalisation, inverse_.data() + stage.normalisation,
                                    tile_sums_.data() + at, tile_products_.data() + at);
    }
}

// Combines the means and sums of squares of all tiles to those of the batch (Chan's formula).
void Batch::combine_moments(const Stage& stage) {
    const double positions = static_cast<double>(stage.in().height) * stage.in().width;
    for (int channel = 0; channel < stage.in().channels; ++channel) {
        const size_t c = stage.normalisation + static_cast<size_t>(channel);
        double count = 0, mean = 0, squares = 0;
        for (int tile = 0; tile < tiles_; ++tile) {
            const size_t at = static_cast<size_t>(tile) * program_.normalised_channels + c;
            const double more = positions * images_in(tile), distance = tile_means_[at] - mean;
            squares += tile_squares_[at] + distance * distance * count * more / (count + more);
            mean += distance * more / (count + more);
            count += more;
        }
        const double variance = std::max(squares, 0.0) / count, inverse = 1 / std::sqrt(variance + stage.number);
        const double weight = shared_.parameters[stage.weights + static_cast<size_t>(channel)];
        const double bias = shared_.parameters[stage.bias + static_cast<size_t>(channel)];
        means_[c] = mean;
        variances_[c] = count > 1 ? squares / (count - 1) : variance;
        mean_[c] = static_cast<float>(mean);
        inverse_[c] = static_cast<float>(inverse);
        scale_[c] = static_cast<float>(weight * inverse);
        shift_[c] = static_cast<float>(bias - mean * weight * inverse);
    }
}

void Batch::combine_gradients(const Stage& stage) {
    const double count = static_cast<double>(stage.in().height) * stage.in().width * images_.count;
    for (int channel = 0; channel < stage.in().channels; ++channel) {
        const size_t c = stage.normalisation + static_cast<size_t>(channel);
        double sum = 0, product = 0;
        for (int tile = 0; tile < tiles_; ++tile) {
            const size_t at = static_cast<size_t>(tile) * program_.normalised_channels + c;
            sum += tile_sums_[at];
            product += tile_products_[at];
        }
        float* gradients = gradients_.data();
        gradients[stage.weights + static_cast<size_t>(channel)] = static_cast<float>(product);
        gradients[stage.bias + static_cast<size_t>(channel)] = static_cast<float>(sum);
        const double weight = shared_.parameters[stage.weights + static_cast<size_t>(channel)], inverse = inverse_[c];
        a_[c] = static_cast<float>(weight * inverse);
        b_[c] = static_cast<float>(-weight * inverse * inverse * product / count);
        c_[c] = static_cast<float>(-weight * inverse * (sum - inverse * means_[c] * product) / count);
    }
}

void Batch::write_logits(int tile, const TileBuffers& buffers) const {
    const float* from = buffers.values.data() + program_.output().at;
    const int lanes = kernels_.lanes;
    for (int l = 0; l < images_in(tile); ++l)
        for (int c = 0; c < program_.classes; ++c)
            logits_[(static_cast<size_t>(tile) * lanes + l) * program_.classes + c] = from[c * lanes + l];
}

}  // namespace convlens
