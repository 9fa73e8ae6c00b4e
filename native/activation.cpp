#include "layers.hpp"

namespace convlens {

namespace {

class ActivationKind final : public Kind {
 public:
    void read(Stage& stage, const Reading& layer) const override {
        for (int k = 0; k < layer.kernels().activation_count; ++k)
            if (layer.word() == layer.kernels().activations[k].word) stage.activation = layer.kernels().activations + k;
        layer.expect_numbers(static_cast<size_t>(stage.activation->numbers));
        if (stage.activation->numbers > 0) stage.number = layer.share(0, "slope");
        stage.may_be_in_place = stage.needs_result = stage.activation->slope_from_result;
        stage.changes_gradient = stage.may_be_in_place;
        static_cast<Map&>(stage.out) = stage.in();
    }

    void forward(const Stage& stage, const Shared&, TileBuffers& buffers, int) const override {
        float* values = buffers.values.data();
        stage.activation->apply(static_cast<float>(stage.number), stage.in(), values + stage.in().at, stage.out,
                                values + stage.out.at);
    }

    void backward(const Stage& stage, const Shared&, TileBuffers& buffers, int, const Learned&) const override {
        float* values = buffers.values.data();
        const bool result = stage.activation->slope_from_result;
        const Map& map = result ? static_cast<const Map&>(stage.out) : stage.in();
        stage.activation->gradient(static_cast<float>(stage.number), map,
                                   values + (result ? stage.out.at : stage.in().at), values + stage.out.gradient,
                                   values + stage.in().gradient);
    }

    void run_single(const SingleOperation& operation, const Kernels& kernels, float* workspace,
                    const float*) const override {
        const SinglePlace &in = operation.in[0], &out = operation.out;
        const Map row = plain_map(1, 1, in.width * in.step / kernels.lanes);
        for (int y = 0; y < in.height; ++y)
            operation.stage->activation->apply(static_cast<float>(operation.stage->number), row,
                                               workspace + in.inside() + y * in.row(), row,
                                               workspace + out.inside() + y * out.row());
    }
};

}  // namespace

const Kind& activation_kind() {
    static const ActivationKind kind;
    return kind;
}

}  // namespace convlens
