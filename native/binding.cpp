// The extension module convlens.engines._native. All arguments from Python are checked here, so that no call can access
// invalid memory.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <chrono>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "engine.hpp"
#include "mapped.hpp"
#include "trainer.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace convlens {

namespace {

using Pixels = nb::ndarray<const uint8_t, nb::numpy, nb::ndim<4>, nb::c_contig, nb::device::cpu>;
using Mapped = nb::ndarray<const uint8_t, nb::numpy, nb::c_contig, nb::device::cpu>;
using Labels = nb::ndarray<const int64_t, nb::numpy, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Numbers = nb::ndarray<const float, nb::numpy, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Changes = nb::ndarray<const float, nb::numpy, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Rates = nb::ndarray<const double, nb::numpy, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

constexpr auto between_signals = std::chrono::milliseconds(50);
constexpr size_t most_images = size_t{1} << 30;
constexpr float largest_change = 16777215.0f;
constexpr int64_t most_steps = int64_t{1} << 53;

[[noreturn]] void refuse(const std::string& what) { throw nb::value_error(what.c_str()); }

template <typename T>
nb::ndarray<nb::numpy, T> new_array(std::vector<size_t> shape) {
    size_t size = 1;
    for (const size_t one : shape) size *= one;
    T* data = new T[size]();
    nb::capsule owner(data, [](void* p) noexcept { delete[] static_cast<T*>(p); });
    return nb::ndarray<nb::numpy, T>(data, shape.size(), shape.data(), owner);
}

// Handles Ctrl-C while the engine computes. The engine calls `ask` after every tile, but Python is asked only rarely.
class Signals {
 public:
    GoOn ask() {
        return [this] {
            const auto now = std::chrono::steady_clock::now();
            if (now - last_ < between_signals) return true;
            last_ = now;
            nb::gil_scoped_acquire acquire;
            raised_ = PyErr_CheckSignals() != 0;
            return !raised_;
        };
    }
    // With the GIL held.
    void pass_on() const {
        if (raised_) throw nb::python_error();
    }

