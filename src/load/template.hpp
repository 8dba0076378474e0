// Bodies that differ from request to request.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "sim/random.hpp"

namespace tenfold::load {

// Text with places that are filled in for each request:
//
//   {{index}}           the request's number in the run, from 0 on
//   {{random 1 100}}    a whole number from the first to the second, both included, each as likely
//   {{uuid}}            a random one (RFC 9562, version 4)
class Template {
 public:
  // The error names the place that is none of these.
  static std::expected<Template, std::string> parse(std::string_view text);
  // Text as it is, `{{...}}` included.
  static Template plain(std::string text);

  // Every request gets the same text, which is `text()`.
  bool is_plain() const { return places_.empty(); }
  const std::string& text() const { return end_; }

  // Writes the text of request `index` into `out`, whose room is used again.
  void fill(std::uint64_t index, sim::Random& random, std::string& out) const;

 private:
  enum class Kind : std::uint8_t { kIndex, kRandom, kUuid };
  struct Place {
    std::string before;  // what stands between the place before and this one
    Kind kind = Kind::kIndex;
    std::int64_t low = 0;
    std::int64_t high = 0;
  };
  static std::expected<Place, std::string> parse_place(std::string_view words);

  std::vector<Place> places_;
  std::string end_;  // behind the last place
};

}  // namespace tenfold::load
