#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <thread>

#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <tenfold/service.hpp>
#include <unistd.h>

#include "http/epoll_loop.hpp"
#include "http/problem.hpp"
#include "http/server.hpp"
#include "sdk/listening.hpp"
#include "sdk/zygote.hpp"

namespace tenfold {

namespace {

// While it drains, a service looks this often whether its last client is gone.
constexpr std::chrono::milliseconds kDrainLook{10};

Request to_request(const http::Head& head) {
  Request request{.method = std::string{head.method()}};
  if (const auto url = boost::urls::parse_uri_reference(head.target())) {
    request.path = url->path();
    for (const auto& parameter : url->params()) request.query.emplace_back(parameter.key, parameter.value);
  } else {
    request.path = head.target();
  }
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const http::Head::Field field = head.field(i);
    request.headers.emplace_back(field.name, field.value);
  }
  return request;
}

std::size_t concurrency() {
  const char* told = std::getenv("TENFOLD_CONCURRENCY");
  const unsigned long number = told ? std::strtoul(told, nullptr, 10) : 0;
  return number > 0 ? number : std::max(1U, std::thread::hardware_concurrency());
}

// systemd's sd_notify protocol: a datagram to the socket, whose name may be abstract.
void notify(std::string_view what) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (!path || !*path) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t size = std::min(std::strlen(path), sizeof address.sun_path - 1);
  std::memcpy(address.sun_path, path, size);
  if (path[0] == '@') address.sun_path[0] = '\0';
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
  ::sendto(fd, what.data(), what.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), length);
  ::close(fd);
}

// A request from its head to its answer. Shared by the loop and the thread that works on it, which touch different
// parts: the connection is the loop's alone.
class Call final : public http::ExchangeHandler, public std::enable_shared_from_this<Call> {
 public:
  using Start = std::function<void(std::shared_ptr<Call>)>;

  Call(http::ServerConnection& connection, const Handler& route, Start start)
      : request{to_request(connection.head())}, handler{route}, connection_{&connection}, start_{std::move(start)} {}

  // Waits for the body; then `start` is called, once.
  void receive() {
    self_ = shared_from_this();
    connection_->attach(*this);
    connection_->want_body();
    on_body(*connection_);
  }

  void answer(const Answer& made) {
    if (is_gone_) {
      connection_->finish();
    } else {
      connection_->respond(made.status, made.content_type, made.body);
    }
    self_.reset();
  }

  Request request;
  const Handler& handler;
  std::stop_source stop;

 private:
  void on_body(http::ServerConnection& connection) override {
    request.body += connection.body();
    connection.consume(connection.body().size());
    if (!connection.body_complete() || !start_) return;
    std::exchange(start_, nullptr)(shared_from_this());
  }
  void on_writable(http::ServerConnection&) override {}

  // Its replica keeps the slot until the handler has returned: the connection is closed then.
  void on_gone(http::ServerConnection& connection) override {
    is_gone_ = true;
    stop.request_stop();
    if (!start_) return;
    connection.finish();
    self_.reset();
  }

  http::ServerConnection* connection_;
  Start start_;
  bool is_gone_ = false;
  std::shared_ptr<Call> self_;  // while the connection may call
};

}  // namespace

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (http::equals_ignoring_case(key, name)) return value;
  }
  return std::nullopt;
}

Answer problem(int status, std::string_view detail) {
  return {.status = status,
          .content_type = std::string{http::kProblemType},
          .body = http::to_json({.status = status, .detail = detail})};
}

namespace {

using Routes = std::map<std::string, std::map<std::string, Handler>>;  // by path and method
using Hooks = std::vector<std::function<void()>>;

// The service while it serves. It is made after the fork: its descriptors and threads are not to be shared.
class Serving final : public http::ServerHandler {
 public:
  Serving(const Routes& routes, const http::Limits& limits)
      : routes_{routes}, server_{loop_, *this, limits}, workers_{concurrency()} {}

