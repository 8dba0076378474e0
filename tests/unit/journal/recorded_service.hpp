// A core whose steps are recorded, under virtual time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "journal/writer.hpp"

namespace tenfold::journal {

class RecordedService {
 public:
  explicit RecordedService(std::unique_ptr<Writer> writer) : writer_{std::move(writer)} {}

  Writer& writer() { return *writer_; }

  void step(const core::Event& event) {
    if (writer_->needs_checkpoint()) writer_->checkpoint(service_.save());
    actions_.clear();
    service_.handle(now_, event, actions_);
    writer_->step(now_, event, actions_);
  }

  // So many requests come at once, each with a note, and are answered one after the other.
  void burst(std::uint64_t requests) {
    using namespace std::chrono_literals;
    if (!std::exchange(has_replicas_, true)) {
      step(core::TimerDue{});
      step(core::ReplicaReady{core::ReplicaId{1}});
      step(core::ReplicaReady{core::ReplicaId{2}});
    }
    const std::uint64_t first = next_request_;
    for (; next_request_ < first + requests; ++next_request_) {
      writer_->note(RequestNote{.at = now_,
                                .request = core::RequestId{next_request_},
                                .method = "POST",
                                .target = "/solve",
                                .client = "::1"});
      step(core::RequestArrived{.request = core::RequestId{next_request_}, .deadline = now_ + 1h});
    }
    for (std::uint64_t n = 0; n < requests; ++n) {
      now_ += 10ms;
      step(core::ResponseFinished{.request = core::RequestId{first + n},
                                  .replica = core::ReplicaId{1 + static_cast<std::uint32_t>(n % 2)}});
    }
  }

  // Lets time pass until the writer has nothing more to do.
  void write() {
    now_ += std::chrono::seconds{2};
    for (core::TimePoint next = now_; next != core::kNever && next <= now_ + std::chrono::milliseconds{100};) {
      now_ = next;
      next = writer_->write_pending(now_);
    }
  }

 private:
  std::unique_ptr<Writer> writer_;
  core::Service service_{core::Settings{}};
  core::Actions actions_;
  core::TimePoint now_{std::chrono::seconds{1}};
  std::uint64_t next_request_ = 1;
  bool has_replicas_ = false;
};

}  // namespace tenfold::journal
