// What the engine knows of each kind of layer. Every kind is a file in native/layers/ that is called as its word, which
// CMake finds; the activations, which differ in two formulas, are those of kernels/activations/ and share one kind.
#pragma once

#include <string>
#include <vector>

#include "passes.hpp"
#include "program.hpp"
#include "single.hpp"

namespace convlens {

constexpr long most_map = 1L << 28;  // numbers of one image's map

// A layer that is being read, and how it is refused.
class Reading {
 public:
    Reading(const Layer& layer, int index, const Kernels& kernels) : layer_(layer), index_(index), kernels_(kernels) {}

    [[noreturn]] void refuse(const std::string& why) const;
    void expect_numbers(size_t count) const;
    int whole(size_t place, double low) const;
    // From 0 to 1; `name` for the complaint.
    double share(size_t place, const std::string& name) const;
    double number(size_t place) const { return layer_.numbers[place]; }
    // Positions of a window on a map.
    int positions(int size, int kernel, int stride, int padding, int dilation) const;
    // Kernel, stride and padding.
    void window(Stage& stage, size_t first) const;
    static std::string shape(const Map& map);
    const std::string& word() const { return layer_.word; }
    const Kernels& kernels() const { return kernels_; }

 private:
    const Layer& layer_;
    int index_;
    const Kernels& kernels_;
};

class Kind {
 public:
    virtual ~Kind() = default;

    // Sets what the stage gives and what it is like, from its numbers and the maps that it takes. Throws
    // std::invalid_argument.
    virtual void read(Stage& stage, const Reading& layer) const = 0;
    virtual bool takes(size_t inputs) const { return inputs == 1; }
    virtual bool needs_maps() const { return false; }
    virtual bool leaves_row() const { return false; }
    // For one image: it reads single numbers, wherever they lie, and so a map as the row that it would be flattened.
    virtual bool reads_numbers() const { return false; }
    // Whether its result is its input, so that nothing is computed.
    virtual bool is_alias(const Choices&, [[maybe_unused]] bool alone) const { return false; }

    // Weights first, then as many biases as channels.
    virtual size_t parameters(const Stage&) const { return 0; }
    virtual bool waits_for_batch() const { return false; }  // batch normalisation: see batch.hpp
    // Where the number that PyTorch has in place k of the layer's parameters lies here.
    virtual size_t packed_place(const Stage&, [[maybe_unused]] int block, size_t k) const { return k; }

    virtual void forward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int tile) const = 0;
    // Leaves the gradient of every input that learns in its place.
    virtual void backward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int tile,
                          const Learned& learned) const = 0;
    // What the way back needs in a tile's or a worker's buffer, besides the values' gradients.
    virtual void place_gradients(Program&, Stage&) const {}
    // Sets sums in a worker's buffer to 0, and adds them to the gradients.
    virtual void clear_gradients(const Stage&, const Shared&, const Learned&) const {}
    virtual void finish_gradients(const Stage&, const Shared&, const Learned&) const {}

    // The path for one image: its places and how many weights it packs; packing them; computing.
    virtual void prepare_single(SingleOperation&, SinglePlan&) const {}
    virtual void pack_single(const SingleOperation&, const Shared&, [[maybe_unused]] float* weights) const {}
    virtual void run_single(const SingleOperation& operation, const Kernels& kernels, float* workspace,
                            const float* weights) const = 0;
};

// At the end of a kind's file: makes it known under its word.
#define CONVLENS_KIND(word, Type) \
    const Kind& word##_kind() {   \
        static const Type kind;   \
        return kind;              \
    }

// Null where no layer has this word.
const Kind* find_kind(const std::string& word, const Kernels& kernels);

// The kind of all activations.
const Kind& activation_kind();

}  // namespace convlens
