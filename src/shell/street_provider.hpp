// Runs programs of the simulated street as a provider runs processes.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "live/provider/provider.hpp"
#include "shell/program.hpp"

namespace tenfold::shell {

struct StreetProviderOptions {
  std::uint32_t slots = 1;
  // Only programs that are lawful, start, and live; else some are not.
  bool is_lawful = true;
  // The service has room to keep what clients send: none of it comes to a program bit by bit.
  bool comes_whole = true;
  // The kind of all programs, one of kLawfulHabits.
  std::size_t kind = 0;
  bool is_unix = true;
  std::uint64_t seed = 0;
};

class StreetProvider final : public live::Provider, private ProgramOwner {
 public:
  StreetProvider(VirtualLoop& loop, Host& world, Ledger& ledger, live::ProviderListener& listener,
                 const StreetProviderOptions& options);

  void start(core::ReplicaId replica, const live::ReplicaSpec& spec) override;
  void drain(core::ReplicaId) override {}
  void stop(core::ReplicaId replica, core::Duration grace) override;
  bool is_ending(core::ReplicaId replica) const override { return !replicas_.contains(replica); }

  bool is_out_of_memory(core::ReplicaId replica) const override { return out_of_memory_.contains(replica); }

  // A program is killed by somebody.
  void kill_one();
  // The machine of a program that serves over TCP dies, which is found out after a while.
  void silence_one();
  // The readiness probe of a replica fails, and passes again some seconds later.
  void fail_readiness_of_one();
  // The liveness probe of a replica fails, though it works.
  void fail_liveness_of_one();
  // From now on nothing goes wrong any more that has not gone wrong yet.
  void heal() { is_healed_ = true; }
  // Work may be cut from now on.
  void expect_shutdown() { is_shutting_down_ = true; }
  // What all programs hold.
  std::size_t memory() const;
  // Replicas of the revision of this name that pass their readiness probe and are not being stopped.
  std::uint32_t passing(std::string_view revision) const;
  std::uint64_t starts() const { return starts_; }
  std::uint64_t deaths() const { return deaths_; }

 private:
  struct Replica {
    std::string revision;              // its name
    std::unique_ptr<Program> program;  // null while it starts
    Duration sampled{};                // of its work, at the last sample
    bool is_unready = false;           // its readiness probe fails
    bool is_stopping = false;
  };

  void become_ready(core::ReplicaId id);
  // One that serves.
  std::optional<core::ReplicaId> choose_ready();
  void sample(core::ReplicaId id);
  void program_died(Program& program) override;
  void end(core::ReplicaId id, const live::ReplicaExit& exit);

  VirtualLoop& loop_;
  Host& world_;
  Ledger& ledger_;
  live::ProviderListener& listener_;
  StreetProviderOptions options_;
  sim::Random random_;
  std::map<core::ReplicaId, Replica> replicas_;
  std::map<core::ReplicaId, std::unique_ptr<Program>> dying_;  // their connections end a moment later
  std::set<core::ReplicaId> out_of_memory_;
  std::uint64_t starts_ = 0;
  std::uint64_t deaths_ = 0;
  bool is_healed_ = false;
  bool is_shutting_down_ = false;
};

}  // namespace tenfold::shell
