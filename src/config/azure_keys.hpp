// The keys of Azure's file and what is done about each: the one table of them. It says which keys a file may have, what
// the line at the start tells, what an export leaves out or writes otherwise, and it is docs/azure.md.
//
// The keys are those of Microsoft.App/containerApps as published: 2025-07-01, what 2024-03-01, 2022-03-01 and the
// previews had beside, and what `az containerapp show` answers with.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tenfold::config {

enum class Here : std::uint8_t {
  kWorks,   // does what it does on Azure, or what comes nearest on one machine
  kTold,    // is not done, and the line at the start says so
  kPassed,  // passed over silently: it does not change how the service runs
};

// What is not done, in the order of its importance to a program that expects it.
enum class Gap : std::uint8_t {
  kNone,
  kSecrets,
  kVolumes,
  kInitContainers,
  kSidecars,
  kServices,
  kProbes,
  kRules,
  kSticky,
  kCors,
  kIpRules,
  kClientCertificates,
  kLogin,
  kDomains,
  kProtocol,
  kPorts,
  kTraffic,
  kDapr,
  kKind,
  kReplicas,
};

// What the line says of a gap that the table knows; empty for those whose sentence names what is in the file.
std::string_view sentence_of(Gap gap);

enum class ValueType : std::uint8_t {
  kText,
  kWhole,
  kNumber,
  kBool,
  kTexts,  // a map of texts
  kNames,  // a map whose keys count alone
  kAny,    // whatever is below
};

enum class Sent : std::uint8_t {
  kYes,
  kOnTheLine,  // az has it on its command line: --name
  kAnswer,     // only Azure writes it
  kOther,      // of another version of the schema: az drops it
};

struct AzureKey {
  // Dotted; "[]" is any element of a list.
  std::string_view path;
  ValueType type = ValueType::kText;
  Here here = Here::kPassed;
  Gap gap = Gap::kNone;
  // The words that it may be, with "|" between them; empty: any.
  std::string_view choices = {};
  // Of kTold: values that ask for nothing, with "|" between them.
  std::string_view harmless = {};
  Sent sent = Sent::kYes;
};

// Every value that a file may hold, in the order of Azure's reference.
std::span<const AzureKey> azure_keys();

// Whether `word` is one of `words`, which have "|" between them, in whatever case: Azure's answers say "Auto" for
// "auto".
bool is_one_of(std::string_view word, std::string_view words);

}  // namespace tenfold::config
