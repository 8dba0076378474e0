#include "live/traces/request_spans.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/words.hpp"

namespace tenfold::live {

namespace {

constexpr std::string_view kUnknownMethod = "_OTHER";
constexpr auto kMethods = std::to_array<std::string_view>(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"});

bool is_known(std::string_view method) { return std::ranges::find(kMethods, method) != kMethods.end(); }

std::string bounded(std::string_view text) { return std::string{text.substr(0, kLongestTold)}; }

// What signs a request is no one's to read.
bool is_secret(std::string_view key) {
  constexpr auto kSecrets =
      std::to_array<std::string_view>({"AWSAccessKeyId", "Signature", "sig", "X-Goog-Signature", "X-Amz-Signature"});
  return std::ranges::any_of(kSecrets, [key](std::string_view secret) { return secret == key; });
}

std::string without_secrets(std::string_view query) {
  std::string out;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    const std::string_view key = part.substr(0, part.find('='));
    if (!out.empty()) out += '&';
    out += is_secret(key) && key.size() < part.size() ? fmt::format("{}=REDACTED", key) : std::string{part};
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return out;
}

class Builder {
 public:
  Builder(const TracedRequest& request, const ExchangeFacts& facts, core::TimePoint ended, const SpanSources& sources)
      : request_{request}, facts_{facts}, ended_{std::max(ended, facts.opened)}, sources_{sources} {}

  std::vector<Span> all() {
    spans_.push_back(server());
    if (facts_.arrived == core::TimePoint{}) return std::move(spans_);
    core::TimePoint waits_since = facts_.arrived;
    for (std::size_t i = 0; i < known_attempts(); ++i) {
      const Attempt& attempt = facts_.attempt[i];
      // Of many attempts some in the middle are not kept: who waited how long between them is not known.
      const bool follows = number_of(i) == i + 1;
      const SpanId waited = follows ? wait(waits_since, attempt.dispatched) : SpanId{};
      if (attempt.cold_start > core::Duration::zero())
        cold_start(attempt, waited == SpanId{} ? request_.trace.span : waited);
      this->attempt(attempt, number_of(i));
      waits_since = end_of(attempt);
    }
    const bool is_done = facts_.had_slot() && facts_.last().outcome == core::Outcome::kAnswered;
    if (!is_done) wait(waits_since, end_of_waiting());
    return std::move(spans_);
  }

 private:
  std::size_t known_attempts() const { return std::min<std::size_t>(facts_.attempts, facts_.attempt.size()); }

  // Which attempt it is that stands in the place, from 1.
  std::size_t number_of(std::size_t place) const {
    return place + 1 == facts_.attempt.size() ? facts_.attempts : place + 1;
  }

  core::TimePoint end_of(const Attempt& attempt) const {
    return attempt.done == core::TimePoint{} ? ended_ : attempt.done;
  }

  SpanTime wall(core::TimePoint time) const { return SpanTime{time.time_since_epoch() + sources_.wall_zero}; }

  Span make(SpanId id, SpanId parent, std::string name, SpanKind kind, core::TimePoint begin,
            core::TimePoint end) const {
    const RequestTrace& trace = request_.trace;
    return {.context = {.trace = trace.id, .span = id, .flags = trace.flags},
            .parent = parent,
            .state = request_.state,
            .name = std::move(name),
            .kind = kind,
            .begin = wall(begin),
            .end = wall(std::max(begin, end))};
  }

  std::string method_name() const { return is_known(request_.method) ? request_.method : "HTTP"; }

  void add_method(Span& span) const {
    const bool known = is_known(request_.method);
    span.attributes.push_back({"http.request.method", known ? request_.method : std::string{kUnknownMethod}});
    if (!known) span.attributes.push_back({"http.request.method_original", request_.method});
  }

  static void add_status(Span& span, int status) {
    span.attributes.push_back({"http.response.status_code", std::int64_t{status}});
  }

  static void fail(Span& span, std::string_view type, std::string words) {
    span.is_error = true;
    span.attributes.push_back({"error.type", std::string{type}});
    span.error = std::move(words);
  }

  // When its client had its answer, or was gone: a program may compute on.
  core::TimePoint end_for_client() const {
    if (request_.left != core::TimePoint{}) return request_.left;
    const bool is_ours = !request_.why.empty() && facts_.last().outcome != core::Outcome::kAnswerBroken;
    return is_ours && facts_.answer_began != core::TimePoint{} ? facts_.answer_began : ended_;
  }

  core::TimePoint end_of_waiting() const {
    if (request_.left != core::TimePoint{}) return request_.left;
    return request_.rejected != core::TimePoint{} ? request_.rejected : ended_;
  }

  // A path that everybody can make up is no name; that of a class is one of a bounded number.
  Span server() const {
    const std::string name = request_.klass.empty() ? method_name() : method_name() + ' ' + request_.klass;
    Span span =
        make(request_.trace.span, request_.trace.parent, name, SpanKind::kServer, facts_.opened, end_for_client());
    span.is_parent_remote = true;
    add_method(span);
    span.attributes.push_back({"url.scheme", std::string{"http"}});
    span.attributes.push_back({"url.path", request_.path});
    if (!request_.query.empty()) span.attributes.push_back({"url.query", request_.query});
    span.attributes.push_back({"client.address", request_.client});
    span.attributes.push_back({"network.protocol.version", request_.version});
    if (!request_.user_agent.empty()) span.attributes.push_back({"user_agent.original", request_.user_agent});
    if (facts_.status != 0) add_status(span, facts_.status);
    span.attributes.push_back({"http.request.body.size", static_cast<std::int64_t>(facts_.request_bytes)});
    span.attributes.push_back({"http.response.body.size", static_cast<std::int64_t>(facts_.answer_bytes)});
    span.attributes.push_back({"tenfold.request.id", request_.name});
    span.attributes.push_back({"tenfold.request.number", static_cast<std::int64_t>(core::to_number(request_.id))});
    if (!request_.why.empty()) span.attributes.push_back({"tenfold.reject.reason", std::string{request_.why}});
    judge(span);
    return span;
  }

  // What a client did wrong is no error of the server's: 4xx is none here.
  void judge(Span& span) const {
    if (facts_.status >= 500) {
      fail(span, std::to_string(facts_.status), std::string{request_.why});
    } else if (request_.left != core::TimePoint{}) {
      fail(span, "client left", "");
    } else if (facts_.status == 0) {
      fail(span, core::to_word(core::Outcome::kNoAnswer), "");
    } else if (facts_.had_slot() && facts_.last().outcome == core::Outcome::kAnswerBroken) {
      fail(span, core::to_word(core::Outcome::kAnswerBroken), "");
    }
  }

  // None of a request that did not wait.
  SpanId wait(core::TimePoint begin, core::TimePoint end) {
    if (end <= begin) return {};
    const SpanId id = sources_.next_span();
    spans_.push_back(make(id, request_.trace.span, "queue", SpanKind::kInternal, begin, end));
    return id;
  }

  void cold_start(const Attempt& attempt, SpanId parent) {
    const TracedReplica* const replica = sources_.replica(attempt.replica);
    const core::TimePoint ready = replica ? replica->ready : attempt.dispatched;
    Span span =
        make(sources_.next_span(), parent, "cold start", SpanKind::kInternal, ready - attempt.cold_start, ready);
    add_replica(span, attempt.replica, replica);
    spans_.push_back(std::move(span));
  }

  static void add_replica(Span& span, core::ReplicaId id, const TracedReplica* replica) {
    span.attributes.push_back({"tenfold.replica.id", static_cast<std::int64_t>(core::to_number(id))});
    if (replica && replica->address.pid != 0)
      span.attributes.push_back({"tenfold.replica.pid", std::int64_t{replica->address.pid}});
  }

  void add_address(Span& span, const TracedReplica* replica) const {
    const std::string target = request_.path + (request_.query.empty() ? "" : "?" + request_.query);
    const http::Endpoint endpoint = replica ? replica->address.endpoint : http::Endpoint{};
    if (endpoint.is_unix()) span.attributes.push_back({"server.address", endpoint.path});
    if (!endpoint.address.empty()) {
      span.attributes.push_back({"server.address", endpoint.address});
      span.attributes.push_back({"server.port", std::int64_t{endpoint.port}});
    }
    const std::string authority = endpoint.address.empty() ? "localhost" : endpoint.to_string();
    span.attributes.push_back({"url.full", "http://" + authority + target});
  }

  void attempt(const Attempt& attempt, std::size_t number) {
    Span span =
        make(attempt.span, request_.trace.span, method_name(), SpanKind::kClient, attempt.dispatched, end_of(attempt));
    const TracedReplica* const replica = sources_.replica(attempt.replica);
    add_method(span);
    add_address(span, replica);
    add_replica(span, attempt.replica, replica);
    if (number > 1) span.attributes.push_back({"http.request.resend_count", static_cast<std::int64_t>(number - 1)});
    const bool has_status = attempt.answer_began != core::TimePoint{};
    if (has_status) add_status(span, facts_.status);
    if (attempt.outcome != core::Outcome::kAnswered) {
      fail(span, core::to_word(attempt.outcome), "");
    } else if (has_status && facts_.status >= 400) {
      fail(span, std::to_string(facts_.status), "");
    }
    spans_.push_back(std::move(span));
  }

  const TracedRequest& request_;
  const ExchangeFacts& facts_;
  core::TimePoint ended_;
  const SpanSources& sources_;
  std::vector<Span> spans_;
};

}  // namespace

TracedRequest traced_request(const http::Head& head) {
  const std::string_view target = head.path();
  const std::size_t mark = std::min(target.find('?'), target.size());
  TracedRequest request{.method = bounded(head.method()),
                        .path = mark == 0 ? "/" : bounded(target.substr(0, mark)),
                        .query = without_secrets(bounded(target.substr(std::min(mark + 1, target.size())))),
                        .user_agent = bounded(head.find("user-agent").value_or("")),
                        .version = fmt::format("1.{}", head.minor_version())};
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const http::Head::Field field = head.field(i);
    if (field.kind != http::FieldKind::kTracestate || field.value.empty()) continue;
    if (!request.state.empty()) request.state += ',';
    request.state += field.value;
  }
  if (request.state.size() > kLongestTold) request.state.clear();
  return request;
}

std::vector<Span> spans_of(const TracedRequest& request, const ExchangeFacts& facts, core::TimePoint ended,
                           const SpanSources& sources) {
  return Builder{request, facts, ended, sources}.all();
}

}  // namespace tenfold::live
