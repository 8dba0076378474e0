// Single requests: which were the slowest and which failed, who failed them, and the whole life of one.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/request_usage.hpp"
#include "report/story.hpp"

namespace tenfold::report {

// What only the journal's notes and samples tell of a request; empty and zero where there is none.
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
  std::optional<UsedByRequest> used;
};

// A request with all that is known of it.
struct ToldRequest {
  RequestStory request;
  std::vector<AttemptStory> attempts;  // each time that it had a slot, in order, the last one included
  RequestFacts facts;
};

// Tells `visit` each request of what is selected, in the order of their arrival, with the story that they belong to.
// The journal is gone through again for them, so that only those are kept that are under way, and those that wait for
// one that arrived before. Returns the story, or says what is wrong, as `tell`.
std::expected<Story, std::string> tell_requests(const std::filesystem::path& directory, const Selection& selection,
                                                const std::function<void(const Story&, const ToldRequest&)>& visit,
                                                journal::Disk& disk = journal::real_disk());

// Tells `visit` those that `id` names, the service's number of a request or its X-Request-Id, in the order of
// their arrival. The journal is gone through once, but for a part of one with more requests than a Collector keeps, and
// only what `id` names is kept. Returns the story that they belong to, or says
// what is wrong, as `tell`.
std::expected<Story, std::string> tell_request(const std::filesystem::path& directory, const Selection& selection,
                                               std::string_view id,
                                               const std::function<void(const Story&, const ToldRequest&)>& visit,
                                               journal::Disk& disk = journal::real_disk());

// Whether a request failed, whoever failed it: an answer of 4xx or 5xx, of the program's or of Tenfold's.
bool has_failed(const RequestStory& request);

// "answered", "the program answered 500", "Tenfold refused it: queue full", "its client left".
std::string end_text(const RequestStory& request);

// The path of a request's class, and after a space what the class's header field said; empty if it has none.
std::string_view class_of(const Story& story, const RequestStory& request);

// One request's whole life, moment by moment, in seconds since it arrived; and as one JSON object.
std::string to_life_text(const Story& story, const ToldRequest& told);
std::string to_life_json(const Story& story, const ToldRequest& told);

// A table's head, and the line of one request in it.
std::string request_head();
std::string request_row(const Story& story, const RequestStory& request);

}  // namespace tenfold::report
