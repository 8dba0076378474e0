// Runs replicas as processes of this machine.
//
//   asio::io_context loop;
//   ProcessProvider provider{loop, {.console = &console}, listener};
//   provider.start(core::ReplicaId{1}, {.argv = {"./solve"}});
//   loop.run();
//
// The contract is that of Cloud Run and Azure Container Apps: the program serves HTTP on the unix socket
// $TENFOLD_SOCKET where it can (it is faster), else on 127.0.0.1:$PORT. It is ready when one of them accepts a
// connection, and its probes pass if it has any. It may say READY=1 on $NOTIFY_SOCKET, which is looked at at once.
// docs/replicas.md is the user's page.
//
// Nothing outlives Tenfold, even when Tenfold is killed with SIGKILL. Each replica runs below a keeper (keeper.hpp), a
// small process that adopts whatever the replica leaves behind and kills it all when the replica's main process ends,
// when it is told to, or when Tenfold is gone. Keepers are forked by the guardian (guardian.hpp), a small process
// that is forked off when the provider is made: the earlier, the smaller.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "config/app_config.hpp"
#include "live/console.hpp"
#include "live/provider/provider.hpp"
#include "live/provider/replica_spec.hpp"
#include "live/said/said_lines.hpp"

namespace tenfold::live {

// What all replicas have in common, whatever their revision.
struct ProcessOptions {
  // Between two samples of what a replica uses.
  core::Duration sample_interval = std::chrono::seconds{1};
  // Whether limits are kept by control groups where these can be made. They are looked for if the first replicas have
  // limits, `limits`.
  config::LimitMode limit_mode = config::LimitMode::kAuto;
  ReplicaLimits limits;
  // What keeps replicas apart from their machine.
  config::Isolation isolation;
  // Where the output of replicas is said, line by line, each with "[replica 3] " before it, and where it is kept for
  // who asks later. Null, both: only the last 4 KiB are kept, for when it ends. Must outlive the provider.
  Console* console = nullptr;
  SaidLines* lines = nullptr;
};

class ProcessProvider final : public Provider {
 public:
  // `loop` and `listener` must outlive the provider. Throws std::system_error when the machine gives no process,
  // no descriptor or no directory for sockets.
  ProcessProvider(boost::asio::io_context& loop, const ProcessOptions& options, ProviderListener& listener);

  // Kills every replica that is left, without a callback, and waits (at most a second) until they are gone.
  ~ProcessProvider() override;

  // How these limits of replicas are kept, as a sentence without its end; empty for none.
  std::string limits_text(const ReplicaLimits& limits) const;
  // Why no replica of `spec` can be started: isolation that is asked for and cannot be had. Nothing if it can.
  std::optional<std::string> refusal(const ReplicaSpec& spec) const;
  // What replicas of `spec` have to do without of the isolation that is wanted; empty for nothing.
  std::string isolation_text(const ReplicaSpec& spec) const;

  void start(core::ReplicaId replica, const ReplicaSpec& spec) override;
  void drain(core::ReplicaId replica) override;
  void stop(core::ReplicaId replica, core::Duration grace) override;
  bool is_ending(core::ReplicaId replica) const override;
  bool is_out_of_memory(core::ReplicaId replica) const override;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tenfold::live
