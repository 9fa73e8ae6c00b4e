#include "../layers.hpp"
#include "../placing.hpp"

namespace convlens {

namespace {

class Dense final : public Kind {
 public:
    void read(Stage& stage, const Reading& layer) const override {
        layer.expect_numbers(1);
        if (stage.in().height != 1 || stage.in().width != 1) layer.refuse("it needs a flatten before it");
        static_cast<Map&>(stage.out) = plain_map(layer.whole(0, 1), 1, 1);
        stage.has_parameters = true;
    }
    bool leaves_row() const override { return true; }
    bool reads_numbers() const override { return true; }
    size_t parameters(const Stage& stage) const override {
        return static_cast<size_t>(stage.out.channels) * (static_cast<size_t>(stage.in().channels) + 1);
    }

    void forward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int) const override {
        float* values = buffers.values.data();
        shared.kernels->dense(stage.out.channels, stage.in().channels, shared.parameters + stage.weights,
                              shared.parameters + stage.bias, values + stage.in().at, values + stage.out.at);
    }

    void backward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int,
                  const Learned& learned) const override {
        float* values = buffers.values.data();
        const int outputs = stage.out.channels, inputs = stage.in().channels;
        shared.kernels->dense_weight_gradient(outputs, inputs, values + stage.in().at, values + stage.out.gradient,
                                              learned.worker + stage.sums, learned.gradients + stage.weights,
                                              learned.gradients + stage.bias);
        if (stage.in().learns)
            shared.kernels->dense_input_gradient(outputs, inputs, shared.parameters + stage.weights,
                                                 values + stage.out.gradient, values + stage.in().gradient);
    }

    void place_gradients(Program& program, Stage& stage) const override {
        const size_t lanes = static_cast<size_t>(program.lanes);
        const size_t inputs = (static_cast<size_t>(stage.in().channels) + lanes - 1) / lanes * lanes;
        stage.sums = take_from_worker(program, static_cast<double>(inputs * lanes), stage);
    }

    // A flattened map is read in its own layout, with the padding between its channels.
    void prepare_single(SingleOperation& operation, SinglePlan& plan) const override {
        const SinglePlace& in = operation.in[0];
        operation.features.assign(static_cast<size_t>(in.height) * in.width * in.step, -1);
        for (int y = 0; y < in.height; ++y)
            for (int x = 0; x < in.width; ++x)
                for (int c = 0; c < in.channels; ++c)
                    operation.features[static_cast<size_t>((y * in.width + x) * in.step + c)] =
                        (c * in.height + y) * in.width + x;
        plan.take_weights(operation, operation.features.size() * static_cast<size_t>(operation.out.step),
                          operation.out.step);
    }

    void pack_single(const SingleOperation& operation, const Shared& shared, float* weights) const override {
        const Stage& stage = *operation.stage;
        const size_t lanes = static_cast<size_t>(shared.kernels->lanes), inputs = operation.features.size();
        for (size_t o = 0; o < static_cast<size_t>(stage.out.channels); ++o) {
            float* to = weights + operation.weights + o / lanes * inputs * lanes + o % lanes;
            const float* from = shared.parameters + stage.weights + o * stage.in().channels;
            for (size_t k = 0; k < inputs; ++k)
                to[k * lanes] = operation.features[k] < 0 ? 0 : from[operation.features[k]];
            weights[operation.bias + o] = shared.parameters[stage.bias + o];
        }
    }

    void run_single(const SingleOperation& operation, const Kernels& kernels, float* workspace,
                    const float* weights) const override {
        kernels.single_dense(static_cast<int>(operation.features.size()), operation.out.step / kernels.lanes,
                             weights + operation.weights, weights + operation.bias, workspace + operation.in[0].at,
                             workspace + operation.out.at);
    }
};

}  // namespace

CONVLENS_KIND(dense, Dense)

}  // namespace convlens
