#include "live/provider/isolator.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live/admin_guard.hpp"
#include "live/provider/isolation_steps.hpp"

namespace tenfold::live {

namespace {

namespace fs = std::filesystem;
using config::IsolationPart;
using config::IsolationParts;

constexpr std::string_view kTmp = "/tmp";
constexpr std::string_view kVarTmp = "/var/tmp";
constexpr std::string_view kTmpPrefix = "tenfold-tmp-";
// The directories in which parts are tried out.
constexpr const char* kTrial = "trial";

// As all may write to /tmp, and nobody remove what is another's.
constexpr mode_t kModeOfTmp = S_ISVTX | S_IRWXU | S_IRWXG | S_IRWXO;

void make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    throw std::system_error(errno, std::generic_category(), path);
  }
  ::chmod(path.c_str(), mode);  // whatever the umask
}

// The errno with which a process fails that isolates itself so; 0 if it does not.
int error_of_trial(const LaunchPlan& plan) {
  const IsolationView what{plan.isolation, plan.tmp.c_str(), plan.var_tmp.c_str(), plan.sockets.c_str(),
                           plan.own_sockets.c_str()};
  const pid_t child = ::fork();
  if (child == 0) ::_exit(isolate(what));
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return errno;
  return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;  // a filter around Tenfold may kill who asks
}

// The path from `directory` on that begins somewhere in `text`; not in the middle of another one.
std::string_view path_in(std::string_view directory, std::string_view text) {
  constexpr std::string_view kOfPaths = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-~+";
  for (std::size_t at = text.find(directory); at != std::string_view::npos; at = text.find(directory, at + 1)) {
    const std::string_view rest = text.substr(at);
    const bool is_inside = at > 0 && kOfPaths.find(text[at - 1]) != std::string_view::npos;
    if (!is_inside && rest.size() > directory.size() + 1 && rest[directory.size()] == '/')
      return rest.substr(0, rest.find_first_of(":;,'\" "));
  }
  return {};
}

std::string_view path_in_tmp(std::string_view text) {
  const std::string_view found = path_in(kTmp, text);
  return found.empty() ? path_in(kVarTmp, text) : found;
}

std::string_view path_in_tmp(const std::vector<std::string>& words, const config::Variables& env) {
  for (const std::string& word : words) {
    if (const auto found = path_in_tmp(word); !found.empty()) return found;
  }
  for (const auto& [name, value] : env) {
    if (const auto found = path_in_tmp(value); !found.empty()) return found;
  }
  return {};
}

std::string_view working_directory() {
  static const std::string here = [] {
    std::error_code error;
    return fs::current_path(error).string();
  }();
  return here;
}

// The working directory or the program, if it lies there.
std::string_view place_in_tmp(const ReplicaSpec& spec) {
  const std::string_view directory = spec.directory.empty() ? working_directory() : std::string_view{spec.directory};
  if (directory == kTmp || directory == kVarTmp) return directory;
  if (const auto found = path_in_tmp(directory); !found.empty()) return found;
  return spec.argv.empty() ? std::string_view{} : path_in_tmp(spec.argv.front());
}

}  // namespace

std::string_view named_in_tmp(const ReplicaSpec& spec) {
  if (const auto place = place_in_tmp(spec); !place.empty()) return place;
  if (const auto found = path_in_tmp(spec.argv, spec.env); !found.empty()) return found;
  for (const auto* containers : {&spec.init_containers, &spec.sidecars}) {
    for (const config::Container& container : *containers) {
      if (const auto found = path_in_tmp(container.command, container.env); !found.empty()) return found;
    }
  }
  return {};
}

Isolator::Isolator(const config::Isolation& isolation) : isolation_{isolation}, had_{isolation.wanted} {
  if (had_.has(IsolationPart::kTmp)) {
    try {
      tmp_.emplace(std::string{kTmp}, kTmpPrefix);
      std::error_code none;  // one that is not there, or is the same, needs nothing
      if (!fs::equivalent(kVarTmp, kTmp, none) && !none) var_tmp_.emplace(std::string{kVarTmp}, kTmpPrefix);
    } catch (const std::system_error& error) {
      find_missing(IsolationPart::kTmp, error.code().message());
    }
  }
  if (had_.has(IsolationPart::kAdmin) && !tells_children())
    find_missing(IsolationPart::kAdmin, "this kernel does not tell who is whose child");
  try_out();
}

