// Single requests: which were the slowest and which failed, who failed them, and the whole life of one.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "report/story.hpp"

namespace tenfold::report {

// What only the journal's notes tell of a request; empty and zero where there is no note.
struct RequestFacts {
  std::string method;
  std::string target;
  std::string client;
  std::string id;  // X-Request-Id, that its client gave it or else the service
  std::uint64_t request_bytes = 0;
  std::uint64_t answer_bytes = 0;
  core::TimePoint opened{};  // its head was read
  core::TimePoint answer_began{};
  core::TimePoint left_slot{};
  core::TimePoint closed{};  // its client had its answer
};

// A story, and what its notes tell of each request. Of very many requests that is much: 300 bytes for each.
struct Requests {
  Story story;
  std::unordered_map<core::RequestId, RequestFacts> facts;

  // Those of the story's burst that `id` names: the service's number of a request, or its X-Request-Id.
  std::vector<const RequestStory*> find(std::string_view id) const;
};

// As `tell`, with the facts.
std::expected<Requests, std::string> tell_requests(const std::filesystem::path& directory,
                                                   const Selection& selection = {},
                                                   journal::Disk& disk = journal::real_disk());

// Whether a request failed, whoever failed it: an answer of 4xx or 5xx, of the program's or of Tenfold's.
bool has_failed(const RequestStory& request);

// "answered", "the program answered 500", "Tenfold refused it: queue full", "its client left".
std::string end_text(const RequestStory& request);

// The requests of the burst that took longest from arrival to end, the slowest first, `most` of them at most.
std::vector<const RequestStory*> slowest_of(const Burst& burst, std::size_t most);
// Those that failed, in the order of their arrival.
std::vector<const RequestStory*> failed_of(const Burst& burst, std::size_t most);

// The path of a request's class, and after a space what the class's header field said; empty if it has none.
std::string_view class_of(const Story& story, const RequestStory& request);

// The requests of a burst that have the same class, or were last on the same replica.
struct GroupStory {
  std::string name;
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;
  Percentiles wait;
  Percentiles service;
  Percentiles total;
};
// The class with the most requests first.
std::vector<GroupStory> by_class(const Story& story);

// One request's whole life, moment by moment, in seconds since it arrived; and as one JSON object.
std::string to_life_text(const Requests& requests, const RequestStory& request);
std::string to_life_json(const Requests& requests, const RequestStory& request);

// A table's head, and the line of one request in it.
std::string request_head();
std::string request_row(const Story& story, const RequestStory& request);

}  // namespace tenfold::report