 private:
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
    bool raised_ = false;
};

std::string shape_of(const Pixels& pixels) {
    std::string text;
    for (size_t k = 0; k < pixels.ndim(); ++k) text += (k ? "×" : "") + std::to_string(pixels.shape(k));
    return text;
}

void check_pixels(const Engine& engine, const Pixels& pixels) {
    const Description& d = engine.description();
    if (pixels.shape(1) != static_cast<size_t>(d.channels) || pixels.shape(2) != static_cast<size_t>(d.height) ||
        pixels.shape(3) != static_cast<size_t>(d.width))
        refuse("images are " + shape_of(pixels) + "; this network takes N×" + std::to_string(d.channels) + "×" +
               std::to_string(d.height) + "×" + std::to_string(d.width));
    if (pixels.shape(0) > most_images)
        refuse(std::to_string(pixels.shape(0)) + " images; at most 1,073,741,824 are allowed");
}

// NumPy can make unaligned arrays; reading those is undefined behaviour.
template <typename Array>
void check_aligned(const char* what, const Array& array) {
    if (reinterpret_cast<uintptr_t>(array.data()) % sizeof(*array.data()) != 0)
        refuse(std::string(what) + " are not aligned in memory; give a copy, numpy.array(...)");
}

// Checks and copies labels, so that no other thread can change them while the engine reads them.
std::vector<int64_t> checked_labels(const Engine& engine, const Pixels& pixels, const Labels& labels) {
    if (labels.shape(0) != pixels.shape(0))
        refuse(std::to_string(pixels.shape(0)) + " images but " + std::to_string(labels.shape(0)) + " labels");
    check_aligned("labels", labels);
    std::vector<int64_t> own(labels.data(), labels.data() + labels.shape(0));
    for (size_t k = 0; k < own.size(); ++k)
        if (own[k] < 0 || own[k] >= engine.classes())
            refuse("label " + std::to_string(k) + " is " + std::to_string(own[k]) + "; with " +
                   std::to_string(engine.classes()) + " classes labels are 0 to " +
                   std::to_string(engine.classes() - 1));
    return own;
}

void check_size(const char* what, size_t given, size_t wanted) {
    if (given != wanted)
        refuse(std::string(what) + " has " + std::to_string(given) + " numbers instead of " + std::to_string(wanted));
}

LossSettings loss_settings(const Engine& engine, double smoothing, const std::vector<float>& class_weights) {
    if (!(smoothing >= 0 && smoothing < 1))
        refuse("label smoothing is " + std::to_string(smoothing) + "; it is 0 to below 1");
    if (!class_weights.empty())
        check_size("class weights", class_weights.size(), static_cast<size_t>(engine.classes()));
    for (const float one : class_weights)
        if (!(one > 0 && std::isfinite(one))) refuse("a class weight is " + std::to_string(one) + "; each is above 0");
    return {static_cast<float>(smoothing), class_weights};
}

std::shared_ptr<Engine> make_engine(
    const std::vector<std::tuple<std::string, std::vector<double>, std::vector<int>>>& layers,
    std::tuple<int, int, int> shape, const std::vector<float>& mean, const std::vector<float>& deviation, int threads,
    const std::string& instruction_set, bool poison) {
    Description description;
    description.poison = poison;
    for (const auto& [word, numbers, inputs] : layers) description.layers.push_back({word, numbers, inputs});
    std::tie(description.channels, description.height, description.width) = shape;
    description.mean = mean;
    description.deviation = deviation;
    return std::make_shared<Engine>(description, threads, instruction_set);
}

void set_weights(Engine& engine, const Numbers& parameters, const Numbers& statistics) {
    check_size("parameters", parameters.shape(0), engine.parameter_count());
    check_aligned("parameters", parameters);
    check_aligned("statistics", statistics);
    check_size("statistics", statistics.shape(0), engine.statistic_count());
    nb::gil_scoped_release release;
    std::lock_guard<std::mutex> lock(engine.mutex());
    engine.set_weights(parameters.data(), statistics.data());
}

nb::tuple get_weights(Engine& engine) {
    auto parameters = new_array<float>({engine.parameter_count()});
    auto statistics = new_array<float>({engine.statistic_count()});
    {
        nb::gil_scoped_release release;
        std::lock_guard<std::mutex> lock(engine.mutex());
        engine.get_weights(static_cast<float*>(parameters.data()), static_cast<float*>(statistics.data()));
    }
    return nb::make_tuple(parameters, statistics);
}

nb::ndarray<nb::numpy, float> logits(Engine& engine, const Pixels& pixels) {
    check_pixels(engine, pixels);
    auto out = new_array<float>({pixels.shape(0), static_cast<size_t>(engine.classes())});
    Signals signals;
    const GoOn go_on = signals.ask();
    {
        nb::gil_scoped_release release;
        std::lock_guard<std::mutex> lock(engine.mutex());
        engine.logits(pixels.data(), static_cast<int>(pixels.shape(0)), static_cast<float*>(out.data()), &go_on);
    }
    signals.pass_on();
    return out;
}

nb::list activations(Engine& engine, const Pixels& pixels) {
    check_pixels(engine, pixels);
    const Description& d = engine.description();
    nb::list arrays;
    std::vector<float*> out;
    const auto add = [&](size_t channels, size_t height, size_t width) {
        auto array = new_array<float>({pixels.shape(0), channels, height, width});
        out.push_back(static_cast<float*>(array.data()));
        arrays.append(array);
    };
    add(static_cast<size_t>(d.channels), static_cast<size_t>(d.height), static_cast<size_t>(d.width));
    for (const Node& node : engine.nodes())
        add(static_cast<size_t>(node.map.channels), static_cast<size_t>(node.map.height),
            static_cast<size_t>(node.map.width));
    Signals signals;
    const GoOn go_on = signals.ask();
    {
        nb::gil_scoped_release release;
        std::lock_guard<std::mutex> lock(engine.mutex());
        engine.activations(pixels.data(), static_cast<int>(pixels.shape(0)), out, &go_on);
    }
    signals.pass_on();
    return arrays;
}

nb::tuple gradients(Engine& engine, const Pixels& pixels, const Labels& labels, double smoothing,
                    const std::vector<float>& class_weights) {
    check_pixels(engine, pixels);
    const std::vector<int64_t> own = checked_labels(engine, pixels, labels);
    if (pixels.shape(0) == 0) refuse("there are no images; gradients need at least one");
    const LossSettings loss = loss_settings(engine, smoothing, class_weights);
    auto out = new_array<float>({pixels.shape(0), static_cast<size_t>(engine.classes())});
    auto gradient = new_array<float>({engine.parameter_count()});
    double value = 0;
    Signals signals;
    const GoOn go_on = signals.ask();
    {
        nb::gil_scoped_release release;
        std::lock_guard<std::mutex> lock(engine.mutex());
        engine.gradients(pixels.data(), static_cast<int>(pixels.shape(0)), own.data(), loss, &value,
                         static_cast<float*>(out.data()), static_cast<float*>(gradient.data()), &go_on);
    }
    signals.pass_on();
    return nb::make_tuple(value, out, gradient);
}

// A trainer and the arrays that it reads, which live as long as it does. Labels are copied after the check.
struct BoundTrainer {
    Pixels pixels;
    std::vector<int64_t> labels;
    std::unique_ptr<Trainer> trainer;
};

Optimizer optimizer_settings(const std::string& name, const std::vector<double>& numbers, bool nesterov) {
    check_size("the optimizer", numbers.size(), 5);
    for (const double one : numbers)
        if (!std::isfinite(one) || one < 0) refuse("a number of the optimizer is " + std::to_string(one));
    Optimizer optimizer;
    if (name == "adam") optimizer.kind = Update::adam;
    else if (name == "adamw") optimizer.kind = Update::adamw;
    else if (name == "sgd") optimizer.kind = Update::sgd;
    else refuse("optimizer '" + name + "' is not known; there are adam, adamw and sgd");
    optimizer.beta1 = numbers[0];
    optimizer.beta2 = numbers[1];
    optimizer.epsilon = numbers[2];
    optimizer.weight_decay = numbers[3];
    optimizer.momentum = numbers[4];
    optimizer.nesterov = nesterov;
    return optimizer;
}

std::shared_ptr<BoundTrainer> make_trainer(std::shared_ptr<Engine> engine, const Pixels& pixels, const Labels& labels,
                                           const std::string& optimizer, const std::vector<double>& numbers,
                                           bool nesterov, double smoothing, const std::vector<float>& class_weights,
                                           uint64_t seed) {
    check_pixels(*engine, pixels);
    std::vector<int64_t> own = checked_labels(*engine, pixels, labels);
    if (pixels.shape(0) == 0) refuse("there are no images to train on; give at least one");
    const Optimizer settings = optimizer_settings(optimizer, numbers, nesterov);
    const LossSettings loss = loss_settings(*engine, smoothing, class_weights);
    auto bound = std::make_shared<BoundTrainer>();
    bound->pixels = pixels;
    bound->labels = std::move(own);
    nb::gil_scoped_release release;
    std::lock_guard<std::mutex> lock(engine->mutex());
    bound->trainer = std::make_unique<Trainer>(engine, pixels.data(), static_cast<int64_t>(pixels.shape(0)),
                                               bound->labels.data(), settings, loss, seed);
    return bound;
}

// Refuses NaN and numbers that are far too large. With any numbers, kernels stay inside their memory, so a change by
// another thread after this check does no harm.
void check_changes(const Changes& changes, size_t images) {
    check_size("each change", changes.shape(1), change_numbers);
    check_size("changes", changes.shape(0), images);
    check_aligned("changes", changes);
    const float* numbers = changes.data();
    bool fine = true;
    for (size_t k = 0; k < images * change_numbers; ++k) fine &= std::fabs(numbers[k]) <= largest_change;
    if (fine) return;
    for (size_t k = 0; k < images * change_numbers; ++k)
        if (!(std::fabs(numbers[k]) <= largest_change))
            refuse("number " + std::to_string(k % change_numbers) + " of a change is " + std::to_string(numbers[k]) +
                   "; it is at most " + std::to_string(static_cast<int>(largest_change)) + " up or down");
}

nb::object change_images(Engine& engine, const Pixels& pixels, const Changes& changes) {
    check_pixels(engine, pixels);
    check_changes(changes, pixels.shape(0));
    const Description& d = engine.description();
    const Changing changing(d.channels, d.height, d.width, engine.kernels().lanes);
    auto out = new_array<uint8_t>({pixels.shape(0), pixels.shape(1), pixels.shape(2), pixels.shape(3)});
    uint8_t* to = static_cast<uint8_t*>(out.data());
    {
        nb::gil_scoped_release release;
        Buffer<uint8_t> workspace(changing.workspace_bytes());
        for (size_t k = 0; k < pixels.shape(0); ++k)
            engine.kernels().change_image(changing.picture(), changes.data() + k * change_numbers,
                                          pixels.data() + k * changing.bytes(), to + k * changing.bytes(),
                                          workspace.data());
    }
    return nb::cast(out);
}

nb::tuple run(BoundTrainer& bound, const Labels& order, int64_t batch_size, const Rates& rates,
              const std::optional<Changes>& changes) {
    Trainer& trainer = *bound.trainer;
    const int64_t count = static_cast<int64_t>(order.shape(0));
    if (batch_size < 1 || batch_size > static_cast<int64_t>(most_images))
        refuse("batch size is " + std::to_string(batch_size) + "; it is 1 or more");
    check_size("learning rates", rates.shape(0), static_cast<size_t>((count + batch_size - 1) / batch_size));
    check_aligned("the order's numbers", order);
    check_aligned("learning rates", rates);
    // Copies, so that no other thread can change them after the check.
    const std::vector<int64_t> own(order.data(), order.data() + count);
    const std::vector<double> own_rates(rates.data(), rates.data() + rates.shape(0));
    for (const int64_t one : own)
        if (one < 0 || one >= trainer.images())
            refuse("the order names image " + std::to_string(one) + "; there are " + std::to_string(trainer.images()));
    if (changes) check_changes(*changes, static_cast<size_t>(count));
    auto losses = new_array<float>({rates.shape(0)});
    auto correct = new_array<int64_t>({rates.shape(0)});
    Signals signals;
    const GoOn go_on = signals.ask();
    {
        nb::gil_scoped_release release;
        std::lock_guard<std::mutex> lock(trainer.engine().mutex());
        trainer.run(own.data(), count, static_cast<int>(batch_size), own_rates.data(),
                    static_cast<int>(own_rates.size()), changes ? changes->data() : nullptr,
                    static_cast<float*>(losses.data()), static_cast<int64_t*>(correct.data()), go_on);
    }
    signals.pass_on();
    return nb::make_tuple(losses, correct);
}

nb::tuple get_state(BoundTrainer& bound) {
    Engine& engine = bound.trainer->engine();
    auto first = new_array<float>({engine.parameter_count()});
    auto second = new_array<float>({engine.parameter_count()});
    int64_t step = 0;
    {
        // Without the GIL, since the thread that holds the lock may need it to check for signals.
        nb::gil_scoped_release release;
        std::lock_guard<std::mutex> lock(engine.mutex());
        bound.trainer->get_state(static_cast<float*>(first.data()), static_cast<float*>(second.data()));
        step = bound.trainer->step();
    }
    return nb::make_tuple(step, first, second);
}

void set_state(BoundTrainer& bound, int64_t step, const Numbers& first, const Numbers& second) {
    Engine& engine = bound.trainer->engine();
    if (step < 0 || step > most_steps)
        refuse("the state's step is " + std::to_string(step) + "; it is 0 to " + std::to_string(most_steps));
    check_aligned("moments", first);
    check_aligned("moments", second);
    check_size("the first moment", first.shape(0), engine.parameter_count());
    check_size("the second moment", second.shape(0), engine.parameter_count());
    nb::gil_scoped_release release;
    std::lock_guard<std::mutex> lock(engine.mutex());
    bound.trainer->set_state(step, first.data(), second.data());
}

}  // namespace

}  // namespace convlens

