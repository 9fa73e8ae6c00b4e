#include "../layers.hpp"

namespace convlens {

namespace {

// Concatenates branches along their channels.
class Concat final : public Kind {
 public:
    void read(Stage& stage, const Reading& layer) const override {
        layer.expect_numbers(0);
        const Map& first = stage.in();
        long channels = 0;
        for (const Map& one : stage.inputs) {
            if (one.height != first.height || one.width != first.width)
                layer.refuse("its inputs are " + layer.shape(first) + " and " + layer.shape(one) +
                             "; their heights and widths must be equal");
            channels += one.channels;
        }
        if (channels * first.height * first.width > most_map) layer.refuse("its result is too large");
        static_cast<Map&>(stage.out) = plain_map(static_cast<int>(channels), first.height, first.width);
        stage.passes_gradient = stage.passes_parts = true;
    }
    bool takes(size_t inputs) const override { return inputs > 0; }

    void forward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int) const override {
        float* values = buffers.values.data();
        const size_t plane = static_cast<size_t>(stage.out.rows) * stage.out.columns * shared.kernels->lanes;
        float* to = values + stage.out.at;
        for (const Input& input : stage.inputs) {
            shared.kernels->copy(input, values + input.at, stage.out, to);
            to += input.channels * plane;
        }
    }

    // An input that shares the gradient needs no copy.
    void backward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int, const Learned&) const override {
        float* values = buffers.values.data();
        const size_t plane = static_cast<size_t>(stage.out.height) * stage.out.width * shared.kernels->lanes;
        size_t part = stage.out.gradient;
        for (const Input& input : stage.inputs) {
            const Map plain = without_frame(input);
            if (input.learns && input.gradient != part)
                shared.kernels->copy(plain, values + part, plain, values + input.gradient);
            part += input.channels * plane;
        }
    }

    void run_single(const SingleOperation& operation, const Kernels&, float* workspace, const float*) const override {
        const SinglePlace& out = operation.out;
        int before = 0;
        for (const SinglePlace& in : operation.in) {
            for (int y = 0; y < in.height; ++y)
                for (int x = 0; x < in.width; ++x) {
                    const float* from = workspace + in.inside() + y * in.row() + x * in.step;
                    float* to = workspace + out.inside() + y * out.row() + x * out.step + before;
                    for (int c = 0; c < in.channels; ++c) to[c] = from[c];
                }
            before += in.channels;
        }
    }
};

}  // namespace

CONVLENS_KIND(concat, Concat)

}  // namespace convlens