// All at once, which nearly always tells all; then one after the other, each with those before it that can be had.
void Isolator::try_out() {
  prepare(kTrial);
  LaunchPlan plan;
  put_parts(plan, had_, kTrial);
  if (error_of_trial(plan) != 0) {
    IsolationParts parts;
    for (const auto& [name, part] : config::kIsolationParts) {
      if (!had_.has(part)) continue;
      IsolationParts more = parts;
      more.add(part);
      put_parts(plan, more, kTrial);
      if (const int error = error_of_trial(plan)) {
        find_missing(part, std::strerror(error));
      } else {
        parts = more;
      }
    }
  }
  remove(kTrial);
}

void Isolator::find_missing(IsolationPart part, const std::string& why) {
  had_.remove(part);
  for (std::size_t i = 0; i < why_not_.size(); ++i) {
    if (config::kIsolationParts[i].second == part) why_not_[i] = why;
  }
}

std::string Isolator::missing() const {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < why_not_.size(); ++i) {
    if (!why_not_[i].empty()) parts.push_back(fmt::format("{} ({})", config::kIsolationParts[i].first, why_not_[i]));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::optional<std::string> Isolator::refusal(const ReplicaSpec& spec) const {
  for (const auto& [name, part] : config::kIsolationParts) {
    if (isolation_.required.has(part) && !had_.has(part))
      return fmt::format("the isolation that is asked for cannot be had: {}", missing());
  }
  const std::string_view place = place_in_tmp(spec);
  if (!isolation_.required.has(IsolationPart::kTmp) || place.empty()) return std::nullopt;
  return fmt::format(
      "{} lies in /tmp, and with --isolation tmp each replica has a /tmp of its own: move it, or leave "
      "tmp out",
      place);
}

std::string Isolator::text(const ReplicaSpec& spec) const {
  std::string all = missing();
  const bool shares_tmp = had_.has(IsolationPart::kTmp) && !isolation_.required.has(IsolationPart::kTmp);
  if (const auto named = named_in_tmp(spec); shares_tmp && !named.empty())
    all += fmt::format("{}tmp ({} is used)", all.empty() ? "" : ", ", named);
  return all.empty() ? all : fmt::format("isolation: without {}", all);
}

void Isolator::prepare(const std::string& name) const {
  make_directory(sockets_of(name), S_IRWXU);
  if (!had_.has(IsolationPart::kTmp)) return;
  make_directory(tmp_->path() + "/" + name, kModeOfTmp);
  if (var_tmp_) make_directory(var_tmp_->path() + "/" + name, kModeOfTmp);
}

std::string Isolator::sockets_of(const std::string& name) const { return sockets_.path() + "/" + name; }

void Isolator::put_into(LaunchPlan& plan, const ReplicaSpec& spec, const std::string& name) const {
  IsolationParts parts = had_;
  if (!isolation_.required.has(IsolationPart::kTmp) && !named_in_tmp(spec).empty()) parts.remove(IsolationPart::kTmp);
  put_parts(plan, parts, name);
}

void Isolator::put_parts(LaunchPlan& plan, IsolationParts parts, const std::string& name) const {
  plan.isolation = parts;
  if (parts.has(IsolationPart::kTmp)) {
    plan.tmp = tmp_->path() + "/" + name;
    plan.var_tmp = var_tmp_ ? var_tmp_->path() + "/" + name : "";
  }
  if (parts.has(IsolationPart::kSockets)) {
    plan.sockets = sockets_.path();
    plan.own_sockets = sockets_of(name);
  }
}

void Isolator::remove(const std::string& name) {
  std::error_code ignored;
  fs::remove_all(sockets_of(name), ignored);
  for (const auto* const directory : {&tmp_, &var_tmp_}) {
    if (!*directory) continue;
    const std::string path = (*directory)->path() + "/" + name;
    if (::rmdir(path.c_str()) == 0 || errno == ENOENT) continue;
    if (!remover_) remover_.emplace(1);
    boost::asio::post(*remover_, [path] {
      std::error_code error;
      fs::remove_all(path, error);
    });
  }
}

}  // namespace tenfold::live
