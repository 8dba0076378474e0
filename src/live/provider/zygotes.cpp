#include "live/provider/zygotes.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "live/provider/launch_plan.hpp"
#include "live/provider/pipes.hpp"
#include "live/provider/replica_environment.hpp"

namespace tenfold::live {

Zygotes::Zygotes(boost::asio::io_context& loop, Guardian& guardian, const Isolator& isolator, Sinks sinks)
    : loop_{loop}, guardian_{guardian}, isolator_{isolator}, sinks_{sinks} {}

std::shared_ptr<Zygote> Zygotes::spawn(core::ReplicaId replica, const ReplicaSpec& spec, const Fd& control,
                                       const Fd& out, const Fd& err, const Fd& plan) {
  const auto found = std::ranges::find(entries_, spec, &Entry::spec);
  if (found != entries_.end() && found->zygote->spawn(replica, control, out, err, plan)) {
    found->replicas.insert(replica);
    return found->zygote;
  }
  if (found != entries_.end()) {
    found->zygote->end();
    entries_.erase(found);
  }
  entries_.push_back({spec, start(spec), {replica}});
  end_unneeded();
  std::shared_ptr<Zygote> zygote = entries_.back().zygote;
  if (!zygote->spawn(replica, control, out, err, plan))
    throw std::system_error(errno, std::generic_category(), "asking the zygote to start a replica");
  return zygote;
}

void Zygotes::forget(core::ReplicaId replica) {
  for (Entry& entry : entries_) entry.replicas.erase(replica);
  end_unneeded();
}

void Zygotes::end_unneeded() {
  std::erase_if(entries_, [newest = entries_.empty() ? nullptr : entries_.back().zygote](const Entry& entry) {
    const bool is_unneeded = entry.zygote != newest && entry.replicas.empty();
    if (is_unneeded) entry.zygote->end();
    return is_unneeded;
  });
}

std::vector<Fd> Zygotes::end() {
  std::vector<Fd> controls;
  for (const Entry& entry : std::exchange(entries_, {})) {
    if (Fd control = entry.zygote->end()) controls.push_back(std::move(control));
  }
  return controls;
}

std::shared_ptr<Zygote> Zygotes::start(const ReplicaSpec& spec) {
  auto [control, keeper_control] = make_control_sockets();
  auto [out, zygote_out] = make_pipe();
  auto [err, zygote_err] = make_pipe();
  Told told = tell_zygote(spec);
  LaunchPlan plan{.launches = {{.program = find_program(spec).value_or(spec.argv.front()),
                                .directory = spec.directory,
                                .arguments = std::move(told.arguments),
                                .environment = std::move(told.environment)}}};
  isolator_.put_into(plan, spec, kForks);
  guardian_.spawn({.kind = SpawnRequest::Kind::kZygote}, keeper_control, zygote_out, zygote_err, pack(plan));
  Zygote::Parts parts{.control = std::move(control),
                      .output = {.out = std::move(out), .err = std::move(err)},
                      .console = sinks_.console,
                      .lines = sinks_.lines};
  auto zygote =
      std::make_shared<Zygote>(loop_, std::move(parts), [this, life = std::weak_ptr{life_}](const std::string& how) {
        if (!life.expired()) tell_lost(how);
      });
  zygote->watch();
  return zygote;
}

void Zygotes::tell_lost(const std::string& how) const {
  const std::string sentence =
      fmt::format("the zygote {}; its replicas serve on, and the next start makes another", how);
  if (sinks_.lines != nullptr) sinks_.lines->add({}, Console::Stream::kErr, sentence);
  if (sinks_.console != nullptr) sinks_.console->say(Console::Stream::kErr, fmt::format("tenfold: {}\n", sentence));
}

}  // namespace tenfold::live
