// Zeroed memory at the start of a cache line.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

namespace convlens {

template <typename T>
class Buffer {
 public:
    Buffer() = default;
    explicit Buffer(size_t count) : count_(count) {
        const size_t bytes = (count * sizeof(T) + line - 1) / line * line + line;
        data_.reset(static_cast<T*>(::operator new(bytes, std::align_val_t(line))));
        std::memset(static_cast<void*>(data_.get()), 0, bytes);
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
