// Sees every step of the core on the street: writes the journal, checks the promises, and counts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "check/invariants.hpp"
#include "core/service.hpp"
#include "journal/memory_disk.hpp"
#include "journal/writer.hpp"
#include "live/journal_observer.hpp"
#include "shell/ledger.hpp"
#include "shell/virtual_loop.hpp"

namespace tenfold::shell {

// What the journal's disk is like while clients come.
enum class DiskMood : std::uint8_t {
  kGood,
  kSlow,     // takes longer than the journal's buffer lasts
  kFailing,  // fails for some seconds again and again
  kFull,     // is full after a while
};

class Watch final : public live::Observer {
 public:
  using OnStep = std::function<void(core::TimePoint, const core::Event&, const core::Actions&)>;

  // All are borrowed; `on_step` may be empty.
  Watch(VirtualLoop& loop, const core::Settings& settings, DiskMood mood, Ledger& ledger, const OnStep& on_step);

  // Where the journal is, on its disk.
  static const std::filesystem::path& journal();

  journal::Writer& writer() { return *writer_; }
  journal::MemoryDisk& disk() { return disk_; }
  // The disk is good from now on.
  void heal();
  std::uint64_t digest_of_journal();
  std::uint64_t arrivals() const { return arrivals_; }
  std::uint64_t rejections() const { return rejections_; }

  void stepping(const core::Service& service) override { journal_.stepping(service); }
  void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
               const core::Service& service) override;
  void class_named(core::TimePoint now, core::RequestClass klass, std::string_view name) override {
    journal_.class_named(now, klass, name);
  }
  void request_arrived(core::TimePoint now, const live::RequestSeen& request) override {
    journal_.request_arrived(now, request);
  }
  void request_ended(core::TimePoint now, core::RequestId request, const live::ExchangeFacts& facts) override {
    journal_.request_ended(now, request, facts);
  }
  void replica_ready(core::TimePoint now, core::ReplicaId replica, const live::ReplicaAddress& address) override {
    journal_.replica_ready(now, replica, address);
  }
  void replica_exited(core::TimePoint now, core::ReplicaId replica, const live::ReplicaExit& exit) override {
    journal_.replica_exited(now, replica, exit);
  }

 private:
  void write_soon();
  void write();
  void fail_for_a_while();

  VirtualLoop& loop_;
  Ledger& ledger_;
  const OnStep& on_step_;
  DiskMood mood_;
  check::Invariants invariants_;
  journal::MemoryDisk disk_;
  std::unique_ptr<journal::Writer> writer_;
  live::JournalObserver journal_;
  std::uint64_t arrivals_ = 0;
  std::uint64_t rejections_ = 0;
  bool is_writing_ = false;
  bool is_failing_ = false;
};

}  // namespace tenfold::shell
