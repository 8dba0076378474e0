// Runs a fuzz target without libFuzzer: its seeds, then mutations of them, the same every time.
//
//   fuzz_NAME [MUTATIONS] [SEED]
#include <cstdio>
#include <cstdlib>
#include <random>

#include "fuzz.hpp"

namespace {

std::string mutate(std::string input, const std::vector<std::string>& seeds, std::mt19937_64& random) {
  for (std::uint64_t n = 1 + random() % 4; n > 0; --n) {
    const std::size_t at = input.empty() ? 0 : random() % input.size();
    switch (random() % 6) {
      case 0:
        if (!input.empty()) input[at] = static_cast<char>(random());
        break;
      case 1:
        input.insert(at, 1, "\r\n :;,0123456789abcdefx\t"[random() % 24]);
        break;
      case 2:
        input.erase(at, 1 + random() % 4);
        break;
      case 3:
        input.insert(at, input.substr(at, random() % 16));
        break;
      case 4:
        input.resize(at);
        break;
      default: {
        const std::string& other = seeds[random() % seeds.size()];
        input.insert(at, other.substr(random() % (other.size() + 1), random() % 32));
      }
    }
  }
  return input;
}

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  const long mutations = argc > 1 ? std::atol(argv[1]) : 100'000;
  std::mt19937_64 random{argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1};
  const std::vector<std::string> seeds = fuzz_seeds();
  for (const std::string& seed : seeds) run(seed);
  for (long i = 0; i < mutations; ++i) run(mutate(seeds[random() % seeds.size()], seeds, random));
  std::printf("%zu seeds and %ld mutations\n", seeds.size(), mutations);
}
