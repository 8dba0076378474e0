// The Python package of python/tenfold: this program carries it, so that it is there wherever the program is.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "live/provider/runtime_directory.hpp"

namespace tenfold::cli {

struct PythonModule {
  std::string_view name;  // of its file
  std::string_view text;
};

// In the file that cmake/embed_python.py makes.
std::span<const PythonModule> python_modules();

// The package in a private directory for as long as this lives.
class PythonPackage {
 public:
  // Throws std::system_error when it cannot be written.
  PythonPackage();

  // What $PYTHONPATH has to have.
  const std::string& path() const { return directory_.path(); }

 private:
  live::RuntimeDirectory directory_;
};

}  // namespace tenfold::cli
