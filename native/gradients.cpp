// The places of the values' gradients in the backward pass. If several stages read a value, its gradient is the sum of
// theirs. Gradients that are needed at the same time have different places, others share one.
#include <algorithm>
#include <climits>
#include <numeric>

#include "layers.hpp"
#include "placing.hpp"

namespace convlens {

namespace {

// Memory for one gradient, or for several that share it or are parts of it.
struct Region {
    double size = 0;
    int first = 0, last = 0;  // the stages that need it, in the order of the backward pass: `first` is the later one
    size_t at = 0;
};

// The place of a value's gradient: a region and an offset.
struct Part {
    int region = -1;  // none yet
    size_t offset = 0;
};

class Gradients {
 public:
    explicit Gradients(Program& program) : program_(program), parts_(program.stages.size() + 1) {}

    void place() {
        for (Stage& stage : program_.stages) {
            for (Input& input : stage.inputs) input.learns = program_.value(input.value).learns;
            stage.out.learns = stage.has_parameters || stage.passes_on();
        }
        for (Stage& stage : program_.stages) stage.kind->place_gradients(program_, stage);
        program_.workspace =
            take_from_worker(program_, static_cast<double>(program_.workspace_floats), program_.stages[0]);
        const int end = static_cast<int>(program_.stages.size());
        parts_.back() = new_region(program_.output(), end);
        for (int k = end - 1; k >= 0; --k) go_back(k);
        place_regions();
        program_.has_gradients = true;
    }

 private:
    size_t size_of(const Map& map) const {
        return static_cast<size_t>(map.channels) * map.height * map.width * static_cast<size_t>(program_.lanes);
    }
    const Stage& stage(int k) const { return program_.stages[static_cast<size_t>(k)]; }
    Part& part_of(int value) { return parts_[static_cast<size_t>(value)]; }

    Part new_region(const Map& map, int k) {
        regions_.push_back({static_cast<double>(size_of(map)), k, k, 0});
        return {static_cast<int>(regions_.size()) - 1, 0};
    }

    void needs(const Part& part, int k) {
        Region& region = regions_[static_cast<size_t>(part.region)];
        region.last = std::min(region.last, k);
    }

    // A stage's backward pass: it reads the gradient of its result and writes those of its inputs.
    void go_back(int k) {
        Stage& stage = program_.stages[static_cast<size_t>(k)];
        if (!stage.out.learns) return;
        Part own = part_of(k + 1);
        needs(own, k);
        for (Input& input : stage.inputs) {
            if (input.learns) leave(k, input, own);
            if (stage.passes_parts) own.offset += size_of(input);
        }
    }

    // `own` is the part of the stage's own gradient for this input.
    void leave(int k, Input& input, const Part& own) {
        Part& sum = part_of(input.value);
        Part left;
        input.adds = sum.region >= 0;
        if (input.adds) {
            left = stage(k).passes_gradient ? own : stage(k).adds_gradient ? sum : new_region(input, k);
        } else {
            left = stage(k).in_place || may_share(k, input, own) ? own : new_region(input, k);
            sum = left;
        }
        needs(sum, k);
        left_.push_back({&input, left, sum});
    }

    // Whether an input's gradient may share the memory of the stage's own. Every other value in that memory must have
    // been read before a stage adds to the input's gradient or changes it, and vice versa.
    bool may_share(int k, const Input& input, const Part& own) const {
        if (!stage(k).passes_gradient) return false;
        const auto same = [&](const Input& one) { return one.value == input.value; };
        if (std::count_if(stage(k).inputs.begin(), stage(k).inputs.end(), same) > 1) return false;
        const int changed = first_change(input.value, k);
        for (int value = 1; value <= k; ++value) {
            const Part& part = parts_[static_cast<size_t>(value)];
            if (part.region != own.region || part.offset >= own.offset + size_of(input) ||
                own.offset >= part.offset + size_of(program_.value(value)))
                continue;
            if (value - 1 <= changed || input.value - 1 <= first_change(value, k)) return false;
        }
        return true;
    }

    // The first stage, going back from `k`, that writes to a value's gradient: another reader of the value, or the
    // stage that computed it; −1 if there is none.
    int first_change(int value, int k) const {
        for (int j = k - 1; j >= value; --j)
            for (const Input& input : stage(j).inputs)
                if (input.value == value) return j;
        return value > 0 && stage(value - 1).changes_gradient ? value - 1 : -1;
    }

    // Places the large regions first, each as low as possible without overlapping those needed at the same time.
    void place_regions() {
        std::vector<size_t> order(regions_.size()), placed;
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(),
                         [&](size_t a, size_t b) { return regions_[a].size > regions_[b].size; });
        double floats = 0;
        for (const size_t one : order) {
            place_region(regions_[one], placed);
            floats = std::max(floats, static_cast<double>(regions_[one].at) + regions_[one].size);
            placed.push_back(one);
            std::sort(placed.begin(), placed.end(),
                      [&](size_t a, size_t b) { return regions_[a].at < regions_[b].at; });
        }
        program_.gradient_floats = static_cast<size_t>(floats);
        program_.gradients = take(program_, floats, program_.stages[0]);
        const auto at = [&](const Part& part) {
            return program_.gradients + regions_[static_cast<size_t>(part.region)].at + part.offset;
        };
        for (size_t k = 0; k < program_.stages.size(); ++k)
            if (parts_[k + 1].region >= 0) program_.stages[k].out.gradient = at(parts_[k + 1]);
        for (const Left& one : left_) {
            one.input->gradient = at(one.left);
            one.input->sum = at(one.sum);
        }
    }

    // `placed` is sorted by place.
    void place_region(Region& region, const std::vector<size_t>& placed) const {
        for (const size_t number : placed) {
            const Region& other = regions_[number];
            const bool together = other.last <= region.first && region.last <= other.first;
            if (together && static_cast<double>(other.at) < static_cast<double>(region.at) + region.size)
                region.at = std::max(region.at, whole_lines(static_cast<double>(other.at) + other.size));
        }
    }

    static size_t whole_lines(double floats) {
        return (static_cast<size_t>(floats) + floats_apart - 1) / floats_apart * floats_apart;
    }

    struct Left {
        Input* input;
        Part left, sum;
    };

    Program& program_;
    std::vector<Part> parts_;  // one per value
    std::vector<Region> regions_;
    std::vector<Left> left_;
};

}  // namespace

void place_gradients(Program& program) { Gradients(program).place(); }

}  // namespace convlens
