// Bounds on what a stranger may make a connection do, each with its default and its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tenfold::http {

struct Limits {
  // A head above this is answered 431. Cookies and tokens of real clients fit four times.
  std::size_t head_bytes = std::size_t{32} << 10;
  // A body above this is answered 413, at once if it is announced.
  std::uint64_t body_bytes = std::uint64_t{64} << 20;
  // How much of a body is read before somebody takes it; the rest stays in the peer's socket.
  std::size_t buffer_bytes = std::size_t{64} << 10;
  // From a head's first byte to its last: 408.
  std::chrono::milliseconds head_timeout{10'000};
  // A body must bring `body_progress_bytes` in each span of this, or its end: 408. One byte a second is no upload.
  std::chrono::milliseconds body_timeout{30'000};
  std::size_t body_progress_bytes = std::size_t{15} << 10;
  // A connection without a request is closed after this: nginx's default.
  std::chrono::milliseconds idle_timeout{75'000};
  // A client that takes nothing of its answer for so long is gone; each byte that it takes renews the time.
  std::chrono::milliseconds flush_timeout{75'000};
  // After an error with input left unread: how long that is still read and dropped, so that the client gets the answer
  // before a reset (RFC 9112, 9.6).
  std::chrono::milliseconds linger_timeout{2'000};
  // A client that has ended its side may still wait for its answer, or may have left. After this it is asked once, by a
  // 100 Continue, which a machine resets whose client has left. Most answers are there before.
  std::chrono::milliseconds presence_timeout{1'000};
  // Connections at a time. The next one takes the place of the one that has been idle for longest, or waits in the
  // listen queue if none is.
  std::size_t connections = 60'000;
};

}  // namespace tenfold::http
