// The kernels of one instruction set. Compiled once for each, with CONVLENS_VARIANT naming it.
#include "../kernels.hpp"
#include "activation.hpp"
#include "cell.hpp"
#include "cells.hpp"
#include "change.hpp"
#include "dense.hpp"
#include "load.hpp"
#include "loss.hpp"
#include "normalisation.hpp"
#include "peak.hpp"
#include "pool.hpp"
#include "single.hpp"
#include "sweep.hpp"
#include "update.hpp"
#include "weights.hpp"
#include "winograd.hpp"

#define CONVLENS_JOIN_(a, b) a##b
#define CONVLENS_JOIN(a, b) CONVLENS_JOIN_(a, b)
#define CONVLENS_TEXT_(a) #a
#define CONVLENS_TEXT(a) CONVLENS_TEXT_(a)

namespace convlens {

namespace v = CONVLENS_VARIANT;

extern const Kernels CONVLENS_JOIN(CONVLENS_VARIANT, _kernels) = {
    CONVLENS_TEXT(CONVLENS_VARIANT),
    v::lanes,
    v::winner_bytes,
    v::block,
    v::load_images,
    v::change_image,
    v::sweep,
    v::sweep_pool,
    v::winograd,
    v::winograd_weights,
    v::weight_sweep,
    v::has_cells,
    v::cell_gradients,
    v::cell_weights,
    v::spread_pooled,
    v::spread_plain,
    v::add_lanes,
    v::dense,
    v::dense_input_gradient,
    v::dense_weight_gradient,
    v::max_pool,
    v::max_pool_gradient,
    v::average_pool,
    v::average_pool_gradient,
    v::activate,
    v::activation_gradient,
    v::drop,
    v::moments,
    v::scale_shift,
    v::normalisation_sums,
    v::normalisation_gradient,
    v::multiply_add,
    v::peak_sums * v::lanes,
    v::loss,
    v::update,
    v::single_sweep,
    v::single_dense,
    v::single_max_pool,
    v::single_average_pool,
};

}  // namespace convlens
