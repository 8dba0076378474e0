// Keeps replicas apart from each other and from their machine, by what its kernel permits.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/thread_pool.hpp>

#include "config/isolation.hpp"
#include "live/provider/launch_plan.hpp"
#include "live/provider/replica_spec.hpp"
#include "live/provider/runtime_directory.hpp"

namespace tenfold::live {

// Lives on the loop's thread.
class Isolator {
 public:
  // Tries out in a child process which parts can be had: called while there is one thread. Throws std::system_error
  // when there is no directory for sockets.
  explicit Isolator(const config::Isolation& isolation);

  // Why replicas of `spec` cannot have what is asked for by name, as a sentence without its end; nothing if they can.
  std::optional<std::string> refusal(const ReplicaSpec& spec) const;
  // What replicas of `spec` have to do without though it is wanted, and why; empty for nothing.
  std::string text(const ReplicaSpec& spec) const;

  // Makes the directories of one replica, or of all those that are forks of a zygote and share theirs.
  // Throws std::system_error.
  void prepare(const std::string& name) const;
  // Where its sockets lie.
  std::string sockets_of(const std::string& name) const;
  // Isolates the programs of the plan, which are those of `spec`, with the directories of `name`.
  void put_into(LaunchPlan& plan, const ReplicaSpec& spec, const std::string& name) const;
  // Removes the directories. What was left in /tmp may be much: it goes on another thread.
  void remove(const std::string& name);

 private:
  void put_parts(LaunchPlan& plan, config::IsolationParts parts, const std::string& name) const;
  void try_out();
  void find_missing(config::IsolationPart part, const std::string& why);
  std::string missing() const;

  config::Isolation isolation_;
  config::IsolationParts had_;
  std::array<std::string, config::kIsolationParts.size()> why_not_;  // of a part that is wanted and cannot be had
  RuntimeDirectory sockets_;
  std::optional<RuntimeDirectory> tmp_;
  std::optional<RuntimeDirectory> var_tmp_;
  std::optional<boost::asio::thread_pool> remover_;
};

// The first file or directory in /tmp or /var/tmp that the command, the directory or the variables of `spec` name;
// empty for none.
std::string_view named_in_tmp(const ReplicaSpec& spec);

}  // namespace tenfold::live
