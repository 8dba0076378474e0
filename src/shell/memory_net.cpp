#include "shell/memory_net.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "journal/checksum.hpp"

namespace tenfold::shell {

namespace {

using namespace std::chrono_literals;

// What a system call costs in a loop's turn, and a byte that comes with it and is parsed.
constexpr Duration kCallCost = 2us;
constexpr double kNanosecondsPerByte = 2;

// A turn that costs more starves the others whatever follows: it is cut, so that the run comes to its end and tells.
constexpr Duration kCutTurn = 200ms;

constexpr Duration kHungConnect = 1s;
constexpr Duration kAskedAgain = 1s;

}  // namespace

// A connection: what each side has sent and the other has not read.
struct Fabric::Link {
  explicit Link(std::shared_ptr<std::set<const Link*>> among) : all{std::move(among)} { all->insert(this); }
  ~Link() { all->erase(this); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  struct Direction {
    std::string arrived;
    std::size_t read = 0;             // of `arrived`
    std::deque<std::string> flights;  // they arrive in the order in which they left
    std::size_t flying = 0;
    bool is_fin_sent = false;
    bool is_fin_arrived = false;
    bool is_writer_blocked = false;
    std::function<std::string()> source;
    http::Loop::TimePoint last_arrival{};
    std::size_t held() const { return arrived.size() - read + flying; }
  };
  std::size_t memory() const {
    std::size_t sum = 0;
    for (const Direction& direction : sent) sum += direction.arrived.capacity() + direction.flying;
    return sum;
  }

  std::shared_ptr<std::set<const Link*>> all;
  std::array<Direction, 2> sent;  // by side
  std::array<Stream*, 2> ends{};  // null: closed, or not accepted yet
  std::array<bool, 2> is_closed{};
  std::array<bool, 2> is_reset{};  // a reset has arrived at this side
  std::string name;                // of the endpoint
  bool is_established = false;
  bool is_silent = false;  // something was lost on it: only a reset can follow
  bool has_vanished = false;
  bool is_unix = false;
};

// Where somebody listens.
class Gate final : public http::Acceptor {
 public:
  Gate(Host& host, http::Endpoint endpoint, std::size_t backlog)
      : host_{host}, endpoint_{std::move(endpoint)}, backlog_{backlog} {
    host_.fabric_.gates_[endpoint_.to_string()] = this;
  }
  ~Gate() override {
    host_.fabric_.gates_.erase(endpoint_.to_string());
    for (const Waiting& one : waiting_) refuse(one.link);
  }

  http::Endpoint endpoint() const override { return endpoint_; }
  int watch(http::ReadinessHandler& handler) override {
    handler_ = &handler;
    return 0;
  }

  std::expected<http::Accepted, int> accept() override {
    if (host_.is_service_) host_.fabric_.loop_.charge(kCallCost);
    if (!host_.has_room()) return std::unexpected(EMFILE);
    while (!waiting_.empty() && waiting_.front().link->is_closed[0]) waiting_.pop_front();
    if (waiting_.empty()) return std::unexpected(EAGAIN);
    const auto link = std::move(waiting_.front().link);
    waiting_.pop_front();
    auto stream = std::unique_ptr<Stream>{new Stream{host_, link, 1}};
    return http::Accepted{.transport = std::move(stream), .peer = link->is_unix ? "unix" : "127.0.0.1"};
  }

  bool is_full() const { return waiting_.size() >= backlog_; }
  bool is_refusing() const { return is_refusing_; }
  void refuse(bool is_refused) { is_refusing_ = is_refused; }
  Duration longest_wait() const {
    const auto first = std::ranges::find_if(waiting_, [](const auto& one) { return !one.link->is_closed[0]; });
    return first == waiting_.end() ? Duration{} : host_.fabric_.loop_.now() - first->since;
  }
  void arrive(std::shared_ptr<Fabric::Link> link) {
    waiting_.push_back({.link = std::move(link), .since = host_.fabric_.loop_.now()});
    host_.fabric_.loop_.after(0ns, [this, alive = std::weak_ptr{is_alive_}] {
      if (!alive.expired() && handler_) handler_->on_ready({.readable = true});
    });
  }

