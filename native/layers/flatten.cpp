#include "../layers.hpp"

namespace convlens {

namespace {

// A tile's numbers are in PyTorch's order, so a map without a frame needs no copy. A map that other stages read, too,
// may have a frame; then the numbers are copied.
class Flatten final : public Kind {
 public:
    void read(Stage& stage, const Reading& layer) const override {
        layer.expect_numbers(0);
        const Map& in = stage.in();
        if (static_cast<double>(in.channels) * in.height * in.width > most_map) layer.refuse("its result is too large");
        static_cast<Map&>(stage.out) = plain_map(in.channels * in.height * in.width, 1, 1);
        stage.passes_gradient = true;
    }
    bool needs_maps() const override { return true; }
    bool leaves_row() const override { return true; }
    bool is_alias(const Choices&, bool alone) const override { return alone; }

    void forward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int) const override {
        float* values = buffers.values.data();
        const Map& in = stage.in();
        shared.kernels->copy(in, values + stage.in().at, without_frame(in), values + stage.out.at);
    }

    void backward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int, const Learned&) const override {
        float* values = buffers.values.data();
        if (stage.in().gradient == stage.out.gradient) return;
        shared.kernels->copy(without_frame(stage.in()), values + stage.out.gradient, without_frame(stage.in()),
                             values + stage.in().gradient);
    }

    void run_single(const SingleOperation& operation, const Kernels&, float* workspace, const float*) const override {
        const SinglePlace& in = operation.in[0];
        float* to = workspace + operation.out.at;
        for (int c = 0; c < in.channels; ++c)
            for (int y = 0; y < in.height; ++y)
                for (int x = 0; x < in.width; ++x) *to++ = workspace[in.inside() + y * in.row() + x * in.step + c];
    }
};

}  // namespace

CONVLENS_KIND(flatten, Flatten)

}  // namespace convlens
