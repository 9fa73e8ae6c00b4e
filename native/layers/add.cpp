#include "../layers.hpp"

namespace convlens {

namespace {

// The sum of two branches.
class Add final : public Kind {
 public:
    void read(Stage& stage, const Reading& layer) const override {
        layer.expect_numbers(0);
        const Map &a = stage.inputs[0], &b = stage.inputs[1];
        if (a.channels != b.channels || a.height != b.height || a.width != b.width)
            layer.refuse("its inputs are " + layer.shape(a) + " and " + layer.shape(b) + "; they must be equal");
        static_cast<Map&>(stage.out) = a;
        stage.passes_gradient = stage.takes_relu = true;
    }
    bool takes(size_t inputs) const override { return inputs == 2; }

    void forward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int) const override {
        float* values = buffers.values.data();
        const Input &a = stage.inputs[0], &b = stage.inputs[1];
        shared.kernels->add(stage.relu, a, values + a.at, b, values + b.at, stage.out, values + stage.out.at);
    }

    // An input that shares the sum's gradient needs no copy.
    void backward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int, const Learned&) const override {
        float* values = buffers.values.data();
        const Map plain = without_frame(stage.out);
        float* own = values + stage.out.gradient;
        if (stage.relu) shared.kernels->cut(stage.out, values + stage.out.at, own);
        for (const Input& input : stage.inputs)
            if (input.learns && input.gradient != stage.out.gradient)
                shared.kernels->copy(plain, own, plain, values + input.gradient);
    }

    void place_gradients(Program&, Stage& stage) const override { stage.changes_gradient = stage.relu; }

    void run_single(const SingleOperation& operation, const Kernels&, float* workspace, const float*) const override {
        const SinglePlace &a = operation.in[0], &b = operation.in[1], &out = operation.out;
        for (int y = 0; y < out.height; ++y) {
            const float *one = workspace + a.inside() + y * a.row(), *two = workspace + b.inside() + y * b.row();
            float* to = workspace + out.inside() + y * out.row();
            for (int k = 0; k < out.width * out.step; ++k) {
                const float sum = one[k] + two[k];
                to[k] = operation.stage->relu && sum <= 0 ? 0 : sum;
            }
        }
    }
};

}  // namespace

CONVLENS_KIND(add, Add)

}  // namespace convlens
