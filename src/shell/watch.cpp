#include "shell/watch.hpp"

#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "journal/checksum.hpp"
#include "live/clock.hpp"

namespace tenfold::shell {

namespace {

using namespace std::chrono_literals;

// A slow disk's, and how long it takes for what waits.
constexpr std::size_t kSmallBuffer = std::size_t{8} << 10;
constexpr Duration kSlowWrite = 1500ms;

constexpr std::uint64_t kSmallDisk = std::uint64_t{40} << 10;

constexpr Duration kFailsEvery = 7s;
constexpr Duration kFailsFor = 2s;

journal::WriterOptions writer_options(DiskMood mood) {
  journal::WriterOptions options;
  if (mood == DiskMood::kSlow) options.buffer_bytes = kSmallBuffer;
  options.on_trouble = [](const std::string&) {};
  options.unix_time_at_zero = [] { return std::int64_t{0}; };
  options.file_bytes = std::size_t{256} << 10;
  options.files = 10'000;
  return options;
}

}  // namespace

const std::filesystem::path& Watch::journal() {
  static const std::filesystem::path path{"/journal"};
  return path;
}

Watch::Watch(VirtualLoop& loop, const core::Settings& settings, DiskMood mood, Ledger& ledger, const OnStep& on_step)
    : loop_{loop}, ledger_{ledger}, on_step_{on_step}, mood_{mood}, invariants_{settings} {
  journal::WriterOptions options = writer_options(mood);
  options.wake = [this] { write_soon(); };
  auto writer = journal::Writer::open(disk_, journal(), std::move(options));
  if (!writer) {
    ledger_.broken("the journal cannot be opened: " + writer.error());
    return;
  }
  writer_ = std::move(*writer);
  journal_.write_to(*writer_);
  if (mood_ == DiskMood::kFull) disk_.set_capacity(kSmallDisk);
  if (mood_ == DiskMood::kFailing) fail_for_a_while();
}

void Watch::fail_for_a_while() {
  disk_.set_faults([this](journal::MemoryDisk::Operation) {
    return is_failing_ ? std::make_error_code(std::errc::io_error) : std::error_code{};
  });
  loop_.after(kFailsEvery - kFailsFor, [this] { is_failing_ = mood_ == DiskMood::kFailing; });
  loop_.after(kFailsEvery, [this] {
    is_failing_ = false;
    if (mood_ == DiskMood::kFailing) fail_for_a_while();
  });
}

void Watch::heal() {
  mood_ = DiskMood::kGood;
  is_failing_ = false;
  disk_.set_capacity(~std::uint64_t{0});
}

std::uint64_t Watch::digest_of_journal() {
  std::uint64_t digest = 0;
  for (const auto& entry : disk_.list(journal()).value_or(std::vector<journal::Disk::Entry>{}))
    digest = digest * 31 + journal::checksum(disk_.read(entry.path).value_or(""));
  return digest;
}

void Watch::stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
                    const core::Service& service) {
  journal_.stepped(now, event, actions, service);
  if (on_step_) on_step_(now, event, actions);
  arrivals_ += std::holds_alternative<core::RequestArrived>(event) ? 1 : 0;
  for (const core::Action& action : actions) rejections_ += std::holds_alternative<core::Reject>(action) ? 1 : 0;
  if (const auto broken = invariants_.step(now, event, actions, service.view())) ledger_.broken(*broken);
}

void Watch::write_soon() {
  if (std::exchange(is_writing_, true)) return;
  if (mood_ == DiskMood::kSlow) return loop_.after(kSlowWrite, [this] { write(); });
  loop_.post([this] { write(); });
}

void Watch::write() {
  is_writing_ = false;
  const core::TimePoint again = writer_->write_pending(live::now(loop_));
  if (again == core::kNever || std::exchange(is_writing_, true)) return;
  loop_.at(live::to_loop_time(again), [this] { write(); });
}

}  // namespace tenfold::shell
