// Secrets on the command line, which everybody on the machine can read.
#pragma once

#include <string>
#include <vector>

namespace tenfold::cli {

// A command line without the values of secrets, and the variables that hold them instead.
struct HiddenSecrets {
  std::vector<std::string> arguments;
  std::vector<std::string> variables;  // "NAME=VALUE" each; empty if there was no value to hide
};

// Makes `--secret NAME` of each `--secret NAME=VALUE` before `--`. What a file holds stays as it is.
HiddenSecrets without_secrets(const std::vector<std::string>& arguments);

// Runs this program anew, in the same process, with such a command line if there is something to hide: then it does not
// return. So neither a list of processes nor a successor's command line (`tenfold upgrade`) has a value.
void hide_secrets(const std::vector<std::string>& arguments);

}  // namespace tenfold::cli
