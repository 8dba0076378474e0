// Listening sockets that whoever starts us hands over: systemd's socket units, or the Tenfold that this one follows.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace tenfold::live {

// The descriptor of the first, SD_LISTEN_FDS_START in sd_listen_fds(3).
inline constexpr int kFirstHanded = 3;

struct HandedSockets {
  // Descriptors, closed on exec. Empty: none was handed over, and we listen ourselves.
  std::vector<int> service;
  std::vector<int> admin;
};

// Which of `count` sockets from `first` on is for whom: those that are called `admin` for the admin API, all others for
// clients. `names` are joined by colons, as LISTEN_FDNAMES has them; one that is missing is no name.
HandedSockets sort_handed(int first, int count, std::string_view names);

// Takes those of the environment: LISTEN_FDS with LISTEN_FDNAMES, by sd_listen_fds(3). LISTEN_PID, where there is one,
// must be this process. Once: the variables are gone afterwards, so that no child takes them for its own. The error is
// a sentence: what was handed over does not listen.
std::expected<HandedSockets, std::string> take_handed_sockets();

}  // namespace tenfold::live
