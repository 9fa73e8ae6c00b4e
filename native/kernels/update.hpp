// The optimizers: add the gradients of all slots in order, and take the step, in one pass over the parameters.
#pragma once

#include <math.h>

#include "../kernels.hpp"
#include "lanes.hpp"

namespace convlens::CONVLENS_VARIANT {

CONVLENS_INLINE Floats square_root(Floats x) {
    Floats root;
    for (int l = 0; l < lanes; ++l) root[l] = __builtin_sqrtf(x[l]);
    return root;
}

struct AdamTerms {
    Floats decay, coupled, keep1, add1, keep2, add2, step, root, epsilon;
};

CONVLENS_INLINE AdamTerms adam_terms(const Update& u) {
    return {splat(u.kind == Update::adamw ? 1.0f - u.learning_rate * u.weight_decay : 1.0f),
            splat(u.kind == Update::adam ? u.weight_decay : 0.0f),
            splat(u.beta1),
            splat(u.rest1),
            splat(u.beta2),
            splat(u.rest2),
            splat(static_cast<float>(-u.learning_rate / u.correction1)),
            splat(static_cast<float>(1.0 / sqrt(u.correction2))),
            splat(u.epsilon)};
}

CONVLENS_INLINE void adam_step(const AdamTerms& t, Floats gradient, Floats& parameter, Floats& first, Floats& second) {
    parameter *= t.decay;
    gradient += t.coupled * parameter;
    first = first * t.keep1 + gradient * t.add1;
    second = second * t.keep2 + gradient * gradient * t.add2;
    parameter += t.step * first / (square_root(second) * t.root + t.epsilon);
}

CONVLENS_INLINE void sgd_step(const Update& u, Floats gradient, Floats& parameter, Floats& buffer) {
    gradient += splat(u.weight_decay) * parameter;
    if (u.momentum > 0) {
        buffer = u.first ? gradient : splat(u.momentum) * buffer + gradient;
        gradient = u.nesterov ? gradient + splat(u.momentum) * buffer : buffer;
    }
    parameter -= splat(u.learning_rate) * gradient;
}

// `count` is rounded up to whole vectors; the numbers beyond the last parameter are padding.
inline void update(const Update& u, size_t count, int slots, size_t step, const float* gradients, float* parameters,
                   float* first, float* second) {
    const AdamTerms terms = adam_terms(u);
    for (size_t k = 0; k < count; k += lanes) {
        Floats gradient = load(gradients + k);
        for (int s = 1; s < slots; ++s) gradient += load(gradients + s * step + k);
        Floats parameter = load(parameters + k), one = load(first + k);
        if (u.kind == Update::sgd) {
            sgd_step(u, gradient, parameter, one);
        } else {
            Floats two = load(second + k);
            adam_step(terms, gradient, parameter, one, two);
            store(second + k, two);
        }
        store(first + k, one);
        store(parameters + k, parameter);
    }
}

}  // namespace convlens::CONVLENS_VARIANT
