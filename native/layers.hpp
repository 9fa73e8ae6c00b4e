// What a layer's numbers mean, and whether they can be: the only place that reads them.
#pragma once

#include <string>

#include "program.hpp"

namespace convlens {

// A stage of this layer for this input, unplaced; shapes and parameters are known. Throws std::invalid_argument.
Stage read_layer(const Layer& layer, int index, const Map& in);

Map plain_map(int channels, int height, int width);

}  // namespace convlens
