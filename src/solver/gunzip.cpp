#include "solver/gunzip.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>
#include <zlib.h>

namespace tenfold::solver {

namespace {

// zlib's stream, closed when it goes.
class Stream {
 public:
  Stream() : is_open_{inflateInit2(&stream_, kGzip) == Z_OK} {}
  ~Stream() {
    if (is_open_) inflateEnd(&stream_);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  bool is_open() const { return is_open_; }

  // Unpacks one member from the front of `packed`, which it shortens, onto `out`. True if it was whole.
  bool unpack(std::string_view& packed, std::string& out, std::size_t max_size) {
    inflateReset(&stream_);
    int status = Z_OK;
    while (status == Z_OK && out.size() <= max_size) {
      const std::size_t given = std::min<std::size_t>(packed.size(), std::numeric_limits<uInt>::max());
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
      stream_.avail_in = static_cast<uInt>(given);
      stream_.next_out = reinterpret_cast<Bytef*>(block_.data());
      stream_.avail_out = block_.size();
      status = inflate(&stream_, Z_NO_FLUSH);
      packed.remove_prefix(given - stream_.avail_in);
      out.append(block_.data(), block_.size() - stream_.avail_out);
    }
    return status == Z_STREAM_END;
  }

 private:
  static constexpr int kGzip = 16 + MAX_WBITS;

  z_stream stream_{};
  bool is_open_;
  std::array<char, 64 << 10> block_{};
};

}  // namespace

std::expected<std::string, std::string> gunzip(std::string_view packed, std::size_t max_size) {
  Stream stream;
  if (!stream.is_open()) return std::unexpected("the body cannot be unpacked: zlib has no memory");
  const std::size_t size = packed.size();
  std::string out;
  do {
    const bool is_whole = stream.unpack(packed, out, max_size);
    if (out.size() > max_size)
      return std::unexpected(fmt::format("the body is larger than {} MiB when it is unpacked", max_size >> 20));
    if (!is_whole)
      return std::unexpected(
          fmt::format("the body is no whole gzip stream: it breaks at byte {}", size - packed.size()));
  } while (packed.find_first_not_of('\0') != std::string_view::npos);
  return out;
}

}  // namespace tenfold::solver
