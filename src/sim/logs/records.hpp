// A log file, record by record: a line, or an object where the file is JSON.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct gzFile_s;  // NOLINT(readability-identifier-naming): zlib names it

namespace tenfold::sim {

struct LogRecord {
  std::string_view text;  // valid until the next one is read
  std::size_t line = 0;   // the number of the line that it begins in, from 1
};

// Reads plain files and gzip alike, in memory that does not depend on the file's size: a record of more than kMost
// bytes is given as an empty text. Blank lines are passed over. What begins with { or [ is JSON: objects one after the
// other, or in an array, on lines of their own or not.
class LogRecords {
 public:
  static constexpr std::size_t kMost = std::size_t{1} << 20;

  // The error says why the file cannot be opened.
  static std::expected<LogRecords, std::string> open(const std::string& file);

  // Nothing at the end, or where the file cannot be read further: then `broken` tells why.
  std::optional<LogRecord> next();
  // Empty if the file was read to its end.
  const std::string& broken() const { return broken_; }

 private:
  struct Close {
    void operator()(gzFile_s* file) const;
  };

  explicit LogRecords(std::unique_ptr<gzFile_s, Close> file);
  bool fill();
  std::optional<LogRecord> next_line();
  std::optional<LogRecord> next_object();
  void append(std::string_view part);

  std::unique_ptr<gzFile_s, Close> file_;
  std::vector<char> buffer_;
  std::string_view rest_;  // of the buffer
  std::string record_;
  bool is_too_long_ = false;
  std::size_t line_ = 1;  // that `rest_` begins in
  std::optional<bool> is_json_;
  std::string broken_;
};

}  // namespace tenfold::sim
