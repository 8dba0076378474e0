// The part of a command line that says which requests of a journal are meant.
#pragma once

#include <expected>
#include <string>

#include <CLI/App.hpp>

#include "report/story.hpp"

namespace tenfold::cli {

// Must outlive the command that it was added to.
class SelectionLine {
 public:
  void add_to(CLI::App& command);
  // At most one way to select is given; none is the largest burst. The error names the option.
  std::expected<report::Selection, std::string> read() const;

 private:
  bool is_last_ = false;
  std::string burst_;
  std::string since_;
  std::string from_;
  std::string to_;
};

}  // namespace tenfold::cli
