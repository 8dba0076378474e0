// What a simulation is asked for: traces, counts and specs of models. Whatever the bytes, arrivals in order or a
// reason.
#include "fuzz.hpp"
#include "sim/azure_trace.hpp"
#include "sim/cold_start.hpp"
#include "sim/objective.hpp"
#include "sim/service_time.hpp"
#include "sim/trace.hpp"

namespace {

using namespace tenfold::sim;

void require_order(const std::expected<Trace, std::string>& trace) {
  if (!trace) return fuzz_require(!trace.error().empty());
  const std::vector<Arrival>& arrivals = trace->arrivals;
  fuzz_require(!arrivals.empty() && arrivals.front().at == tenfold::core::TimePoint{});
  for (std::size_t i = 1; i < arrivals.size(); ++i) fuzz_require(arrivals[i - 1].at <= arrivals[i].at);
}

// Specs that name files or journals would read them.
bool names_a_file(std::string_view spec) {
  for (const std::string_view kind : {"trace", "azure", "journal", "log:"}) {
    if (spec.starts_with(kind)) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  ClassNames classes;
  require_order(parse_trace(bytes, "f", classes));
  const std::vector<AzureFile> files{{.name = "f", .text = std::string{bytes}}};
  const auto counts = parse_azure_counts(files, "", classes);
  fuzz_require(counts || !counts.error().empty());
  const auto durations = parse_azure_durations(files, "");
  fuzz_require(durations || !durations.error().empty());
  const auto objective = parse_objective(bytes);
  fuzz_require(objective ? objective->bound_s > 0 : !objective.error().empty());
  if (names_a_file(bytes)) return 0;
  const auto service = make_service_time(bytes, 1);
  fuzz_require(service || !service.error().empty());
  const auto patience = make_patience(bytes);
  fuzz_require(patience || !patience.error().empty());
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  return {
      "t,service,class\n0,0.5,/a\n1.25,20ms,/b\n",
      "2026-11-24T12:34:56.789Z\n2026-11-24 12:34:57+02:00\n",
      "HashOwner,HashApp,HashFunction,Trigger,1,2\no,a,f,http,2,0\n",
      "HashFunction,Count,percentile_Average_0,percentile_Average_50,percentile_Average_100\nf,3,1,2,9\n",
      "lognormal:mean=1s,scv=4",
      "classes:20ms=80,1s=20",
      "pareto:mean=1s,alpha=2.5",
      "bimodal:short=20ms,long=1s,share=0.8",
      "p95 wait < 500ms",
  };
}
