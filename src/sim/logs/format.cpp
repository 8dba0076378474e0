#include "sim/logs/format.hpp"

#include "sim/logs/azure_logs.hpp"
#include "sim/logs/combined.hpp"
#include "sim/logs/envoy.hpp"
#include "sim/logs/haproxy.hpp"
#include "sim/logs/load_tests.hpp"
#include "sim/logs/python_log.hpp"

namespace tenfold::sim {

namespace {

// One of which each line stands by itself.
template <Reading (*read_line)(std::string_view, LogEntry&)>
class TextFormat final : public LogFormat {
 public:
  Reading read(std::string_view record, LogEntry& entry) override { return read_line(record, entry); }
};

template <Reading (*read_line)(std::string_view, LogEntry&)>
std::unique_ptr<LogFormat> make_text() {
  return std::make_unique<TextFormat<read_line>>();
}

}  // namespace

const std::vector<LogKind>& log_kinds() {
  static const std::vector<LogKind> kinds{
      {"combined", "an access log of nginx, Apache or gunicorn", make_text<read_combined>},
      {"haproxy", "an HTTP log of HAProxy", make_text<read_haproxy>},
      {"envoy", "an access log of Envoy", make_text<read_envoy>},
      {"uvicorn", "a log of uvicorn", make_text<read_python_log>},
      {"k6-csv", "a CSV file of k6", make_k6_csv},
      {"k6-json", "a JSON file of k6", make_k6_json},
      {"locust", "a stats history of Locust", make_locust_csv},
      {"azure-console", "console logs of Azure Container Apps", make_azure_console},
      {"azure-system", "system logs of Azure Container Apps", make_azure_system}};
  return kinds;
}

}  // namespace tenfold::sim
