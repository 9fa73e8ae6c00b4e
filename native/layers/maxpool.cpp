#include "../placing.hpp"
#include "../pooling.hpp"

namespace convlens {

namespace {

// 2×2 max-pooling after a convolution is part of the convolution's stage: see conv.cpp.
class MaxPool final : public PoolingKind {
 public:
    void read(Stage& stage, const Reading& layer) const override { read_window(stage, layer); }

    void forward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int) const override {
        float* values = buffers.values.data();
        shared.kernels->max_pool(stage.pooling, values + stage.in().at, values + stage.out.at,
                                 shared.keep_winners ? winners(stage, buffers) : nullptr);
    }
    void backward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int, const Learned&) const override {
        float* values = buffers.values.data();
        shared.kernels->max_pool_gradient(stage.pooling, winners(stage, buffers), values + stage.out.gradient,
                                          values + stage.in().gradient);
    }
    void place_gradients(Program& program, Stage& stage) const override {
        const size_t positions = static_cast<size_t>(stage.out.height) * stage.out.width * stage.out.channels;
        take_winners(program, stage, positions * static_cast<size_t>(program.lanes) * sizeof(int32_t));
    }
    void run_single(const SingleOperation& operation, const Kernels& kernels, float* workspace,
                    const float*) const override {
        run_window(operation, kernels, kernels.single_max_pool, workspace);
    }

 private:
    static int32_t* winners(const Stage& stage, TileBuffers& buffers) {
        return reinterpret_cast<int32_t*>(buffers.winners.data() + stage.winners);
    }
};

}  // namespace

CONVLENS_KIND(maxpool, MaxPool)

}  // namespace convlens
