// Reading memory that is mapped from a file, which another process may cut short.
//
// A read beyond the new end raises SIGBUS, which ends the process without a message. While a range is guarded, the page
// is replaced by zeros instead and the loss is remembered, so that the caller can refuse what was computed from it.
// This costs nothing unless it happens. Windows does not let anyone cut a mapped file.
#pragma once

#include <cstddef>

namespace convlens {

class MappedGuard {
 public:
    // Throws std::runtime_error if too many ranges are guarded at the same time.
    MappedGuard(const void* data, size_t bytes);
    ~MappedGuard() { release(); }
    MappedGuard(const MappedGuard&) = delete;
    MappedGuard& operator=(const MappedGuard&) = delete;

    // Whether a page had to be replaced; also after `release`.
    bool lost() const;
    void release();

 private:
    int slot_ = -1;
    bool lost_ = false;
};

}  // namespace convlens
