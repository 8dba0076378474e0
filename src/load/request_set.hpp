// The requests that a run sends, one after the other.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "load/bodies.hpp"
#include "load/target.hpp"
#include "load/template.hpp"

namespace tenfold::load {

// Each is sent with each of the bodies in turn.
struct RequestLine {
  std::string method;
  Target target;
  std::size_t server = 0;  // in RequestSet::servers()
  std::string head;        // request line and fields that are the same for every body
  bool carries_body = true;
};

// What is sent as a run's requests 0, 1, 2 ...: the URLs in turn, and with each of them the bodies in turn. Immutable:
// threads share it.
class RequestSet {
 public:
  struct Options {
    std::vector<std::string> urls;  // "http://..." or "METHOD http://..."; one or more
    std::string method = "POST";    // of those that name none
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<Body> bodies;  // none: one without a byte
    bool is_raw = false;       // bodies are no templates
  };
  static std::expected<RequestSet, std::string> make(const Options& options);

  // Host and port of each server that is asked.
  const std::vector<Target>& servers() const { return servers_; }
  const RequestLine& line(std::uint64_t index) const { return lines_[index % lines_.size()]; }

  // The rest of request `index`: its last fields with the empty line, and its body. They lie in the set, or in `fields`
  // and `text`, whose room is used again.
  struct Rest {
    std::string_view fields;
    std::string_view body;
  };
  Rest rest(std::uint64_t index, sim::Random& random, std::string& fields, std::string& text) const;

 private:
  struct BodyLine {
    Template body;
    std::string type_field;  // "Content-Type: ...\r\n" or nothing
    std::string fields;      // all of them, where the body is plain
  };
  std::expected<void, std::string> add_line(const Options& options, const std::string& url);
  std::expected<void, std::string> add_body(const Body& body, const Options& options);
  std::size_t server_of(const Target& target);

  std::vector<Target> servers_;
  std::vector<RequestLine> lines_;
  std::vector<BodyLine> bodies_;
};

}  // namespace tenfold::load
