#include "../layers.hpp"

namespace convlens {

namespace {

// In training, its forward and backward pass wait for the whole batch: see batch.cpp.
class BatchNorm final : public Kind {
 public:
    void read(Stage& stage, const Reading& layer) const override {
        layer.expect_numbers(1);
        stage.number = layer.number(0);
        if (!(stage.number > 0 && stage.number <= 1)) layer.refuse("epsilon must be above 0, at most 1");
        static_cast<Map&>(stage.out) = stage.in();
        stage.has_parameters = stage.takes_relu = true;
    }
    size_t parameters(const Stage& stage) const override { return 2 * static_cast<size_t>(stage.out.channels); }
    bool waits_for_batch() const override { return true; }

    void forward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int) const override {
        float* values = buffers.values.data();
        shared.kernels->scale_shift(stage.relu, stage.in(), values + stage.in().at, shared.scale + stage.normalisation,
                                    shared.shift + stage.normalisation, stage.out, values + stage.out.at);
    }
    void backward(const Stage&, const Shared&, TileBuffers&, int, const Learned&) const override {}

    void prepare_single(SingleOperation& operation, SinglePlan& plan) const override {
        plan.take_weights(operation, static_cast<size_t>(operation.out.step), operation.out.step);
    }

    void pack_single(const SingleOperation& operation, const Shared& shared, float* weights) const override {
        const Stage& stage = *operation.stage;
        for (int c = 0; c < stage.out.channels; ++c) {
            weights[operation.weights + static_cast<size_t>(c)] = shared.scale[stage.normalisation + c];
            weights[operation.bias + static_cast<size_t>(c)] = shared.shift[stage.normalisation + c];
        }
    }

    void run_single(const SingleOperation& operation, const Kernels&, float* workspace,
                    const float* weights) const override {
        const SinglePlace &in = operation.in[0], &out = operation.out;
        const float *scale = weights + operation.weights, *shift = weights + operation.bias;
        for (int y = 0; y < in.height; ++y) {
            const float* from = workspace + in.inside() + y * in.row();
            float* to = workspace + out.inside() + y * out.row();
            for (int x = 0; x < in.width; ++x)
                for (int c = 0; c < in.step; ++c) {
                    const float value = from[x * in.step + c] * scale[c] + shift[c];
                    to[x * out.step + c] = operation.stage->relu && value <= 0 ? 0 : value;
                }
        }
    }
};

}  // namespace

CONVLENS_KIND(batchnorm, BatchNorm)

}  // namespace convlens
