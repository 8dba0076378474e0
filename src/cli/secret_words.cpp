#include "cli/secret_words.hpp"

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <unistd.h>

#include "config/secrets.hpp"

namespace tenfold::cli {

namespace {

constexpr std::string_view kFlag = "--secret";

}  // namespace

HiddenSecrets without_secrets(const std::vector<std::string>& arguments) {
  HiddenSecrets hidden;
  bool is_value = false;     // what stands after the flag
  bool is_anothers = false;  // what stands after `--`
  for (const std::string& argument : arguments) {
    is_anothers |= argument == "--" && !is_value;
    const bool has_flag = !is_anothers && argument.starts_with(kFlag) && argument.substr(kFlag.size()).starts_with('=');
    const std::size_t begin = has_flag ? kFlag.size() + 1 : 0;
    const std::size_t equals = argument.find('=', begin);
    std::string kept = argument;
    if ((is_value || has_flag) && equals != std::string::npos && !argument.substr(equals + 1).starts_with('@')) {
      hidden.variables.push_back(config::kSecretVariable + argument.substr(begin));
      kept.resize(equals);
    }
    hidden.arguments.push_back(std::move(kept));
    is_value = !is_anothers && !is_value && argument == kFlag;
  }
  return hidden;
}

void hide_secrets(const std::vector<std::string>& arguments) {
  HiddenSecrets hidden = without_secrets(arguments);
  if (hidden.variables.empty()) return;
  for (std::string& variable : hidden.variables) {
    const std::size_t equals = variable.find('=');
    ::setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
  }
  std::vector<char*> pointers;
  pointers.reserve(hidden.arguments.size() + 1);
  for (std::string& argument : hidden.arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  // By its path, from which the process has its name; if that is another file now, by what it was.
  std::error_code error;
  const std::string path = std::filesystem::read_symlink("/proc/self/exe", error).string();
  if (!error) ::execv(path.c_str(), pointers.data());
  ::execv("/proc/self/exe", pointers.data());
}

}  // namespace tenfold::cli
