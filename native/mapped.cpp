#include "mapped.hpp"

#if defined(_WIN32)

namespace convlens {

MappedGuard::MappedGuard(const void*, size_t) {}
bool MappedGuard::lost() const { return lost_; }
void MappedGuard::release() {}

}  // namespace convlens

#else

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <stdexcept>

namespace convlens {

namespace {

// The handler may read a slot at any time, so a range counts as guarded as long as its end is not 0.
struct Slot {
    std::atomic<uintptr_t> begin{0}, end{0};
    std::atomic<bool> lost{false};
};

constexpr int most = 256;
Slot slots[most];
std::mutex slots_mutex;
int guarded = 0;
uintptr_t page_bytes = 0;
struct sigaction earlier;

void replace_page(int signal, siginfo_t* info, void*) {
    const auto place = reinterpret_cast<uintptr_t>(info->si_addr);
    const bool is_fault = info->si_code > 0;  // not sent by kill
    for (Slot& slot : slots) {
        const uintptr_t end = slot.end;
        if (!is_fault || place >= end || place < slot.begin) continue;
        void* page = reinterpret_cast<void*>(place / page_bytes * page_bytes);
        if (mmap(page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) break;
        slot.lost = true;
        return;
    }
    sigaction(SIGBUS, &earlier, nullptr);  // not a guarded range: what would have happened without a guard
    if (!is_fault) raise(signal);          // a fault happens again by itself
}

void install() {
    page_bytes = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    struct sigaction ours = {};
    ours.sa_sigaction = replace_page;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&ours.sa_mask);
    sigaction(SIGBUS, &ours, &earlier);
}

void uninstall() {
    struct sigaction now = {};
    sigaction(SIGBUS, nullptr, &now);
    const bool is_ours = (now.sa_flags & SA_SIGINFO) && now.sa_sigaction == replace_page;
    if (is_ours) sigaction(SIGBUS, &earlier, nullptr);  // otherwise somebody has installed another one since
}

}  // namespace

MappedGuard::MappedGuard(const void* data, size_t bytes) {
    const std::lock_guard<std::mutex> lock(slots_mutex);
    while (++slot_ < most && slots[slot_].end != 0) continue;
    if (slot_ == most) {
        slot_ = -1;
        throw std::runtime_error("too many mapped files are guarded at the same time");
    }
    if (guarded++ == 0) install();
    Slot& slot = slots[slot_];
    slot.lost = false;
    slot.begin = reinterpret_cast<uintptr_t>(data);
    slot.end = reinterpret_cast<uintptr_t>(data) + bytes;
}

bool MappedGuard::lost() const { return slot_ < 0 ? lost_ : slots[slot_].lost.load(); }

void MappedGuard::release() {
    if (slot_ < 0) return;
    const std::lock_guard<std::mutex> lock(slots_mutex);
    lost_ = slots[slot_].lost;
    slots[slot_].end = 0;
    slot_ = -1;
    if (--guarded == 0) uninstall();
}

}  // namespace convlens

#endif
