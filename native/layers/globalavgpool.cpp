#include "../pooling.hpp"

namespace convlens {

namespace {

// One window, as large as the map.
class GlobalAvgPool final : public AveragePooling {
 public:
    void read(Stage& stage, const Reading& layer) const override {
        layer.expect_numbers(0);
        stage.kernel_height = stage.stride_y = stage.in().height;
        stage.kernel_width = stage.stride_x = stage.in().width;
        set_shape(stage, layer);
    }
};

}  // namespace

CONVLENS_KIND(globalavgpool, GlobalAvgPool)

}  // namespace convlens
