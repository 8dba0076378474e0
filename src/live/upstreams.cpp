#include "live/upstreams.hpp"

namespace tenfold::live {

namespace {

// A connection that was idle for longer is not used again: uvicorn closes after 5 s, and a request that meets the close
// halfway cannot be told from one that ended its replica.
constexpr core::Duration kMaxIdle = std::chrono::seconds{4};

}  // namespace

Upstreams::~Upstreams() {
  while (!replicas_.empty()) remove(replicas_.begin()->first);
}

void Upstreams::add(core::ReplicaId replica, const http::Endpoint& endpoint) {
  replicas_.insert_or_assign(replica, Replica{.endpoint = endpoint});
}

void Upstreams::remove(core::ReplicaId replica) {
  const auto entry = replicas_.find(replica);
  if (entry == replicas_.end()) return;
  for (const Idle& idle : entry->second.idle) idle.connection->close();
  replicas_.erase(entry);
}

std::shared_ptr<http::ClientConnection> Upstreams::acquire(core::ReplicaId replica, http::ClientHandler& handler,
                                                           core::TimePoint now) {
  const auto entry = replicas_.find(replica);
  if (entry == replicas_.end()) return http::ClientConnection::connect(loop_, {}, limits_, handler);
  std::vector<Idle>& idle = entry->second.idle;
  while (!idle.empty()) {
    const Idle last = std::move(idle.back());
    idle.pop_back();
    if (last.connection->is_open() && now - last.since < kMaxIdle) {
      last.connection->set_handler(handler);
      return last.connection;
    }
    last.connection->close();
  }
  return http::ClientConnection::connect(loop_, entry->second.endpoint, limits_, handler);
}

void Upstreams::release(core::ReplicaId replica, std::shared_ptr<http::ClientConnection> connection,
                        core::TimePoint now) {
  const auto entry = replicas_.find(replica);
  if (entry == replicas_.end() || !connection->reusable()) return connection->close();
  connection->set_handler(*this);
  connection->rest();
  entry->second.idle.push_back({std::move(connection), now});
}

}  // namespace tenfold::live