 private:
  struct Waiting {
    std::shared_ptr<Fabric::Link> link;
    http::Loop::TimePoint since;
  };

  static void refuse(const std::shared_ptr<Fabric::Link>& link) {
    link->is_reset[0] = true;
    link->is_closed[1] = true;
    if (link->ends[0]) link->ends[0]->notify({.readable = true, .writable = true, .hung_up = true}, 0ns);
  }

  Host& host_;
  http::Endpoint endpoint_;
  std::size_t backlog_;
  http::ReadinessHandler* handler_ = nullptr;
  std::deque<Waiting> waiting_;
  bool is_refusing_ = false;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
};

void Fabric::note_written(int side, std::string_view bytes) {
  const auto when = static_cast<std::uint64_t>(loop_.now().time_since_epoch().count());
  for (const std::uint64_t fact : {when, static_cast<std::uint64_t>(side), std::uint64_t{journal::checksum(bytes)}})
    digest_ = (digest_ ^ fact) * 0x9E37'79B9'7F4A'7C15U;
}

std::size_t Fabric::memory() const {
  std::size_t sum = 0;
  for (const Link* link : *links_) sum += link->memory();
  return sum;
}

bool Fabric::is_silent(const Link& link) const {
  return link.is_silent || (!silent_.empty() && silent_.contains(link.name));
}

// Something was lost on the way: a machine that is there again knows the connection no more, and says so when it is
// asked.
void Fabric::end_later(const std::shared_ptr<Link>& link, std::size_t side) {
  link->is_silent = true;
  if (link->has_vanished || !link->ends[1 - side]) return;
  if (silent_.contains(link->name)) return loop_.after(kAskedAgain, [this, link, side] { end_later(link, side); });
  link->is_reset[1 - side] = true;
  link->ends[1 - side]->notify({.readable = true, .writable = true, .hung_up = true}, 0ns);
}

// ---- Host

bool Host::has_room() const { return !is_service_ || fabric_.descriptors_ < descriptor_limit_; }

std::expected<std::unique_ptr<http::Acceptor>, std::string> Host::listen(const http::Endpoint& endpoint) {
  http::Endpoint bound = endpoint;
  if (!bound.is_unix() && bound.port == 0) bound.port = fabric_.next_port_++;
  if (fabric_.gates_.contains(bound.to_string())) return std::unexpected(bound.to_string() + " is in use");
  return std::make_unique<Gate>(*this, bound, backlog_);
}

std::expected<std::unique_ptr<http::Transport>, int> Host::connect(const http::Endpoint& endpoint) {
  if (is_service_) fabric_.loop_.charge(kCallCost);
  if (!has_room()) return std::unexpected(EMFILE);
  const auto gate = fabric_.gates_.find(endpoint.to_string());
  const bool is_refused = gate == fabric_.gates_.end() || gate->second->is_refusing();
  if (endpoint.is_unix() && is_refused) return std::unexpected(ECONNREFUSED);
  if (endpoint.is_unix() && gate->second->is_full()) return std::unexpected(EAGAIN);
  return open(endpoint);
}

void Host::refuse(const http::Endpoint& endpoint, bool is_refused) {
  const auto gate = fabric_.gates_.find(endpoint.to_string());
  if (gate != fabric_.gates_.end()) gate->second->refuse(is_refused);
}

void Host::silence(const http::Endpoint& endpoint, bool is_silent) {
  if (is_silent) {
    fabric_.silent_.insert(endpoint.to_string());
  } else {
    fabric_.silent_.erase(endpoint.to_string());
  }
}

Duration Host::longest_wait_at(const http::Endpoint& endpoint) const {
  const auto gate = fabric_.gates_.find(endpoint.to_string());
  return gate == fabric_.gates_.end() ? Duration{} : gate->second->longest_wait();
}

std::unique_ptr<Stream> Host::open(const http::Endpoint& endpoint) {
  auto link = std::make_shared<Fabric::Link>(fabric_.links_);
  link->is_unix = endpoint.is_unix();
  link->name = endpoint.to_string();
  auto stream = std::unique_ptr<Stream>{new Stream{*this, link, 0}};
  const bool is_slow = !link->is_unix && fabric_.one_in(fabric_.weather_.slow_connect);
  // SYN and its answer. A full backlog drops the SYN, which is sent again.
  const auto knock = [this, link, name = endpoint.to_string()](const auto& again) -> void {
    if (!link->ends[0]) return;
    const auto gate = fabric_.gates_.find(name);
    if (gate == fabric_.gates_.end() || gate->second->is_refusing()) {
      link->is_reset[0] = true;
      return link->ends[0]->notify({.readable = true, .writable = true, .hung_up = true}, 0ns);
    }
    if (gate->second->is_full() || fabric_.is_silent(*link)) {
      return fabric_.loop_.after(kHungConnect, [again] { again(again); });
    }
    link->is_established = true;
    gate->second->arrive(link);
    link->ends[0]->notify({.writable = true}, 0ns);
  };
  if (link->is_unix) {
    knock(knock);
  } else {
    fabric_.loop_.after(is_slow ? kHungConnect : fabric_.weather_.latency, [knock] { knock(knock); });
  }
  return stream;
}

// ---- Stream

Stream::Stream(Host& host, std::shared_ptr<Fabric::Link> link, int side)
    : host_{host}, link_{std::move(link)}, side_{side} {
  link_->ends[static_cast<std::size_t>(side_)] = this;
  if (host_.is_service_) ++host_.fabric_.descriptors_;
}

Stream::~Stream() { close(false); }

int Stream::watch(http::ReadinessHandler& handler) {
  if (host_.is_service_ && host_.fabric_.one_in(host_.fabric_.weather_.refused_watch)) return ENOSPC;
  handler_ = &handler;
  const auto& incoming = link_->sent[static_cast<std::size_t>(1 - side_)];
  const bool has_news = incoming.read < incoming.arrived.size() || incoming.is_fin_arrived || incoming.source ||
                        link_->is_reset[static_cast<std::size_t>(side_)];
  if (has_news) notify({.readable = true}, 0ns);
  return 0;
}

int Stream::want_writable(bool is_wanted) {
  wants_write_ = is_wanted;
  const auto& outgoing = link_->sent[static_cast<std::size_t>(side_)];
  if (is_wanted && link_->is_established && outgoing.held() < host_.fabric_.weather_.buffer_bytes)
    notify({.writable = true}, 0ns);
  return 0;
}

void Stream::notify(http::Readiness readiness, Duration delay) {
  host_.fabric_.loop_.after(delay, [this, readiness, alive = std::weak_ptr{is_alive_}] {
    if (alive.expired() || !handler_) return;
    http::Readiness told = readiness;
    told.writable = told.writable && wants_write_;
    const auto me = static_cast<std::size_t>(side_);
    const bool are_both_ended = link_->sent[1 - me].is_fin_arrived && link_->sent[me].is_fin_sent;
    const bool is_gone = link_->is_unix && link_->is_closed[1 - me] && told.hung_up;
    told.is_cut = link_->is_reset[me] || are_both_ended || is_gone;
    if (told.readable || told.writable) handler_->on_ready(told);
  });
}

http::IoResult Stream::read(std::span<char> room) {
  if (host_.is_service_) {
    host_.fabric_.loop_.charge(kCallCost);
    if (host_.fabric_.loop_.turn_cost() > kCutTurn) {
      notify({.readable = true}, 1ms);
      return std::unexpected(EAGAIN);
    }
  }
  const http::IoResult got = read_now(room);
  if (got && host_.is_service_)
    host_.fabric_.loop_.charge(Duration{static_cast<Duration::rep>(static_cast<double>(*got) * kNanosecondsPerByte)});
  return got;
}

bool Stream::is_peer_gone() const { return !link_ || link_->is_closed[static_cast<std::size_t>(1 - side_)]; }

http::IoResult Stream::read_now(std::span<char> room) {
  const auto me = static_cast<std::size_t>(side_);
  auto& incoming = link_->sent[1 - me];
  while (incoming.source && incoming.arrived.size() - incoming.read < room.size()) {
    const std::string more = incoming.source();
    if (more.empty()) break;
    incoming.arrived.erase(0, std::exchange(incoming.read, 0));
    incoming.arrived += more;
  }
  const std::size_t there = incoming.arrived.size() - incoming.read;
  if (there == 0) {
    if (link_->is_reset[me]) return std::unexpected(link_->is_established ? ECONNRESET : ECONNREFUSED);
    if (incoming.is_fin_arrived) return 0;
    return std::unexpected(EAGAIN);
  }
  std::size_t take = std::min(room.size(), there);
  // Less than there is comes only with another edge: the rest arrives a moment later.
  const bool is_short = host_.fabric_.one_in(host_.fabric_.weather_.short_io);
  if (is_short) take = 1 + host_.fabric_.random_.below(take);
  std::copy_n(incoming.arrived.data() + incoming.read, take, room.data());
  incoming.read += take;
  if (incoming.read == incoming.arrived.size()) {
    incoming.arrived.clear();
    incoming.read = 0;
  } else if (take < room.size()) {
    notify({.readable = true}, 0ns);
  }
  if (incoming.is_writer_blocked && link_->ends[1 - me]) {
    incoming.is_writer_blocked = false;
    link_->ends[1 - me]->notify({.writable = true}, host_.fabric_.weather_.latency);
  }
  return take;
}

http::IoResult Stream::write(std::span<const std::string_view> pieces) {
  if (host_.is_service_) host_.fabric_.loop_.charge(kCallCost);
  return write_now(pieces);
}

http::IoResult Stream::write_now(std::span<const std::string_view> pieces) {
  const auto me = static_cast<std::size_t>(side_);
  Fabric& fabric = host_.fabric_;
  auto& outgoing = link_->sent[me];
  if (link_->is_reset[me]) return std::unexpected(link_->is_established ? EPIPE : ECONNREFUSED);
  if (outgoing.is_fin_sent) return std::unexpected(EPIPE);
  if (!link_->is_established) {
    outgoing.is_writer_blocked = true;
    return std::unexpected(EAGAIN);
  }
  std::size_t whole = 0;
  for (const std::string_view piece : pieces) whole += piece.size();
  const std::size_t held = outgoing.held();
  std::size_t take = std::min(whole, fabric.weather_.buffer_bytes - std::min(held, fabric.weather_.buffer_bytes));
  if (take == 0) {
    outgoing.is_writer_blocked = true;
    return std::unexpected(EAGAIN);
  }
  if (fabric.one_in(fabric.weather_.short_io)) take = 1 + fabric.random_.below(take);
  if (take < whole) {
    outgoing.is_writer_blocked = true;
    if (held + take < fabric.weather_.buffer_bytes) notify({.writable = true}, 0ns);
  }
  std::string bytes;
  for (const std::string_view piece : pieces) bytes += piece.substr(0, take - bytes.size());
  fabric.note_written(side_, bytes);
  if (link_->is_unix) {
    // One machine: what is written has arrived.
    if (link_->is_closed[1 - me]) return std::unexpected(EPIPE);
    outgoing.arrived += bytes;
    if (link_->ends[1 - me]) link_->ends[1 - me]->notify({.readable = true}, 0ns);
    return take;
  }
  outgoing.flying += take;
  outgoing.flights.push_back(std::move(bytes));
  outgoing.last_arrival = std::max(outgoing.last_arrival, fabric.loop_.now() + fabric.weather_.latency);
  fabric.loop_.at(outgoing.last_arrival, [link = link_, me, &fabric] {
    auto& direction = link->sent[me];
    if (fabric.is_silent(*link)) {
      link->is_silent = true;
      direction.flights.pop_front();  // it takes up room until the end, as nobody acknowledges it
      return;
    }
    const std::string arriving = std::move(direction.flights.front());
    direction.flights.pop_front();
    direction.flying -= arriving.size();
    if (link->is_closed[1 - me]) {
      // Nobody is there to read it: the answer is a reset.
      link->is_reset[me] = true;
      if (link->ends[me])
        link->ends[me]->notify({.readable = true, .writable = true, .hung_up = true}, fabric.weather_.latency);
      return;
    }
    if (link->is_reset[1 - me]) return;  // a reset that overtook it is the last that is heard
    direction.arrived += arriving;
    if (link->ends[1 - me]) link->ends[1 - me]->notify({.readable = true}, 0ns);
  });
  return take;
}

void Stream::shut_down_writing() {
  const auto me = static_cast<std::size_t>(side_);
  Fabric& fabric = host_.fabric_;
  auto& outgoing = link_->sent[me];
  if (std::exchange(outgoing.is_fin_sent, true)) return;
  if (link_->is_unix) {
    outgoing.is_fin_arrived = true;
    if (link_->ends[1 - me]) link_->ends[1 - me]->notify({.readable = true, .hung_up = true}, 0ns);
    return;
  }
  outgoing.last_arrival = std::max(outgoing.last_arrival, fabric.loop_.now() + fabric.weather_.latency);
  // After the bytes of the same instant, which come in the order of their own drawing.
  fabric.loop_.at(outgoing.last_arrival + 1ns, [link = link_, me, &fabric] {
    if (fabric.is_silent(*link)) return fabric.end_later(link, me);
    link->sent[me].is_fin_arrived = true;
    if (link->ends[1 - me]) link->ends[1 - me]->notify({.readable = true, .hung_up = true}, 0ns);
  });
}

void Stream::vanish() { link_->is_silent = link_->has_vanished = true; }

void Stream::close(bool is_reset) {
  if (!link_) return;
  is_reset = is_reset || link_->is_silent;
  const auto me = static_cast<std::size_t>(side_);
  Fabric& fabric = host_.fabric_;
  const auto& incoming = link_->sent[1 - me];
  const bool has_unread = incoming.read < incoming.arrived.size() || incoming.flying > 0;
  // A unix socket knows no reset but for what was not read.
  if ((is_reset && !link_->is_unix) || has_unread) {
    const auto reset = [link = link_, me] {
      if (link->is_reset[1 - me] || link->has_vanished) return;
      link->is_reset[1 - me] = true;
      // What has arrived may be read before the reset or be lost with it: kernels differ. Here it is lost.
      if (!link->is_unix) {
        link->sent[me].arrived.clear();
        link->sent[me].read = 0;
      }
      if (link->ends[1 - me]) link->ends[1 - me]->notify({.readable = true, .writable = true, .hung_up = true}, 0ns);
    };
    if (link_->is_unix) {
      reset();
    } else {
      fabric.loop_.after(fabric.weather_.latency, reset);
    }
  } else {
    shut_down_writing();
  }
  link_->sent[me].source = nullptr;
  link_->ends[me] = nullptr;
  link_->is_closed[me] = true;
  handler_ = nullptr;
  is_alive_.reset();
  link_.reset();
  if (host_.is_service_) --fabric.descriptors_;
}

void Stream::flood_with(std::function<std::string()> source) {
  const auto me = static_cast<std::size_t>(side_);
  link_->sent[me].source = std::move(source);
  if (link_->ends[1 - me]) link_->ends[1 - me]->notify({.readable = true}, host_.fabric_.weather_.latency);
}

}  // namespace tenfold::shell
