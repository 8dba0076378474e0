// A file for a test.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <unistd.h>

namespace tenfold::sim {

// It is gone when the test ends. Its name ends with `ending`.
class ScratchFile {
 public:
  explicit ScratchFile(std::string_view text, std::string_view ending = "")
      : path_{testing::TempDir() + "tenfold_sim_" + std::to_string(::getpid()) + "_" + std::to_string(made()++) +
              std::string{ending}} {
    std::ofstream{path_, std::ios::binary} << text;
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  ~ScratchFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  static int& made() {
    static int count = 0;
    return count;
  }
  std::string path_;
};

}  // namespace tenfold::sim
