// The console of a street: what the service says to people, and a reader who stops reading now and then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "live/console.hpp"
#include "shell/ledger.hpp"
#include "shell/virtual_loop.hpp"

namespace tenfold::shell {

// Holds the backlog to its promise: no more is kept than its limit, and every line is either shown or told as missing.
class StreetConsole final : public live::Console {
 public:
  // `reads_every`: how long the reader rests after each look.
  StreetConsole(VirtualLoop& loop, Ledger& ledger, Duration reads_every)
      : loop_{loop}, ledger_{ledger}, reads_every_{reads_every} {}

  void say(Stream stream, std::string_view lines) override;

  // The reader reads what is left: every line must be accounted for.
  void finish();

 private:
  // Small, so that a reader who rests for a while finds lines missing.
  static constexpr std::size_t kLimit = 1024;

  void read();

  VirtualLoop& loop_;
  Ledger& ledger_;
  Duration reads_every_;
  live::ConsoleBacklog backlog_{kLimit};
  bool is_reading_soon_ = false;
  std::uint64_t said_ = 0;
  std::uint64_t shown_ = 0;
  std::uint64_t missing_ = 0;
};

}  // namespace tenfold::shell
