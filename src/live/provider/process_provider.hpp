// Runs replicas as processes of this machine.
//
//   asio::io_context loop;
//   ProcessProvider provider{loop, spec, listener};
//   provider.start(core::ReplicaId{1});
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
#include <string>

#include <boost/asio/io_context.hpp>

#include "live/provider/process_spec.hpp"
#include "live/provider/provider.hpp"

namespace tenfold::live {

class ProcessProvider final : public Provider {
 public:
  // `loop` and `listener` must outlive the provider. Throws std::system_error when the machine gives no process,
  // no descriptor or no directory for sockets.
  ProcessProvider(boost::asio::io_context& loop, ProcessSpec spec, ProviderListener& listener);

  // Kills every replica that is left, without a callback, and waits (at most a second) until they are gone.
  ~ProcessProvider() override;

  // Of replicas that are started from now on: what `spec` says of concurrency and of readiness. The rest of it stays.
  void reconfigure(const ProcessSpec& spec);

  // How the limits of replicas are kept, as a sentence without its end, if any were stated.
  std::string limits_text() const;

  void start(core::ReplicaId replica) override;
  void drain(core::ReplicaId replica) override;
  void stop(core::ReplicaId replica, core::Duration grace) override;
  bool is_ending(core::ReplicaId replica) const override;
  bool is_out_of_memory(core::ReplicaId replica) const override;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tenfold::live
