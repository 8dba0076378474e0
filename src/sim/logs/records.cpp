#include "sim/logs/records.hpp"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <zlib.h>

namespace tenfold::sim {

namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 18;
constexpr std::string_view kBlanks = " \t\r\n";

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

}  // namespace

void LogRecords::Close::operator()(gzFile_s* file) const { gzclose_r(file); }

LogRecords::LogRecords(std::unique_ptr<gzFile_s, Close> file) : file_{std::move(file)}, buffer_(kBuffer) {
  gzbuffer(file_.get(), kBuffer);
}

std::expected<LogRecords, std::string> LogRecords::open(const std::string& file) {
  errno = 0;
  std::unique_ptr<gzFile_s, Close> opened{gzopen(file.c_str(), "rbe")};
  if (opened) {
    LogRecords records{std::move(opened)};
    records.fill();  // a directory shows here
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (records.rest_.starts_with(kByteOrderMark)) records.rest_.remove_prefix(kByteOrderMark.size());
    if (!records.rest_.empty() || records.broken_.empty()) return records;
    return std::unexpected(fmt::format("the file '{}' cannot be read: {}", file, records.broken_));
  }
  return std::unexpected(
      fmt::format("the file '{}' cannot be read: {}", file, errno == 0 ? "no memory" : std::strerror(errno)));
}

// More of the file into the buffer, of which nothing is left. False at the end.
bool LogRecords::fill() {
  rest_ = {};
  if (!broken_.empty()) return false;
  errno = 0;
  const int size = gzread(file_.get(), buffer_.data(), static_cast<unsigned>(buffer_.size()));
  const int system = errno;
  rest_ = {buffer_.data(), static_cast<std::size_t>(size > 0 ? size : 0)};
  int status = Z_OK;
  gzerror(file_.get(), &status);
  if (status == Z_ERRNO) broken_ = std::strerror(system);
  if (status == Z_BUF_ERROR) broken_ = "its gzip stream breaks off";
  if (status != Z_OK && broken_.empty()) broken_ = "its gzip stream is damaged";
  return !rest_.empty();
}

std::optional<LogRecord> LogRecords::next() {
  while (!is_json_) {
    const std::size_t first = rest_.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) {
      for (const char c : rest_) line_ += c == '\n' ? 1 : 0;
      if (!fill()) return std::nullopt;
      continue;
    }
    // Envoy's lines begin with a bracket too, and a digit behind it.
    const std::string_view begin = without_blanks(rest_.substr(first + 1));
    is_json_ = rest_[first] == '{' || (rest_[first] == '[' && (begin.empty() || begin.starts_with('{')));
  }
  return *is_json_ ? next_object() : next_line();
}

void LogRecords::append(std::string_view part) {
  is_too_long_ = is_too_long_ || record_.size() + part.size() > kMost;
  if (!is_too_long_) record_.append(part);
}

std::optional<LogRecord> LogRecords::next_line() {
  for (;;) {
    record_.clear();
    is_too_long_ = false;
    if (rest_.empty() && !fill()) return std::nullopt;
    std::string_view line;
    std::size_t end = rest_.find('\n');
    if (end != std::string_view::npos) {  // most lines: whole in the buffer
      line = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
    } else {
      do {
        append(rest_);
        if (!fill()) break;
        end = rest_.find('\n');
      } while (end == std::string_view::npos);
      if (!rest_.empty()) {
        append(rest_.substr(0, end));
        rest_.remove_prefix(end + 1);
      }
      line = is_too_long_ ? std::string_view{} : std::string_view{record_};
    }
    const std::size_t number = line_++;
    if (is_too_long_) return LogRecord{.text = {}, .line = number};
    line = without_blanks(line);
    if (!line.empty()) return LogRecord{.text = line, .line = number};
  }
}

// From a brace to the one that closes it, whatever stands between objects.
std::optional<LogRecord> LogRecords::next_object() {
  record_.clear();
  is_too_long_ = false;
  std::size_t depth = 0;
  std::size_t begin_line = line_;
  bool is_string = false;
  bool is_escaped = false;
  for (;;) {
    if (rest_.empty() && !fill()) {
      // An object that is not closed is told, once, as one that cannot be read.
      if (depth == 0) return std::nullopt;
      return LogRecord{.text = {}, .line = begin_line};
    }
    std::size_t begin = depth > 0 ? 0 : rest_.size();
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (c == '\n') ++line_;
      if (is_string) {
        if (is_escaped) {
          is_escaped = false;
        } else if (c == '\\') {
          is_escaped = true;
        } else if (c == '"') {
          is_string = false;
        }
      } else if (c == '"') {
        is_string = depth > 0;
      } else if (c == '{') {
        if (depth == 0) {
          begin = i;
          begin_line = line_;
        }
        ++depth;
      } else if (c == '}' && depth > 1) {
        --depth;
      } else if (c == '}' && depth == 1) {
        append(rest_.substr(begin, i + 1 - begin));
        rest_.remove_prefix(i + 1);
        return LogRecord{.text = is_too_long_ ? std::string_view{} : std::string_view{record_}, .line = begin_line};
      }
    }
    append(rest_.substr(std::min(begin, rest_.size())));
    rest_ = {};
  }
}

}  // namespace tenfold::sim
