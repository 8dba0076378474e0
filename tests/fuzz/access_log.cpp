// Logs of strangers: whatever a line holds, every format reads it, refuses it, or says that it is none of its own; and
// what it reads is a time that can be reckoned with.
#include "fuzz.hpp"
#include "sim/logs/fields.hpp"
#include "sim/logs/format.hpp"

namespace {

using namespace tenfold::sim;

void require_sane(const LogEntry& entry) {
  constexpr std::chrono::hours kYears{24 * 366 * 290};
  fuzz_require(entry.at > -kYears && entry.at < kYears);
  fuzz_require(entry.within >= tenfold::core::Duration{});
  fuzz_require(!entry.lasted || *entry.lasted >= tenfold::core::Duration{});
  fuzz_require(!entry.service || *entry.service >= tenfold::core::Duration{});
  fuzz_require(entry.count >= 1);
  std::size_t bytes = 0;
  for (const char c : entry.target) bytes += c == '\0' ? 1 : 0;
  fuzz_require(bytes <= entry.target.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  for (const LogKind& kind : log_kinds()) {
    const auto format = kind.make();
    LogEntry entry;
    std::string_view rest = bytes;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      if (format->read(line, entry) == Reading::kRequest) require_sane(entry);
    }
    if (format->finish(entry)) require_sane(entry);
    for (const auto& span : format->cold_starts()) fuzz_require(span >= tenfold::core::Duration{});
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  return {
      R"(203.0.113.9 - - [06/Feb/2026:12:14:14 +0100] "POST /solve HTTP/1.1" 200 512 "-" "curl" 0.245 0.240)",
      R"(::1 - - [06/Feb/2026:12:00:00 +0000] "POST /s HTTP/1.1" 200 5 "-" "-" rt=1.500 urt="0.100, 1.390" 2/2450123)",
      R"(Feb  6 12:14:14 h haproxy[1]: 10.0.1.2:33317 [06/Feb/2026:12:14:14.655] in s/s1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {a} {} "GET / HTTP/1.1")",
      R"([2026-02-06T12:00:00.310Z] "POST /s HTTP/2" 200 - via_upstream - "-" 154 17 226 200 "-" "c" "i" "h" "u")",
      R"(2026-02-06 12:00:00,655 INFO:     127.0.0.1:54321 - "GET /solve HTTP/1.1" 200)",
      "metric_name,timestamp,metric_value,status,url\nhttp_req_duration,1770379200,221.9,200,http://h/s\n"
      "http_req_waiting,1770379200,220.1,200,http://h/s\n",
      R"({"type":"Point","data":{"time":"2026-02-06T12:00:00.25Z","value":4.8,"tags":{"status":"200","url":"/s"}},"metric":"http_req_duration"})",
      "Timestamp,User Count,Type,Name,Total Request Count\n1770379200,5,,Aggregated,7\n1770379201,5,,Aggregated,9\n",
      R"({"TimeGenerated":"2026-02-06T12:00:00.5Z","Log_s":"INFO: 10.0.0.1:1 - \"GET /solve HTTP/1.1\" 200 OK"})",
      "\"TimeGenerated [UTC]\",\"Log_s\",Reason_s,ReplicaName_s\n\"2/6/2026, 12:00:00.851 "
      "PM\",\"x\",AssigningReplica,r\n"
      "\"2/6/2026, 12:00:09.851 PM\",\"x\",ContainerStarted,r\n",
  };
}
