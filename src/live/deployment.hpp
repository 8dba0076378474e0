// A configuration that is read while the service runs: what is asked of the admin API, and what came of it.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "live/config_changes.hpp"

namespace tenfold::live {

struct Deployment {
  // That replicas are of from now on: where it is not `serving`, which serves, it is on its way.
  core::RevisionId revision = core::kFirstRevision;
  core::RevisionId serving = core::kFirstRevision;
  ConfigChanges changes;
};

// The file that the query of POST /deploy names, "file=/a/b%20c.yaml"; empty if it names none. The error is a sentence
// without its end.
std::expected<std::string, std::string> deployed_file(std::string_view query);

// {"revision":2,"serving":1,"applied":["command changed"],"needs_restart":["port"]}
std::string to_json(const Deployment& deployment);

}  // namespace tenfold::live
