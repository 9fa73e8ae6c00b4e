// The kernels of one instruction set. Compiled once for each, with CONVLENS_VARIANT naming it.
#include "../kernels.hpp"

// One #include for each file here.
#include "kernel_files.inc"

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
    v::has_cells,
    v::peak_sums * v::lanes,
    v::activations,
    sizeof v::activations / sizeof *v::activations,
#define KERNEL(result, name, parameters) v::name,
#include "../kernel_list.inc"
#undef KERNEL
};

}  // namespace convlens