  int run() {
    notify("X_TENFOLD_CANCELS=1");  // before it can be found listening: that makes it ready
    const auto listening = listen();
    if (!listening) {
      fmt::print(stderr, "{}\n", listening.error());
      return 1;
    }
    boost::asio::signal_set signals{loop_, SIGTERM, SIGINT};
    signals.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) drain();
    });
    notify("READY=1");
    loop_.run();
    workers_.join();
    return 0;
  }

 private:
  std::expected<void, std::string> listen() {
    const auto places = where_to_serve(real_surroundings());
    if (!places) return std::unexpected(places.error());
    if (const auto* inherited = std::get_if<Inherited>(&*places)) {
      const auto adopted = server_.adopt(loop_.sockets().adopt(inherited->fd));
      if (!adopted) return std::unexpected(adopted.error());
      return {};
    }
    std::expected<void, std::string> tried;
    for (const http::Endpoint& endpoint : std::get<std::vector<http::Endpoint>>(*places)) {
      const auto bound = server_.listen(endpoint);
      if (bound) {
        fmt::print(stderr, "serving at {}\n", bound->to_string());
        return {};
      }
      if (tried) tried = std::unexpected(bound.error());
    }
    return tried;
  }

  // Its client is Tenfold, which ends its side to take a request back.
  bool is_half_close_leaving() const override { return true; }

  void on_request(http::ServerConnection& connection) override {
    const std::string_view target = connection.head().target();
    const auto route = routes_.find(std::string{target.substr(0, target.find('?'))});
    if (route == routes_.end()) return answer(connection, problem(404, "nothing is served at this path"));
    const auto method = route->second.find(std::string{connection.head().method()});
    if (method == route->second.end()) {
      std::string allow = "Allow: ";
      for (const auto& [name, handler] : route->second) allow += (allow.back() == ' ' ? "" : ", ") + name;
      return answer(connection, problem(405, "this path is served for other methods: see Allow"), allow + "\r\n");
    }
    std::make_shared<Call>(connection, method->second, [this](std::shared_ptr<Call> call) {
      start(std::move(call));
    })->receive();
  }

  static void answer(http::ServerConnection& connection, const Answer& made, std::string_view fields = {}) {
    connection.respond(made.status, made.content_type, made.body, fields);
  }

  void start(std::shared_ptr<Call> call) {
    boost::asio::post(workers_, [this, call = std::move(call)]() mutable {
      Answer made = answer_of(*call);
      boost::asio::post(loop_, [this, call = std::move(call), made = std::move(made)] {
        if (made.is_last) drain();  // first: so the answer says that its connection ends
        call->answer(made);
      });
    });
  }

  // The library's boundary: whatever a handler throws ends here.
  static Answer answer_of(Call& call) {
    try {
      return call.handler(call.request, call.stop.get_token());
    } catch (const std::exception& error) {
      return problem(500, error.what());
    } catch (...) {
      return problem(500, "the handler threw something that is no exception");
    }
  }

  void drain() {
    server_.drain();
    drain_timer_.expires_after(kDrainLook);
    drain_timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      if (server_.connection_count() == 0) {
        loop_.stop();
      } else {
        drain();
      }
    });
  }

  const Routes& routes_;
  http::EpollLoop loop_;
  http::Server server_;
  boost::asio::steady_timer drain_timer_{loop_};
  boost::asio::thread_pool workers_;
};

// The library's boundary, too.
std::expected<void, std::string> run_hooks(const Hooks& hooks, std::string_view name) {
  try {
    for (const auto& hook : hooks) hook();
    return {};
  } catch (const std::exception& error) {
    return std::unexpected(fmt::format("a hook of {}() failed: {}", name, error.what()));
  } catch (...) {
    return std::unexpected(fmt::format("a hook of {}() threw something that is no exception", name));
  }
}

int fail(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  return 1;
}

}  // namespace

class Service::Impl {
 public:
  int serve() {
    if (const auto done = run_hooks(before_fork, "before_fork"); !done) return fail(done.error());
    if (const auto socket = zygote_socket()) {
      if (const auto checked = check_single_threaded(); !checked) return fail(checked.error());
      if (fork_replicas(*socket) == Fork::kZygote) return 0;
    }
    if (const auto done = run_hooks(after_fork, "after_fork"); !done) return fail(done.error());
    return Serving{routes, limits}.run();
  }

  Routes routes;
  http::Limits limits;
  Hooks before_fork;
  Hooks after_fork;
};

Service::Service() : impl_{std::make_unique<Impl>()} {
  get("/healthz", [](const Request&, std::stop_token) { return Answer{.body = R"({"status":"ok"})"}; });
}
Service::~Service() = default;

void Service::set_max_body(std::size_t bytes) { impl_->limits.body_bytes = bytes; }
void Service::post(std::string path, Handler handler) { impl_->routes[std::move(path)]["POST"] = std::move(handler); }
void Service::get(std::string path, Handler handler) { impl_->routes[std::move(path)]["GET"] = std::move(handler); }
void Service::before_fork(std::function<void()> hook) { impl_->before_fork.push_back(std::move(hook)); }
void Service::after_fork(std::function<void()> hook) { impl_->after_fork.push_back(std::move(hook)); }
int Service::serve() { return impl_->serve(); }

}  // namespace tenfold
