// Changed copies of images for a tile: see kernels/change.hpp for the arithmetic.
#pragma once

#include <vector>

#include "kernels.hpp"
#include "memory.hpp"

namespace convlens {

// The data for changing images of one size; shared by all threads.
class Changing {
 public:
    Changing(int channels, int height, int width, int lanes);

    const Picture& picture() const { return picture_; }
    size_t bytes() const;            // of one image
    size_t workspace_bytes() const;  // for one change

 private:
    std::vector<float> across_, down_;
    Picture picture_;
};

}  // namespace convlens
