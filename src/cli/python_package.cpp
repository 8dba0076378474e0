#include "cli/python_package.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace tenfold::cli {

PythonPackage::PythonPackage() {
  const std::filesystem::path package = std::filesystem::path{path()} / "tenfold";
  std::filesystem::create_directory(package);
  for (const PythonModule& module : python_modules()) {
    std::ofstream file{package / module.name, std::ios::binary};
    file << module.text << std::flush;
    if (!file) throw std::system_error(errno, std::generic_category(), "writing " + (package / module.name).string());
  }
}

}  // namespace tenfold::cli
