// The format's guard: what lies in a journal does not change unnoticed.
//
// A sample of every struct that a record can hold is encoded, in each version that there was of it, and the digest of
// the bytes must stand in format_versions.txt. A struct that gains, loses or widens a field gives other bytes in a
// version that is known, which is never right: a field is appended, as since<N>, and gives a line of its own, for
// version N. Lines are never changed. And what a struct has must be what is written of it, or a new field would be
// forgotten.
#include "journal/format.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/pfr.hpp>
#include <gtest/gtest.h>

#include "journal/codec.hpp"
#include "journal/reader.hpp"

namespace tenfold::journal {
namespace {

template <class T>
std::string name_of() {
  const std::string_view text = __PRETTY_FUNCTION__;
  const std::string_view name = text.substr(text.find("T = ") + 4);
  return std::string{name.substr(0, name.find_first_of(";]")).substr(name.rfind("::", name.find_first_of(";]")) + 2)};
}

// Gives every field a value of its own and every list one item, so that nothing is left out of the bytes. Finds the
// newest version in which a field came, and the structs that have other fields than are written.
class Filler {
 public:
  template <Scalar T>
  void fill(T& value) {
    if constexpr (std::same_as<T, bool>) {
      value = true;
    } else {
      value = static_cast<T>(++count_ % 100);
    }
  }
  void fill(core::Duration& span) { span = core::Duration{++count_}; }
  void fill(core::TimePoint& time) { time = core::TimePoint{core::Duration{++count_}}; }
  void fill(std::string& text) { text = std::to_string(++count_); }
  template <class T>
  void fill(std::vector<T>& items) {
    fill(items.emplace_back());
  }
  template <class T>
  void fill(std::optional<T>& value) {
    fill(value.emplace());
  }
  template <class T>
  void fill(core::Boxed<T>& value) {
    fill(*value);
  }
  template <class... Alternatives>
  void fill(std::variant<Alternatives...>&) {}  // each is a sample of its own
  template <std::uint8_t kVersion, class T>
  void fill(const Since<kVersion, T>& field) {
    newest_ = std::max(newest_, kVersion);
    // Each version counts apart: what came later must not change the values of what was there.
    int& count = counts_later_[kVersion];
    const int before = std::exchange(count_, std::max(count_, count));
    fill(field.member);
    count = std::exchange(count_, before);
  }
  template <class T>
    requires requires(T& value) { fields(value); }
  void fill(T& value) {
    constexpr std::size_t kWritten = std::tuple_size_v<decltype(fields(value))>;
    if (boost::pfr::tuple_size_v<T> != kWritten) {
      differing_ += name_of<T>() + " has " + std::to_string(boost::pfr::tuple_size_v<T>) + " fields, and " +
                    std::to_string(kWritten) + " are written\n";
    }
    std::apply([this](auto&&... member) { (fill(member), ...); }, fields(value));
  }

  std::uint8_t newest() const { return newest_; }
  const std::string& differing() const { return differing_; }

 private:
  int count_ = 0;
  std::map<std::uint8_t, int> counts_later_;
  std::uint8_t newest_ = 1;
  std::string differing_;
};

std::string digest(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return std::to_string(bytes.size()) + '-' + std::to_string(hash);
}

struct Samples {
  std::map<std::pair<std::string, int>, std::string> digests;  // by name and version
  std::map<std::string, int> newest;                           // by name
  std::string differing;
};

template <class T>
void add_sample(Samples& samples) {
  if constexpr (requires(T& value) { fields(value); }) {
    T value;
    Filler filler;
    filler.fill(value);
    samples.differing += filler.differing();
    samples.newest[name_of<T>()] = filler.newest();
    for (std::uint8_t version = 1; version <= filler.newest(); ++version) {
      std::string bytes;
      Encoder{bytes, version}.put(value);
      samples.digests[{name_of<T>(), version}] = digest(bytes);
    }
  }
}

template <class... Alternatives>
void add_samples(Samples& samples, const std::variant<Alternatives...>*) {
  (add_sample<Alternatives>(samples), ...);
}

Samples all_samples() {
  Samples samples;
  add_samples(samples, static_cast<core::Event*>(nullptr));
  add_samples(samples, static_cast<core::Action*>(nullptr));
  add_samples(samples, static_cast<Record*>(nullptr));
  return samples;
}

TEST(Format, WhatAStructHasIsWhatIsWritten) {
  EXPECT_EQ(all_samples().differing, "") << "say in journal/codec.hpp what is written of it";
}

TEST(Format, BytesOfAVersionNeverChange) {
  std::ifstream file{std::string{TENFOLD_SOURCE_DIR} + "/tests/unit/journal/format_versions.txt"};
  std::map<std::pair<std::string, int>, std::string> known;
  std::string name;
  int version = 0;
  for (std::string digest; file >> name >> version >> digest;) known[{name, version}] = digest;
  const Samples samples = all_samples();
  for (const auto& [what, digest] : samples.digests) {
    const auto& [type, type_version] = what;
    const auto found = known.find(what);
    if (found == known.end()) {
      ADD_FAILURE() << "a new version: add the line '" << type << ' ' << type_version << ' ' << digest
                    << "' to format_versions.txt";
      continue;
    }
    EXPECT_EQ(found->second, digest) << type << " has other bytes in version " << type_version
                                     << ": append what is new as since<N> (journal/codec.hpp)";
  }
  for (const auto& [what, digest] : known)
    EXPECT_TRUE(samples.digests.contains(what)) << what.first << ' ' << what.second << " is not written any more";
}

TEST(Format, ATypeOfRecordHasTheVersionOfItsNewestField) {
  const Samples samples = all_samples();
  const auto newest = [&](const std::string& name) { return samples.newest.at(name); };
  EXPECT_EQ(version_of(RecordType::kCheckpoint), newest("Checkpoint"));
  EXPECT_EQ(version_of(RecordType::kServiceNote), newest("ServiceNote"));
  EXPECT_EQ(version_of(RecordType::kRequestNote), newest("RequestNote"));
  EXPECT_EQ(version_of(RecordType::kAnswerNote), newest("AnswerNote"));
  EXPECT_EQ(version_of(RecordType::kReplicaReadyNote), newest("ReplicaReadyNote"));
  EXPECT_EQ(version_of(RecordType::kReplicaExitNote), newest("ReplicaExitNote"));
  EXPECT_EQ(version_of(RecordType::kClassNote), newest("ClassNote"));
  EXPECT_EQ(version_of(RecordType::kProbeNote), newest("ProbeNote"));
  int of_steps = 1;
  for (const auto& [name, version] : samples.newest) {
    const bool is_record = name == "Checkpoint" || name.ends_with("Note");
    if (!is_record) of_steps = std::max(of_steps, version);
  }
  EXPECT_EQ(version_of(RecordType::kStep), of_steps);
}

TEST(Format, AnOlderRecordIsReadWithoutWhatItHadNotYet) {
  const RequestNote written{.request = core::RequestId{7}, .method = "POST", .target = "/solve", .id = "mine"};
  std::string old;
  Encoder{old, 1}.put(written);
  RequestNote read;
  Decoder decoder{old, 1};
  decoder.get(read);
  EXPECT_TRUE(decoder.is_good() && decoder.is_at_end());
  EXPECT_EQ(read.target, "/solve");
  EXPECT_EQ(read.id, "");
}

}  // namespace
}  // namespace tenfold::journal
