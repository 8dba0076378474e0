// A line of CSV for each request of a simulation.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/world.hpp"

namespace tenfold::sim {

// Follows the steps of a world, and writes each request as it ends: in the order of their ends. Those that have not
// ended when the world does are written by `finish`, in the order of their numbers.
class RequestLog final : public StepObserver {
 public:
  // `write` gets whole lines. `prefix` stands before each: the cells of columns that the caller has named.
  RequestLog(std::function<void(std::string_view)> write, std::string prefix)
      : write_{std::move(write)}, prefix_{std::move(prefix)} {}

  // The columns of a line, with the line's end: request (its number), arrived_s (since the workload's zero), class (its
  // name), wait_s (empty if it got no slot), slot_s and total_s (empty if it was not answered), outcome (answered,
  // rejected, left or unfinished), replica (the last that it was on), attempts.
  static std::string_view header();

  void opened(core::TimePoint zero, const std::vector<std::string>& class_names) override;
  void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
               const core::Service& service) override;
  // The world has ended.
  void finish();

 private:
  struct Request {
    core::TimePoint arrived{};
    core::TimePoint first_slot = core::kNever;
    core::TimePoint last_slot = core::kNever;
    core::RequestClass klass{};
    core::ReplicaId replica{};
    std::uint8_t attempts = 0;
  };

  void on(const core::RequestArrived& event);
  void on(const core::ResponseFinished& event);
  void on(const core::RequestCancelled& event);
  void on(const core::Dispatch& action);
  void on(const core::Reject& action);
  template <class Other>
  void on(const Other&) {}
  void end(core::RequestId id, std::string_view outcome);
  void write(core::RequestId id, const Request& request, std::string_view outcome);

  std::function<void(std::string_view)> write_;
  std::string prefix_;
  core::TimePoint now_{};
  core::TimePoint zero_{};
  std::vector<std::string> class_names_;
  std::map<core::RequestId, Request> requests_;  // that have not ended
};

}  // namespace tenfold::sim
