// Threads that stay: a step of training takes less than a millisecond, so waking threads for each would cost more than
// the work. They wait for the next job in a loop for a moment, then sleep.
//
// Which thread takes which task is left to chance, so that a disturbed thread does less; a task must therefore not
// depend on who does it.
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

    // task(number, worker) for every number below `tasks`; returns when all are done. `go_on`, where given, is asked
    // between tasks of the calling thread; once it says false no task is begun any more, and the result is false.
    bool run(int tasks, const std::function<void(int, int)>& task, const std::function<bool()>* go_on = nullptr);

 private:
    struct Crew;
    void start();

    int count_;
    Crew* crew_ = nullptr;  // left alone in a forked process, where its threads cannot be joined
    long process_ = 0;      // a forked process has none of its parent's threads
};

}  // namespace convlens
