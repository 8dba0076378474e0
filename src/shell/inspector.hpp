// Somebody who looks at the admin port, as Prometheus and people do.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "shell/ledger.hpp"
#include "shell/memory_net.hpp"
#include "shell/message.hpp"
#include "shell/talker.hpp"

namespace tenfold::shell {

// What was told at one look.
struct Inspection {
  std::string metrics;
  std::string status;

  // The sum of all samples of a metric, whatever their labels.
  std::uint64_t sum_of(std::string_view metric) const;
  // A number of the status, by its first name; nothing if it is not there.
  std::uint64_t number_of(std::string_view name) const;
};

// Asks for /metrics and then for /status.
class Inspector final : public Talker {
 public:
  using Told = std::function<void(const Inspection&)>;
  // `may_be_refused`: that it gets no answer breaks no promise.
  Inspector(VirtualLoop& loop, std::unique_ptr<Stream> stream, Ledger& ledger, bool may_be_refused, Told told);

 private:
  void on_heard() override;
  void on_end(bool is_broken) override;

  Ledger& ledger_;
  bool may_be_refused_;
  Told told_;
  MessageReader reader_{MessageKind::kAnswer};
  Inspection inspection_;
};

}  // namespace tenfold::shell
