#include "live/provider/notice.hpp"

#include <algorithm>

namespace tenfold::live {

Notice parse_notice(std::string_view datagram) {
  Notice notice;
  while (!datagram.empty()) {
    const std::string_view line = datagram.substr(0, datagram.find('\n'));
    notice.is_ready |= line == "READY=1";
    notice.cancels |= line == "X_TENFOLD_CANCELS=1";
    datagram.remove_prefix(std::min(line.size() + 1, datagram.size()));
  }
  return notice;
}

}  // namespace tenfold::live
