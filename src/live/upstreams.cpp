#include "live/upstreams.hpp"

#include <algorithm>
#include <utility>

namespace tenfold::live {

namespace {

// After such an answer many servers close, and not all say so.
constexpr int kFirstErrorStatus = 500;

}  // namespace

Upstreams::~Upstreams() {
  while (!replicas_.empty()) remove(replicas_.begin()->first);
}

void Upstreams::add(core::ReplicaId replica, const http::Endpoint& endpoint) {
  replicas_.insert_or_assign(replica, Replica{.endpoint = endpoint, .idle = {}});
}

void Upstreams::remove(core::ReplicaId replica) {
  const auto entry = replicas_.find(replica);
  if (entry == replicas_.end()) return;
  close_all(entry->second.idle);
  replicas_.erase(entry);
}

Upstreams::Acquired Upstreams::acquire(core::ReplicaId replica, http::ClientHandler& handler, std::uint64_t bytes) {
  const auto entry = replicas_.find(replica);
  // That it is gone is the answer: as if the connection had been closed before a byte was sent.
  if (entry == replicas_.end()) {
    return {.connection = http::ClientConnection::connect(loop_, {}, limits_, handler), .is_kept = true};
  }
  auto& [endpoint, idle] = entry->second;
  if (!idle.empty()) {
    const auto last = std::move(idle.back());
    idle.pop_back();
    if (endpoint.is_unix() && bytes <= kOneRead) {
      last->set_handler(handler);
      return {.connection = last, .is_kept = true};
    }
    last->close();
  }
  return {.connection = http::ClientConnection::connect(loop_, endpoint, limits_, handler)};
}

void Upstreams::release(core::ReplicaId replica, std::shared_ptr<http::ClientConnection> connection,
                        core::Outcome outcome) {
  const auto entry = replicas_.find(replica);
  if (entry == replicas_.end()) return connection->close();
  // One was closed while it waited: so may the others be.
  if (outcome == core::Outcome::kNotSent) close_all(entry->second.idle);
  if (!connection->reusable() || connection->head().status() >= kFirstErrorStatus) return connection->close();
  connection->set_handler(*this);
  connection->rest();
  entry->second.idle.push_back(std::move(connection));
}

void Upstreams::close_all(Idle& idle) {
  for (const auto& connection : idle) connection->close();
  idle.clear();
}

void Upstreams::forget(http::ClientConnection& connection) {
  for (auto& [id, replica] : replicas_) {
    std::erase_if(replica.idle, [&connection](const auto& each) { return each.get() == &connection; });
  }
}

}  // namespace tenfold::live
