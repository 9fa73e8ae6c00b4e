// Zeroed memory that begins at a cache line, and gaps between the places in it.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#if defined(CONVLENS_SANITIZE)
#include <sanitizer/asan_interface.h>
#endif

namespace convlens {

// Many places share one block of memory. The build of scripts/sanitize has poisoned gaps between them, so that it finds
// accesses outside a place, and not only outside the block. A gap is a range [begin, end) of elements.
using Gaps = std::vector<std::pair<size_t, size_t>>;

template <typename T>
void leave_gap([[maybe_unused]] Gaps& gaps, [[maybe_unused]] size_t& used) {
#if defined(CONVLENS_SANITIZE)
    constexpr size_t in_line = 64 / sizeof(T), lines = 8;
    gaps.emplace_back(used, (used + in_line - 1) / in_line * in_line + lines * in_line);
    used = gaps.back().second;
#endif
}

// A network's maps are read a few numbers at a time from many places. With pages of 4 KB that causes many TLB misses,
// so huge pages are requested. If the system grants none, nothing changes.
inline void ask_for_huge_pages([[maybe_unused]] void* data, [[maybe_unused]] size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    constexpr size_t page = size_t{1} << 21;
    const size_t first = (reinterpret_cast<size_t>(data) + page - 1) / page * page;
    const size_t last = (reinterpret_cast<size_t>(data) + bytes) / page * page;
    if (last > first) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#endif
}

template <typename T>
class Buffer {
 public:
    Buffer() = default;
    explicit Buffer(size_t count, [[maybe_unused]] const Gaps& gaps = {}) : count_(count) {
#if defined(CONVLENS_SANITIZE)
        const size_t bytes = count * sizeof(T);
#else
        const size_t bytes = (count * sizeof(T) + line - 1) / line * line + line;
#endif
        data_.reset(static_cast<T*>(::operator new(bytes, std::align_val_t(line))));
        ask_for_huge_pages(data_.get(), bytes);
        std::memset(static_cast<void*>(data_.get()), 0, bytes);
#if defined(CONVLENS_SANITIZE)
        for (const auto& [first, last] : gaps)
            __asan_poison_memory_region(data_.get() + first, (last - first) * sizeof(T));
#endif
    }
    T* data() { return data_.get(); }
    const T* data() const { return data_.get(); }
    size_t size() const { return count_; }
    T& operator[](size_t k) { return data_.get()[k]; }
    const T& operator[](size_t k) const { return data_.get()[k]; }

 private:
    static constexpr size_t line = 64;
    struct Free {
        void operator()(T* data) const { ::operator delete(static_cast<void*>(data), std::align_val_t(line)); }
    };
    std::unique_ptr<T, Free> data_;
    size_t count_ = 0;
};

}  // namespace convlens
