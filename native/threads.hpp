// Persistent threads: a training step takes less than a millisecond, so waking threads for each step would take longer
// than the work. Threads wait for the next job in a loop for a short time, then sleep.
//
// Each thread takes the next task when it is ready, so that a slow thread does less. A task must therefore not depend
// on the thread that runs it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace convlens {

class Threads {
 public:
    explicit Threads(int count) : count_(count) {}
    ~Threads();
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;

    int count() const { return count_; }

    // Calls task(number, worker) for every number below `tasks`; returns when all are done. `go_on`, if given, is
    // called between the tasks of the calling thread; once it returns false, no further task begins, and the result is
    // false.
    bool run(int tasks, const std::function<void(int, int)>& task, const std::function<bool()>* go_on = nullptr);

 private:
    struct Crew;
    void start();

    int count_;
    Crew* crew_ = nullptr;  // not deleted in a forked process, where its threads cannot be joined
    long process_ = 0;      // a forked process does not have its parent's threads
};

}  // namespace convlens
