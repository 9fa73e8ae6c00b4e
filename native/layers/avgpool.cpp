#include "../pooling.hpp"

namespace convlens {

namespace {

class AvgPool final : public AveragePooling {
 public:
    void read(Stage& stage, const Reading& layer) const override { read_window(stage, layer); }
};

}  // namespace

CONVLENS_KIND(avgpool, AvgPool)

}  // namespace convlens
