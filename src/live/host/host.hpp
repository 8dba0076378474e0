// What all that a process of Tenfold serves has in common: the loop, and the voice.
#pragma once

#include <chrono>

#include "config/app_config.hpp"
#include "http/epoll_loop.hpp"
#include "live/console.hpp"
#include "live/log.hpp"
#include "live/said/said_lines.hpp"

namespace tenfold::live {

// For people and time stamps; nothing is timed by it.
inline std::chrono::system_clock::time_point wall_clock() { return std::chrono::system_clock::now(); }

// On the loop's thread. The console is borrowed.
struct Host {
  Host(Console& where, const config::LogSettings& settings) : console{where}, log{where, said, settings, wall_clock} {}

  Console& console;
  http::EpollLoop loop;
  SaidLines said{wall_clock};
  Log log;
};

}  // namespace tenfold::live
