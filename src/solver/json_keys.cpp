#include "solver/json_keys.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>

namespace tenfold::solver {

namespace {

constexpr std::size_t kMaxKeys = 16;

// What boost::json::basic_parser tells, as far as it says where we are.
class Keys {
 public:
  // NOLINTBEGIN(readability-identifier-naming): Boost.JSON names them
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  // NOLINTEND(readability-identifier-naming)
  using Code = boost::json::error_code;

  std::optional<boost::json::array> repeated;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return enter(true); }
  bool on_object_end(std::size_t, Code&) { return leave(); }
  bool on_array_begin(Code&) { return enter(false); }
  bool on_array_end(std::size_t, Code&) { return leave(); }
  bool on_key_part(std::string_view part, std::size_t, Code&) {
    key_ += part;
    return true;
  }
  bool on_key(std::string_view part, std::size_t, Code& error) {
    key_ += part;
    return take_key(error);
  }
  bool on_string_part(std::string_view, std::size_t, Code&) { return true; }
  bool on_string(std::string_view, std::size_t, Code&) { return count(); }
  bool on_number_part(std::string_view, Code&) { return true; }
  bool on_int64(std::int64_t, std::string_view, Code&) { return count(); }
  bool on_uint64(std::uint64_t, std::string_view, Code&) { return count(); }
  bool on_double(double, std::string_view, Code&) { return count(); }
  bool on_bool(bool, Code&) { return count(); }
  bool on_null(Code&) { return count(); }
  bool on_comment_part(std::string_view, Code&) { return true; }
  bool on_comment(std::string_view, Code&) { return true; }

 private:
  struct Level {
    bool is_object = false;
    std::size_t index = 0;  // of an array: what comes next
    std::vector<std::string> keys;
    std::string current;
  };

  bool enter(bool is_object) {
    levels_.push_back({.is_object = is_object});
    return true;
  }
  bool leave() {
    levels_.pop_back();
    return count();
  }
  bool count() {
    if (!levels_.empty()) ++levels_.back().index;
    return true;
  }

  bool take_key(Code& error) {
    Level& level = levels_.back();
    level.current = std::exchange(key_, {});
    const bool is_repeated = std::ranges::find(level.keys, level.current) != level.keys.end();
    if (is_repeated) {
      repeated = path();
      error = boost::json::error::extra_data;  // ends the parsing
      return false;
    }
    if (level.keys.size() < kMaxKeys) level.keys.push_back(level.current);
    return true;
  }

  boost::json::array path() const {
    boost::json::array made;
    for (const Level& level : levels_) {
      if (level.is_object) {
        made.emplace_back(level.current);
      } else {
        made.emplace_back(level.index);
      }
    }
    return made;
  }

  std::vector<Level> levels_;
  std::string key_;
};

}  // namespace

std::optional<boost::json::array> find_repeated_key(std::string_view text) {
  boost::json::basic_parser<Keys> parser{boost::json::parse_options{}};
  boost::json::error_code error;
  parser.write_some(false, text.data(), text.size(), error);
  return parser.handler().repeated;
}

}  // namespace tenfold::solver
