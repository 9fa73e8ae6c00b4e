#include "threads.hpp"

#include <unistd.h>

#include <chrono>

namespace convlens {

namespace {

// How long a thread waits in a loop before it sleeps. Waking up takes tens of microseconds, but if other programs use
// the CPU, too, a busy thread may occupy the core that the thread it waits for needs.
constexpr auto patience = std::chrono::microseconds(100);
constexpr int turns_between_looks = 64;

inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace

struct Threads::Crew {
    std::vector<std::thread> threads;
    std::atomic<unsigned long> job{0};
    std::atomic<int> next{0};
    std::atomic<int> busy{0};
    std::atomic<int> sleeping{0};
    std::atomic<bool> ending{false};
    std::atomic<bool> caller_sleeps{false};
    std::mutex mutex;
    std::condition_variable wake, done;
    int tasks = 0;
    const std::function<void(int, int)>* task = nullptr;

    void work(int worker) {
        unsigned long seen = 0;
        while (true) {
            seen = wait_for_job(seen);
            if (ending.load()) return;
            for (int number; (number = next.fetch_add(1)) < tasks;) (*task)(number, worker);
            if (busy.fetch_sub(1) == 1 && caller_sleeps.load()) {
                std::lock_guard<std::mutex> lock(mutex);
                done.notify_one();
            }
        }
    }

    template <typename Ready>
    static bool spin_until(Ready ready) {
        const auto start = std::chrono::steady_clock::now();
        for (int turn = 1; !ready(); ++turn) {
            relax();
            if (turn % turns_between_looks == 0 && std::chrono::steady_clock::now() - start > patience) return false;
        }
        return true;
    }

    unsigned long wait_for_job(unsigned long seen) {
        if (spin_until([&] { return job.load() != seen; })) return job.load();
        std::unique_lock<std::mutex> lock(mutex);
        sleeping.fetch_add(1);
        wake.wait(lock, [&] { return job.load() != seen; });
        sleeping.fetch_sub(1);
        return job.load();
    }

    void wait_for_others() {
        if (spin_until([&] { return busy.load() == 0; })) return;
        std::unique_lock<std::mutex> lock(mutex);
        caller_sleeps.store(true);
        done.wait(lock, [&] { return busy.load() == 0; });
        caller_sleeps.store(false);
    }

    void announce() {
        job.fetch_add(1);
        if (sleeping.load() > 0) {
            std::lock_guard<std::mutex> lock(mutex);
            wake.notify_all();
        }
    }
};

Threads::~Threads() {
    if (!crew_ || process_ != static_cast<long>(getpid())) return;
    crew_->ending.store(true);
    crew_->announce();
    for (std::thread& thread : crew_->threads) thread.join();
    delete crew_;
}

void Threads::start() {
    Crew* crew = crew_ = new Crew;
    process_ = static_cast<long>(getpid());
    for (int worker = 1; worker < count_; ++worker) crew->threads.emplace_back([crew, worker] { crew->work(worker); });
}

bool Threads::run(int tasks, const std::function<void(int, int)>& task, const std::function<bool()>* go_on) {
    const auto wanted = [&] { return go_on == nullptr || (*go_on)(); };
    if (count_ == 1 || tasks <= 1) {
        for (int number = 0; number < tasks; ++number) {
            task(number, 0);
            if (!wanted()) return false;
        }
        return true;
    }
    if (!crew_ || process_ != static_cast<long>(getpid())) start();
    Crew& crew = *crew_;
    crew.tasks = tasks;
    crew.task = &task;
    crew.next.store(0);
    crew.busy.store(static_cast<int>(crew.threads.size()));
    crew.announce();
    bool going_on = true;
    for (int number; (number = crew.next.fetch_add(1)) < tasks;) {
        task(number, 0);
        if (going_on && !wanted()) {
            going_on = false;
            crew.next.store(tasks);
        }
    }
    crew.wait_for_others();
    return going_on;
}

}  // namespace convlens
