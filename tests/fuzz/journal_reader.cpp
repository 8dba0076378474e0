// A journal's bytes: whatever they are, the reader ends, and says what is wrong instead of crashing.
#include "fuzz.hpp"
#include "journal/checksum.hpp"
#include "journal/codec.hpp"
#include "journal/print.hpp"
#include "journal/reader.hpp"

namespace {

using namespace tenfold;

std::string sealed(journal::RecordType type, const std::string& payload) {
  std::string covered(sizeof(std::uint32_t), '\0');
  covered += static_cast<char>(type);
  covered += static_cast<char>(journal::version_of(type));
  covered += payload;
  std::string record;
  journal::Encoder encoder{record};
  encoder.put(static_cast<std::uint32_t>(payload.size()));
  encoder.put(journal::checksum(covered));
  return record + covered;
}

template <class T>
std::string payload_of(const T& value) {
  std::string bytes;
  journal::Encoder{bytes}.put(value);
  return bytes;
}

void read_all(std::string_view bytes) {
  journal::Record record;
  while (true) {
    const auto parsed = journal::RecordParser::parse_record(bytes, record);
    if (!parsed || !*parsed) return;
    fuzz_require(!journal::to_string(record, {}).empty());
    fuzz_require((*parsed)->size <= bytes.size());
    bytes.remove_prefix((*parsed)->size);
  }
}

}  // namespace

// The first byte chooses a record type; the rest is its payload under a right checksum, and then the raw bytes of a
// file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string rest{reinterpret_cast<const char*>(data + 1), size - 1};
  read_all(sealed(static_cast<journal::RecordType>(data[0] % 10), rest));
  read_all(rest);
  const auto found = journal::RecordParser::find_record(rest, data[0]);
  fuzz_require(!found || (*found > 0 && *found < rest.size()));
  (void)journal::RecordParser::parse_header(rest);
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  core::Service service{core::Settings{}};
  core::Actions actions;
  service.handle(core::TimePoint{}, core::TimerDue{}, actions);
  const auto seed = [](journal::RecordType type, const std::string& payload) {
    return std::string{static_cast<char>(type)} + payload;
  };
  return {
      seed(journal::RecordType::kCheckpoint, payload_of(service.save())),
      seed(journal::RecordType::kStep, payload_of(journal::Step{.event = core::TimerDue{}, .actions = actions})),
      seed(journal::RecordType::kRequestNote,
           payload_of(journal::RequestNote{.method = "POST", .target = "/solve", .client = "::1"})),
      seed(journal::RecordType::kAnswerNote, payload_of(journal::AnswerNote{.status = 200})),
      seed(journal::RecordType::kReplicaExitNote,
           payload_of(journal::ReplicaExitNote{.description = "exited with status 1"})),
      seed(journal::RecordType::kProbeNote, payload_of(journal::ProbeNote{.why = "its readiness probe failed"})),
  };
}
