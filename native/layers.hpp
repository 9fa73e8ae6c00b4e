// The interface of the kinds of layers. Each kind has a file in native/layers/, which is named after its word, and
// which CMake finds. The activations, which differ in two formulas, are in kernels/activations/ and share one kind.
#pragma once

#include <string>
#include <vector>

#include "passes.hpp"
#include "program.hpp"
#include "single.hpp"

namespace convlens {

constexpr long most_map = 1L << 28;  // numbers of one image's map

// Reads the numbers of a layer, and throws errors that name the layer.
class Reading {
 public:
    Reading(const Layer& layer, int index, const Kernels& kernels) : layer_(layer), index_(index), kernels_(kernels) {}

    [[noreturn]] void refuse(const std::string& why) const;
    void expect_numbers(size_t count) const;
    int whole(size_t place, double low) const;
    // A number from 0 to 1; `name` is for the error message.
    double share(size_t place, const std::string& name) const;
    double number(size_t place) const { return layer_.numbers[place]; }
    // The number of positions of a window along one axis of a map.
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

    // Sets the stage's output and properties, from the layer's numbers and the stage's inputs. Throws
    // std::invalid_argument.
    virtual void read(Stage& stage, const Reading& layer) const = 0;
    virtual bool takes(size_t inputs) const { return inputs == 1; }
    virtual bool needs_maps() const { return false; }
    virtual bool leaves_row() const { return false; }
    // In the path for one image: whether it reads single numbers at any place, so that it can read a map without a
    // flatten.
    virtual bool reads_numbers() const { return false; }
    // Whether its result is its unchanged input, so that nothing is computed.
    virtual bool is_alias(const Choices&, [[maybe_unused]] bool alone) const { return false; }

    // Weights first, then as many biases as channels.
    virtual size_t parameters(const Stage&) const { return 0; }
    virtual bool waits_for_batch() const { return false; }  // batch normalisation: see batch.hpp
    // The packed place of the number that is in place k of the layer's parameters in PyTorch.
    virtual size_t packed_place(const Stage&, [[maybe_unused]] int block, size_t k) const { return k; }

    virtual void forward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int tile) const = 0;
    // Writes the gradient of every input that learns.
    virtual void backward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int tile,
                          const Learned& learned) const = 0;
    // Reserves what the backward pass needs in a tile's or a worker's buffer, besides the values' gradients.
    virtual void place_gradients(Program&, Stage&) const {}
    // Set the sums in a worker's buffer to 0, and add them to the gradients.
    virtual void clear_gradients(const Stage&, const Shared&, const Learned&) const {}
    virtual void finish_gradients(const Stage&, const Shared&, const Learned&) const {}

    // The path for one image: reserve places and weights, pack the weights, compute.
    virtual void prepare_single(SingleOperation&, SinglePlan&) const {}
    virtual void pack_single(const SingleOperation&, const Shared&, [[maybe_unused]] float* weights) const {}
    virtual void run_single(const SingleOperation& operation, const Kernels& kernels, float* workspace,
                            const float* weights) const = 0;
};

// At the end of a kind's file: defines the function that returns the kind.
#define CONVLENS_KIND(word, Type) \
    const Kind& word##_kind() {   \
        static const Type kind;   \
        return kind;              \
    }

// Null if no layer has this word.
const Kind* find_kind(const std::string& word, const Kernels& kernels);

// The kind of all activations.
const Kind& activation_kind();

}  // namespace convlens
