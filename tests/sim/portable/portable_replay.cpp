// Records what cores are told and do under faults, and replays it, byte for byte, their states included.
//
//   portable_replay record FILE
//   portable_replay replay FILE      1 at the first difference, with its step
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include "journal/checksum.hpp"
#include "journal/codec.hpp"
#include "sim/faults.hpp"

namespace tenfold::sim {
namespace {

constexpr std::uint64_t kSeeds = 12;
constexpr core::Duration kSpan = std::chrono::minutes{10};

// One core's run: a checkpoint of its beginning, and so many steps, each with the actions and the state after it.
struct Run {
  core::Checkpoint began;
  std::string steps;
  std::uint32_t count = 0;
};

// Of all its bytes: a state has some thousands, and there is one for each step.
std::uint32_t state_of(const core::Service& service) {
  std::string bytes;
  journal::Encoder{bytes}.put(service.save());
  return journal::checksum(bytes);
}

class Recording : public StepObserver {
 public:
  void beginning(const core::Service& service) override { run_.began = service.save(); }
  void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
               const core::Service& service) override {
    journal::Encoder out{run_.steps};
    out.put(journal::Step{now, event, actions});
    out.put(state_of(service));
    ++run_.count;
  }
  const Run& run() const { return run_; }

 private:
  Run run_;
};

int record(const char* path) {
  std::string bytes;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Recording recording;
    run_faults({.seed = seed, .duration = kSpan}, &recording);
    journal::Encoder out{bytes};
    out.put(recording.run().began);
    out.put(recording.run().count);
    bytes += recording.run().steps;
  }
  std::ofstream{path, std::ios::binary} << bytes;
  return 0;
}

bool is_same(core::Service& service, const journal::Step& step, std::uint32_t state) {
  journal::Step again{step.now, step.event, {}};
  service.handle(step.now, step.event, again.actions);
  std::string recorded;
  std::string replayed;
  journal::Encoder{recorded}.put(step);
  journal::Encoder{replayed}.put(again);
  return recorded == replayed && state == state_of(service);
}

int replay(const char* path) {
  std::ifstream file{path, std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
  journal::Decoder in{bytes};
  std::uint64_t steps = 0;
  while (in.is_good() && !in.is_at_end()) {
    core::Checkpoint began;
    std::uint32_t count = 0;
    in.get(began);
    in.get(count);
    core::Service service{began};
    for (; count > 0 && in.is_good(); --count, ++steps) {
      journal::Step step;
      std::uint32_t state = 0;
      in.get(step);
      in.get(state);
      if (!is_same(service, step, state))
        return std::printf("step %llu differs\n", static_cast<unsigned long long>(steps)), 1;
    }
  }
  if (!in.is_good() || steps == 0) return std::printf("the record cannot be read\n"), 1;
  std::printf("%llu steps, the same bytes\n", static_cast<unsigned long long>(steps));
  return 0;
}

}  // namespace
}  // namespace tenfold::sim

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  return std::string_view{argv[1]} == "record" ? tenfold::sim::record(argv[2]) : tenfold::sim::replay(argv[2]);
}
