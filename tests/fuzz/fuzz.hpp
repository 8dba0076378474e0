// What a fuzz target offers: libFuzzer's entry, and seeds to begin with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

std::vector<std::string> fuzz_seeds();

// A broken promise ends the process, as a crash does.
inline void fuzz_require(bool holds) {
  if (!holds) __builtin_trap();
}
