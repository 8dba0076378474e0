#include "load/bodies.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "config/read_text.hpp"
#include "config/units.hpp"

namespace tenfold::load {

namespace {

constexpr std::string_view kJson = "application/json";

// Those of models are what the built-in solver knows.
constexpr auto kTypes = std::to_array<std::pair<std::string_view, std::string_view>>({{".json", kJson},
                                                                                      {".jsonl", kJson},
                                                                                      {".ndjson", kJson},
                                                                                      {".mps", "application/x-mps"},
                                                                                      {".lp", "application/x-lp"},
                                                                                      {".csv", "text/csv"},
                                                                                      {".txt", "text/plain"},
                                                                                      {".html", "text/html"},
                                                                                      {".xml", "application/xml"},
                                                                                      {".yaml", "application/yaml"},
                                                                                      {".yml", "application/yaml"},
                                                                                      {".gz", "application/gzip"},
                                                                                      {".zip", "application/zip"},
                                                                                      {".png", "image/png"},
                                                                                      {".jpg", "image/jpeg"},
                                                                                      {".jpeg", "image/jpeg"}});

bool has_a_body_a_line(std::string_view file) { return file.ends_with(".jsonl") || file.ends_with(".ndjson"); }

std::expected<std::vector<Body>, std::string> split_lines(std::string_view file, std::string_view text) {
  std::vector<Body> bodies;
  while (!text.empty()) {
    std::string_view line = config::take_until(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) bodies.push_back({.text = std::string{line}, .content_type = std::string{kJson}});
  }
  if (bodies.empty()) return std::unexpected(fmt::format("{} holds no body: it has no line with anything in it", file));
  return bodies;
}

std::expected<std::vector<Body>, std::string> read_file(const std::string& file) {
  auto text = config::read_text(file);
  if (!text) return std::unexpected(fmt::format("{} cannot be read: {}", file, text.error()));
  if (has_a_body_a_line(file)) return split_lines(file, *text);
  return std::vector<Body>{{.text = std::move(*text), .content_type = std::string{content_type_of(file)}}};
}

std::expected<std::vector<Body>, std::string> read_standard_input() {
  auto text = config::read_text(STDIN_FILENO);
  if (!text) return std::unexpected("standard input cannot be read: " + text.error());
  return std::vector<Body>{{.text = std::move(*text), .content_type = {}}};
}

std::expected<std::vector<Body>, std::string> read_one(const std::string& data) {
  if (data == "@-") return read_standard_input();
  if (data.starts_with('@')) return read_file(data.substr(1));
  const bool is_json = data.starts_with('{') || data.starts_with('[');
  return std::vector<Body>{{.text = data, .content_type = std::string{is_json ? kJson : ""}}};
}

}  // namespace

std::string_view content_type_of(std::string_view file) {
  const auto* const found = std::ranges::find_if(kTypes, [&](const auto& type) { return file.ends_with(type.first); });
  return found != kTypes.end() ? found->second : "application/octet-stream";
}

std::expected<std::vector<Body>, std::string> read_bodies(const std::vector<std::string>& data) {
  std::vector<Body> all;
  for (const std::string& one : data) {
    auto bodies = read_one(one);
    if (!bodies) return std::unexpected(bodies.error());
    std::ranges::move(*bodies, std::back_inserter(all));
  }
  return all;
}

}  // namespace tenfold::load
