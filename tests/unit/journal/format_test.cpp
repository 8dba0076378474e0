// The format's guard: what lies in a journal does not change unnoticed.
//
// A sample of every record is encoded, and the digest of the bytes must stand beside the format's version in
// format_versions.txt. A struct that gains, loses or widens a field gives other bytes: then kFormatVersion is raised
// and gets a line of its own. Lines are never changed.
#include "journal/format.hpp"

#include <fstream>
#include <map>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "journal/codec.hpp"
#include "journal/reader.hpp"

namespace tenfold::journal {
namespace {

// Gives every field a value of its own and every list one item, so that nothing is left out of the bytes.
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
  template <class T>
    requires requires(T& value) { fields(value); }
  void fill(T& value) {
    std::apply([this](auto&... member) { (fill(member), ...); }, fields(value));
  }

 private:
  int count_ = 0;
};

// A gap is seen from the records' numbers and has no bytes.
template <std::same_as<Gap>>
std::string sample() {
  return {};
}

template <class T>
std::string sample() {
  T value;
  Filler{}.fill(value);
  std::string bytes;
  Encoder{bytes}.put(value);
  return bytes + '|';
}

template <class... Alternatives>
std::string samples(const std::variant<Alternatives...>*) {
  return (sample<Alternatives>() + ...);
}

std::string digest() {
  const std::string bytes = samples(static_cast<core::Event*>(nullptr)) + samples(static_cast<core::Action*>(nullptr)) +
                            samples(static_cast<Record*>(nullptr));
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return std::to_string(bytes.size()) + '-' + std::to_string(hash);
}

TEST(Format, HasAnotherVersionWhenItsBytesChange) {
  std::ifstream file{std::string{TENFOLD_SOURCE_DIR} + "/tests/unit/journal/format_versions.txt"};
  std::map<std::uint32_t, std::string> versions;
  std::uint32_t version = 0;
  for (std::string known; file >> version >> known;) versions[version] = known;
  ASSERT_TRUE(versions.contains(kFormatVersion))
      << "a new version: add the line '" << kFormatVersion << ' ' << digest() << "' to format_versions.txt";
  EXPECT_EQ(versions[kFormatVersion], digest())
      << "the bytes of a record changed: raise kFormatVersion (journal/format.hpp)";
}

}  // namespace
}  // namespace tenfold::journal