NB_MODULE(_native, module) {
    using namespace convlens;
    nb::set_leak_warnings(false);  // objects that live until the interpreter exits are not leaks
    module.attr("change_numbers") = change_numbers;
    module.doc() = "Convlens's own engine for CPUs. Use convlens.engines.native, which takes NumPy arrays and names.";
#if defined(CONVLENS_SANITIZE)
    module.attr("sanitized") = true;
#else
    module.attr("sanitized") = false;
#endif
    module.def("instruction_sets", &instruction_sets, "The built instruction sets that this CPU supports, best first.");
    module.def(
        "measure_peak",
        [](int threads, double seconds) {
            if (threads < 1 || threads > 256) refuse("threads is " + std::to_string(threads) + "; it is 1 to 256");
            if (!(seconds > 0 && seconds <= 60))
                refuse("seconds is " + std::to_string(seconds) + "; it is above 0, at most 60");
            nb::gil_scoped_release release;
            return measure_peak(threads, seconds);
        },
        "threads"_a, "seconds"_a, "Floating-point operations per second of independent fused multiply-adds.");
    nb::class_<MappedGuard>(module, "MappedGuard")
        .def(
            "__init__",
            [](MappedGuard* self, const Mapped& mapped) { new (self) MappedGuard(mapped.data(), mapped.nbytes()); },
            "mapped"_a.noconvert())
        .def_prop_ro("lost", &MappedGuard::lost)
        .def("release", &MappedGuard::release);
    nb::class_<Engine>(module, "Engine")
        .def(nb::new_(&make_engine), "layers"_a, "input_shape"_a, "mean"_a, "deviation"_a, "threads"_a,
             "instruction_set"_a = "", "poison"_a = false)
        .def_prop_ro("instruction_set", [](const Engine& engine) { return std::string(engine.kernels().name); })
        .def_prop_ro("lanes", [](const Engine& engine) { return engine.kernels().lanes; })
        .def_prop_ro("threads", &Engine::threads)
        .def_prop_ro("classes", &Engine::classes)
        .def_prop_ro("parameter_count", &Engine::parameter_count)
        .def_prop_ro("statistic_count", &Engine::statistic_count)
        .def("set_weights", &set_weights, "parameters"_a.noconvert(), "statistics"_a.noconvert())
        .def("weights", &get_weights)
        .def("logits", &logits, "images"_a.noconvert())
        .def("activations", &activations, "images"_a.noconvert())
        .def("change_images", &change_images, "images"_a.noconvert(), "changes"_a.noconvert())
        .def("gradients", &gradients, "images"_a.noconvert(), "labels"_a.noconvert(), "label_smoothing"_a = 0.0,
             "class_weights"_a = std::vector<float>());
    nb::class_<BoundTrainer>(module, "Trainer")
        .def(nb::new_(&make_trainer), "engine"_a, "images"_a.noconvert(), "labels"_a.noconvert(), "optimizer"_a,
             "numbers"_a, "nesterov"_a, "label_smoothing"_a, "class_weights"_a, "seed"_a)
        .def("run", &run, "order"_a.noconvert(), "batch_size"_a, "rates"_a.noconvert(),
             "changes"_a.noconvert() = nb::none())
        .def_prop_ro("step", [](const BoundTrainer& bound) { return bound.trainer->step(); })
        .def("state", &get_state)
        .def("load_state", &set_state, "step"_a, "first"_a.noconvert(), "second"_a.noconvert());
}
