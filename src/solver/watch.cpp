#include "solver/watch.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace tenfold::solver {

namespace {

// Shared by the two threads; the last of them frees it.
class Shared final : public Watch {
 public:
  void expect_end_by(Clock::time_point deadline) override {
    const std::lock_guard lock{mutex_};
    deadline_ = deadline;
    changed_.notify_all();
  }

  void work(const std::function<Answer(Watch&)>& work) {
    std::optional<Answer> answer;
    std::exception_ptr thrown;
    try {
      answer = work(*this);
    } catch (...) {
      thrown = std::current_exception();
    }
    const std::lock_guard lock{mutex_};
    answer_ = std::move(answer);
    thrown_ = thrown;
    changed_.notify_all();
  }

  // True when it has ended, false with the reason when it is waited for no longer.
  bool wait(const std::stop_token& stop, std::chrono::milliseconds patience, Abandoned& why) {
    const std::stop_callback wake{stop, [this] {
                                    const std::lock_guard lock{mutex_};
                                    stopped_ = Clock::now();
                                    changed_.notify_all();
                                  }};
    std::unique_lock lock{mutex_};
    while (!answer_ && !thrown_) {
      const auto end = earliest();
      if (!end) {
        changed_.wait(lock);
      } else if (Clock::now() >= *end + patience) {
        why = stopped_ ? Abandoned::kIsStopped : Abandoned::kTimeIsUp;
        return false;
      } else {
        changed_.wait_until(lock, *end + patience);
      }
    }
    return true;
  }

  // What came of it. The thread has ended.
  Answer take() {
    if (thrown_) std::rethrow_exception(thrown_);
    return std::move(*answer_);
  }

 private:
  std::optional<Clock::time_point> earliest() const {
    if (!deadline_ || !stopped_) return deadline_ ? deadline_ : stopped_;
    return std::min(*deadline_, *stopped_);
  }

  // Guards all that follows: the one who waits sleeps until any of it changes, and has no loop that takes messages.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Clock::time_point> deadline_;
  std::optional<Clock::time_point> stopped_;
  std::optional<Answer> answer_;
  std::exception_ptr thrown_;
};

}  // namespace

Answer run_watched(std::function<Answer(Watch&)> work, const std::stop_token& stop,
                   const std::function<Answer(Abandoned)>& give_up, std::chrono::milliseconds patience) {
  const auto shared = std::make_shared<Shared>();
  std::thread thread{[shared, work = std::move(work)] { shared->work(work); }};
  Abandoned why{};
  const bool has_ended = shared->wait(stop, patience, why);
  has_ended ? thread.join() : thread.detach();
  return has_ended ? shared->take() : give_up(why);
}

}  // namespace tenfold::solver
