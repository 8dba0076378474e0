// The part of a command line that says which requests of a journal are meant.
#pragma once

#include <expected>
#include <string>
#include <string_view>

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

// A journal, and which of its requests are meant.
struct JournalPart {
  std::string directory;
  report::Selection selection;
};

// DIR means `selection` of it; DIR,last and DIR,burst=N a burst of its own. The error says what is wrong behind the
// comma.
std::expected<JournalPart, std::string> read_part(std::string_view text, const report::Selection& selection);

}  // namespace tenfold::cli
