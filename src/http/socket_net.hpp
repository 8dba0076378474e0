// The network as it is: TCP and unix sockets of the kernel.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>

#include "http/transport.hpp"

namespace tenfold::http {

class SocketNet final : public Net {
 public:
  // Throws std::system_error when the machine gives no epoll set.
  explicit SocketNet(boost::asio::io_context& context);

  std::expected<std::unique_ptr<Acceptor>, std::string> listen(const Endpoint& endpoint) override;
  std::expected<std::unique_ptr<Transport>, int> connect(const Endpoint& endpoint) override;

  // Who is connected by a descriptor; false: the connection is closed at once.
  using MayEnter = std::function<bool(int connected_fd)>;

  // Accepts from a socket that listens already, and takes it over. Null: everybody may enter.
  std::unique_ptr<Acceptor> adopt(int listening_fd, MayEnter may_enter = nullptr);

 private:
  boost::asio::io_context& context_;
};

}  // namespace tenfold::http
