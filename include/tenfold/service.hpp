// A service of your own: functions behind HTTP paths, as one replica.
//
//   tenfold::Service service;
//   service.post("/echo", [](const tenfold::Request& request, std::stop_token) {
//     return tenfold::Answer{.content_type = "text/plain", .body = std::string{request.body}};
//   });
//   return service.serve();
//
// tenfold/typed.hpp makes the same of a function from one struct to another.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenfold {

// What a client sent. All of it is there when a handler runs.
struct Request {
  std::string method;
  std::string path;
  // The query's parameters, decoded, in their order.
  std::vector<std::pair<std::string, std::string>> query;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // The first header of that name; case does not matter.
  std::optional<std::string_view> header(std::string_view name) const;
};

struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  // The service ends once this is sent, and whoever runs it starts another: for a handler that left work behind which
  // does not end.
  bool is_last = false;
};

// An error as problem details (RFC 9457): for handlers that refuse what they got.
Answer problem(int status, std::string_view detail);

// Runs on one of the service's threads, several at a time if the service allows it. The token fires when nobody waits
// for the answer any more: the client is gone, or its deadline has passed. An exception that escapes is answered 500.
using Handler = std::function<Answer(const Request& request, std::stop_token stop)>;

// Serves where the replica contract says: the unix socket $TENFOLD_SOCKET, else a listening socket that was handed over
// (LISTEN_FDS), else $PORT or 8000. The address is $TENFOLD_ADDRESS, else 127.0.0.1, but all addresses where Tenfold
// did not start the program and it runs in a container (Kubernetes, Azure Container Apps, Cloud Run, Docker, Podman).
// At most $TENFOLD_CONCURRENCY handlers run at a time (default: as many as there are CPUs). GET /healthz is answered
// 200.
class Service {
 public:
  Service();
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Bodies above this are answered 413. Default 64 MiB, as the ingress has it.
  void set_max_body(std::size_t bytes);

  void post(std::string path, Handler handler);
  void get(std::string path, Handler handler);

  // What is done once, however many replicas there will be: load a model, warm a cache. Tenfold forks its replicas of a
  // process that has done it (a zygote), and so they start within a millisecond or two and share what was loaded. Hooks
  // run within `serve`, in their order; what main() did before `serve` was done once likewise. A hook that throws ends
  // the program with its message. There must be no thread, no open connection and no file position afterwards that
  // replicas cannot share: those belong into after_fork.
  void before_fork(std::function<void()> hook);

  // What each replica does for itself before it serves: open connections, start threads, seed random generators. Hooks
  // run within `serve`, in their order, and are not called in the process that is forked. Where a replica is no fork
  // they run after those of before_fork.
  void after_fork(std::function<void()> hook);

  // Serves until SIGTERM or SIGINT, finishes what runs, and returns the exit code: 0, or 1 after a message on stderr.
  int serve();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenfold
