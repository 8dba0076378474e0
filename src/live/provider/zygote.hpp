// A zygote as Tenfold sees it: a keeper at the other end of a control socket (zygote_keeper.hpp), which has the zygote
// forked for each replica that is asked for, and output to relay.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "core/ids.hpp"
#include "live/console.hpp"
#include "live/provider/descriptor.hpp"
#include "live/provider/fd.hpp"
#include "live/provider/messages.hpp"
#include "live/provider/output_relay.hpp"

namespace tenfold::live {

// Lives on the loop's thread. Held by a shared pointer, which its own waits share.
class Zygote : public std::enable_shared_from_this<Zygote> {
 public:
  struct Parts {
    Fd control;
    OutputRelay::Pipes output;
    Console* console = nullptr;
    SaidLines* lines = nullptr;
  };
  // Told once, when it has ended after it was ready: "was killed by SIGKILL".
  using OnLost = std::function<void(const std::string& how)>;

  Zygote(boost::asio::io_context& loop, Parts parts, OnLost on_lost);

  // Begins to wait for what its keeper and its output tell.
  void watch();

  // Has a replica forked as soon as the zygote has initialised itself; what becomes of it is told on the other end of
  // `control`, as by a keeper of its own. False when the zygote is gone.
  bool spawn(core::ReplicaId replica, const Fd& control, const Fd& out, const Fd& err, const Fd& plan);

  // It ends, without a callback; its replicas serve on. Returns the control socket, which ends when the zygote has.
  Fd end();

  bool is_ready() const { return is_ready_; }
  // The last lines that it wrote, all that is there by now.
  std::string last_output();

 private:
  void wait();
  void read_reports();
  void handle(const KeeperReport& report);

  Descriptor control_;
  OutputRelay relay_;
  OnLost on_lost_;
  bool is_ready_ = false;
};

}  // namespace tenfold::live
