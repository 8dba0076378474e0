// The file as `az containerapp create --yaml` takes it.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace tenfold::config {

struct AcaFile {
  std::string yaml;
  // What Azure refuses, loses or has otherwise, a line each, with the line of the file; empty for nothing.
  std::string warnings;
};

// The file without our key `tenfold`, without what az does not take (its answers, other versions' keys, what its
// command line has), and with texts as texts and numbers as numbers. Order stays, comments do not. `name` is the
// file's, for errors and warnings. The file has been read by `apply_yaml`.
std::expected<AcaFile, std::string> export_aca(std::string_view text, std::string_view name);

}  // namespace tenfold::config
