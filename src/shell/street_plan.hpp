// What kind of street a seed makes: the network, the programs, and the settings and limits of the service.
#pragma once

#include <cstddef>
#include <memory>

#include "http/limits.hpp"
#include "live/ingress.hpp"
#include "shell/memory_net.hpp"
#include "shell/watch.hpp"
#include "sim/random.hpp"

namespace tenfold::shell {

struct StreetPlan {
  // Programs that keep the law, and a network that is only slow.
  bool is_lawful = true;
  // Of all programs, one of kLawfulHabits.
  std::size_t kind = 0;
  bool is_unix = true;
  // There is room for all that clients send: none of it is streamed.
  bool is_roomy = true;
  Weather weather;
  std::size_t descriptor_limit = 10'000;
  DiskMood disk = DiskMood::kGood;
  // How long who reads the console rests after each look.
  Duration reader_rests{};
  http::Limits limits;
  live::IngressOptions ingress;
  // What the spool's file takes, which is in memory here.
  std::shared_ptr<std::size_t> spooled = std::make_shared<std::size_t>();
};

StreetPlan draw_plan(sim::Random& random);

}  // namespace tenfold::shell
