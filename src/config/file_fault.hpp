// What is wrong in a file. All of it is told at once, so that a file is mended in one go.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tenfold::config {

struct FileFault {
  int line = 0;      // 0 where no line of the file says it
  std::string path;  // of the key, dotted; may be empty
  std::string what;
};

class Faults {
 public:
  void add(int line, std::string_view path, std::string what);

  bool has(std::string_view path) const;

  bool empty() const { return faults_.empty(); }

  // "file:line: path: what", or "path: what" where no line says it, a line each, in the order of their lines; 20 at
  // most, and how many more.
  std::string text(std::string_view file) const;

 private:
  std::vector<FileFault> faults_;
};

}  // namespace tenfold::config
