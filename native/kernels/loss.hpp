// Cross-entropy with label smoothing and class weights, as PyTorch defines it, and its gradient.
#pragma once

#include <math.h>

#include "../kernels.hpp"
#include "exponential.hpp"
#include "lanes.hpp"

namespace convlens::CONVLENS_VARIANT {

inline void write_gradient(const LossTerms& t, Floats total, const Ints& used, const Ints& labels, float* gradient) {
    const Floats hard = splat(1.0f - t.smoothing), soft = splat(t.smoothing / static_cast<float>(t.classes));
    const Floats scale = splat(static_cast<float>(t.scale));
    Floats label_weight = splat(1.0f);
    if (t.class_weights)
        for (int l = 0; l < t.images; ++l) label_weight[l] = t.class_weights[t.labels[l]];
    const Floats weight_sum = splat(t.class_weights ? t.class_weight_sum : static_cast<float>(t.classes));
    for (int c = 0; c < t.classes; ++c) {
        const Floats probability = load(gradient + c * lanes) / total;
        const Floats own = t.class_weights ? splat(t.class_weights[c]) : splat(1.0f);
        const Floats is_label = keep_where(labels == splat_int(c), splat(1.0f));
        Floats slope = hard * label_weight * (probability - is_label);
        if (t.smoothing > 0) slope += soft * (probability * weight_sum - own);
        store(gradient + c * lanes, keep_where(used, slope * scale));
    }
}

// The loss of one image, in double: −log p = log Σ exp(z − top) − (z − top).
inline double loss_of(const LossTerms& t, int lane, const float* logits, float top, float total) {
    const double log_total = log(static_cast<double>(total)) + static_cast<double>(top);
    const double label_weight = t.class_weights ? t.class_weights[t.labels[lane]] : 1.0;
    double value = (1.0 - t.smoothing) * label_weight * (log_total - logits[t.labels[lane] * lanes + lane]);
    if (t.smoothing > 0) {
        double smooth = 0;
        for (int c = 0; c < t.classes; ++c)
            smooth += (t.class_weights ? t.class_weights[c] : 1.0) * (log_total - logits[c * lanes + lane]);
        value += t.smoothing / t.classes * smooth;
    }
    return value;
}

inline double loss(const LossTerms& t, const float* logits, float* gradient, int64_t* correct) {
    Floats top = load(logits);
    Ints best = {};
    for (int c = 1; c < t.classes; ++c) {
        const Floats value = load(logits + c * lanes);
        const Ints better = value > top;
        best = better ? splat_int(c) : best;
        top = better ? value : top;
    }
    Floats total = {};
    for (int c = 0; c < t.classes; ++c) {
        const Floats e = exponential(load(logits + c * lanes) - top);
        if (gradient) store(gradient + c * lanes, e);
        total += e;
    }
    double value = 0;
    Ints labels = splat_int(-1);
    for (int l = 0; l < t.images; ++l) {
        labels[l] = static_cast<int32_t>(t.labels[l]);
        *correct += best[l] == labels[l];
        value += loss_of(t, l, logits, top[l], total[l]);
    }
    if (gradient) write_gradient(t, total, first_lanes(t.images), labels, gradient);
    return value * t.scale;
}

}  // namespace convlens::CONVLENS_VARIANT
