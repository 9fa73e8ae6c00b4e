#include "../layers.hpp"

namespace convlens {

namespace {

class Dropout final : public Kind {
 public:
    void read(Stage& stage, const Reading& layer) const override {
        layer.expect_numbers(1);
        stage.number = layer.share(0, "share");
        static_cast<Map&>(stage.out) = stage.in();
    }
    bool is_alias(const Choices& choices, bool) const override { return !choices.dropout; }

    void forward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int tile) const override {
        float* values = buffers.values.data();
        shared.kernels->drop(static_cast<float>(stage.number), key(stage, shared, tile), stage.in(),
                             values + stage.in().at, stage.out, values + stage.out.at);
    }

    void backward(const Stage& stage, const Shared& shared, TileBuffers& buffers, int tile,
                  const Learned&) const override {
        float* values = buffers.values.data();
        const Map plain = without_frame(stage.out);
        shared.kernels->drop(static_cast<float>(stage.number), key(stage, shared, tile), plain,
                             values + stage.out.gradient, plain, values + stage.in().gradient);
    }

    void run_single(const SingleOperation&, const Kernels&, float*, const float*) const override {}  // is an alias

 private:
    static uint64_t key(const Stage& stage, const Shared& shared, int tile) {
        return mix(shared.dropout_key, static_cast<uint64_t>(stage.layer), static_cast<uint64_t>(tile), 1);
    }
};

}  // namespace

CONVLENS_KIND(dropout, Dropout)

}  // namespace convlens
