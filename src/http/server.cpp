#include "http/server.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tenfold::http {

namespace {

// How exact timeouts are, at best; shorter ones tick as often as they need.
constexpr std::chrono::milliseconds kLongestTick{1'000};
constexpr std::chrono::milliseconds kShortestTick{5};

std::chrono::milliseconds tick_for(const Limits& limits) {
  const auto shortest = std::min(
      {limits.head_timeout, limits.body_timeout, limits.idle_timeout, limits.flush_timeout, limits.linger_timeout});
  return std::clamp(shortest / 4, kShortestTick, kLongestTick);
}

// Connections accepted in a row before the others get their turn.
constexpr int kAcceptBatch = 64;

// More than listen queues hold: net.core.somaxconn is 4096.
constexpr int kListenQueue = 8192;

}  // namespace

Server::Server(Loop& loop, ServerHandler& handler, const Limits& limits, MemoryBudget* budget)
    : loop_{loop},
      handler_{handler},
      limits_{limits},
      budget_{budget},
      timeouts_{TimeoutList{limits.head_timeout},         TimeoutList{limits.body_timeout},
                TimeoutList{limits.idle_timeout},         TimeoutList{limits.flush_timeout},
                TimeoutList{limits.linger_timeout},       TimeoutList{limits.presence_timeout},
                TimeoutList{std::chrono::hours{24 * 365}}},
      ticker_{loop},
      tick_{tick_for(limits)},
      now_{loop.now()} {}

Server::~Server() {
  while (!connections_.empty()) connections_.front()->remove();
}

std::expected<Endpoint, std::string> Server::listen(const Endpoint& endpoint) {
  auto acceptor = loop_.net().listen(endpoint);
  if (!acceptor) return std::unexpected(acceptor.error());
  return adopt(std::move(*acceptor));
}

std::expected<Endpoint, std::string> Server::adopt(std::unique_ptr<Acceptor> acceptor) {
  Endpoint bound = acceptor->endpoint();
  listeners_.emplace_back(*this, std::move(acceptor));
  if (const int error = listeners_.back().acceptor->watch(listeners_.back()); error != 0) {
    listeners_.pop_back();
    return std::unexpected("cannot listen on " + bound.to_string() + ": " + std::strerror(error));
  }
  return bound;
}

void Server::accept_clients(Listener& listener) {
  if (listener.is_paused) return;
  int left = kAcceptBatch;
  while (left > 0 && accept(listener)) --left;
  if (left == 0) listener.again.expires_at(loop_.now(), [this, &listener] { accept_clients(listener); });
}

bool Server::accept(Listener& listener) {
  if (connections_.size() > limits_.connections && !close_idlest()) {
    pause(listener);
    return false;
  }
  auto accepted = listener.acceptor->accept();
  if (!accepted) {
    const int error = accepted.error();
    // Out of descriptors or memory: who waits stays in the listen queue.
    const bool is_out = error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
    if (is_out) pause(listener);
    return error == ECONNABORTED;
  }
  // Whether somebody waits shows only when it is accepted: so there may be one too many, until another is idle.
  if (connections_.size() >= limits_.connections) close_idlest();
  connections_.push_front(
      std::make_shared<ServerConnection>(*this, std::move(accepted->transport), std::move(accepted->peer)));
  connections_.front()->place_ = connections_.begin();
  start_ticking();
  connections_.front()->start();
  return true;
}

bool Server::close_idlest() {
  if (const auto told = std::exchange(on_full_, nullptr)) told();
  return timeouts_.idle.expire_first();
}

void Server::pause(Listener& listener) {
  listener.is_paused = true;
  has_paused_ = true;
  start_ticking();
}

void Server::start_ticking() {
  if (is_ticking_) return;
  now_ = loop_.now();
  tick();
}

// Ticks only while there is something to watch: an idle server sleeps.
void Server::tick() {
  is_ticking_ = !connections_.empty() || has_paused_;
  if (!is_ticking_) return;
  ticker_.expires_after(tick_, [this] {
    now_ = loop_.now();
    for (TimeoutList* list :
         {&timeouts_.head, &timeouts_.body, &timeouts_.idle, &timeouts_.flush, &timeouts_.linger, &timeouts_.presence})
      list->expire(now_);
    if (farewell_) farewell_->expire(now_);
    has_paused_ = false;
    for (Listener& listener : listeners_) {
      if (std::exchange(listener.is_paused, false)) accept_clients(listener);
    }
    tick();
  });
}

void Server::drain(std::chrono::milliseconds farewell) {
  if (farewell > farewell.zero()) accept_waiting();
  listeners_.clear();
  is_draining_ = true;
  now_ = loop_.now();
  if (farewell > farewell.zero()) {
    farewell_.emplace(farewell);
    tick_ = std::clamp(farewell / 4, kShortestTick, tick_);
    tick();
  }
  for (auto next = connections_.begin(); next != connections_.end();) {
    const std::shared_ptr<ServerConnection> connection = *next++;
    if (!connection->is_resting()) continue;
    if (is_closing()) {
      connection->remove();
    } else {
      farewell_->set(*connection, now_);
    }
  }
}

// As many at most as a listen queue holds: others come while we take them.
void Server::accept_waiting() {
  for (Listener& listener : listeners_) {
    for (int left = kListenQueue; left > 0 && accept(listener); --left) {
    }
  }
}

}  // namespace tenfold::http
