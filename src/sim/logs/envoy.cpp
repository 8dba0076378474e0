#include "sim/logs/envoy.hpp"

#include <array>

#include "sim/logs/fields.hpp"

namespace tenfold::sim {

Reading read_envoy(std::string_view line, LogEntry& entry) {
  Fields fields{line};
  if (!fields.skip("[")) return Reading::kUnread;
  const auto time_text = fields.until(']');
  const auto time = time_text ? parse_log_time(*time_text) : std::nullopt;
  if (!time || !fields.skip(" ")) return Reading::kUnread;
  const auto request = fields.quoted();
  const std::string_view status_text = fields.word();
  const auto status = parse_status(status_text);
  // 0: the client left before there was an answer.
  if (!request || (!status && status_text != "0")) return Reading::kUnread;
  if (fields.word().empty()) return Reading::kUnread;  // flags
  std::string_view received = fields.word();
  if (!parse_whole(received)) {  // Istio
    fields.word();
    fields.skip_blanks();
    if (!fields.quoted()) fields.word();
    received = fields.word();
  }
  const std::string_view sent = fields.word();
  const auto duration = parse_milliseconds(fields.word());
  const std::string_view upstream = fields.word();
  if (!parse_whole(received) || !parse_whole(sent) || !duration || upstream.empty()) return Reading::kUnread;
  const auto target = target_of(*request);
  if (!target) return Reading::kOther;  // a TCP connection: "- - -"
  entry = {.at = time->at,
           .within = time->within,
           .moment = Moment::kArrival,
           .lasted = duration,
           .service = parse_milliseconds(upstream),
           .status = status.value_or(0),
           .target = *target};
  return Reading::kRequest;
}

}  // namespace tenfold::sim
