// Answers of metric servers, and the locations of values in them: whatever the bytes, a finite number or a reason.
#include <cmath>

#include "fuzz.hpp"
#include "live/metrics/parse.hpp"

namespace {

using namespace tenfold::live;

void require_sense(const std::expected<double, std::string>& value) {
  fuzz_require(value ? std::isfinite(*value) : !value.error().empty() && value.error().size() < 1000);
}

}  // namespace

// The first line is a location, the rest an answer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  const std::string_view body = bytes.substr(std::min(end + 1, bytes.size()));
  const auto location = parse_location(bytes.substr(0, end));
  fuzz_require(location || !location.error().empty());
  if (location) require_sense(parse_json_metric(200, body, *location));
  require_sense(parse_prometheus_metric(200, body));
  require_sense(parse_prometheus_metric(422, body));
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  return {
      "queue.depth[0].now\n{\"queue\":{\"depth\":[{\"now\":12}]}}",
      "/a~1b/0\n{\"a/b\":[\"1e3\",null,true]}",
      "a\\.b\n{\"a.b\":\"NaN\"}",
      "\n{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{},\"value\":[1.5,\"2\"]}]"
      "}}",
      "\n{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1.5,\"2\"]}}",
      "\n{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error\"}",
      "[0][0]\n[[-1.5e-300]]",
  };
}
