// The common parts of the layers with a pooling window.
#pragma once

#include "layers.hpp"

namespace convlens {

class PoolingKind : public Kind {
 public:
    bool needs_maps() const override { return true; }

 protected:
    void read_window(Stage& stage, const Reading& layer) const {
        layer.expect_numbers(6);
        layer.window(stage, 0);
        set_shape(stage, layer);
    }

    void set_shape(Stage& stage, const Reading& layer) const {
        if (2 * stage.padding_y > stage.kernel_height || 2 * stage.padding_x > stage.kernel_width)
            layer.refuse("the padding is more than half of the kernel");
        const Input& in = stage.in();
        static_cast<Map&>(stage.out) =
            plain_map(in.channels, layer.positions(in.height, stage.kernel_height, stage.stride_y, stage.padding_y, 1),
                      layer.positions(in.width, stage.kernel_width, stage.stride_x, stage.padding_x, 1));
    }

    using SinglePool = void (*)(const Pooling&, int, int, int, int, int, const float*, float*);
    static void run_window(const SingleOperation& operation, const Kernels& kernels, SinglePool pool,
                           float* workspace) {
        const SinglePlace &in = operation.in[0], &out = operation.out;
        pool(operation.stage->pooling, in.row(), in.step, out.row(), out.step, out.step / kernels.lanes,
             workspace + in.inside(), workspace + out.inside());
    }
};

// Means over windows.
class AveragePooling : public PoolingKind {
 public:
    void forward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int) const override {
        float* values = buffers.values.data();
        shared.kernels->average_pool(stage.pooling, values + stage.in().at, values + stage.out.at);
    }
    void backward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int, const Learned&) const override {
        float* values = buffers.values.data();
        shared.kernels->average_pool_gradient(stage.pooling, values + stage.out.gradient, values + stage.in().gradient);
    }
    void run_single(const SingleOperation& operation, const Kernels& kernels, float* workspace,
                    const float*) const override {
        run_window(operation, kernels, kernels.single_average_pool, workspace);
    }
};

}  // namespace convlens
