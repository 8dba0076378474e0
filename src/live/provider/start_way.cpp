#include "live/provider/start_way.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <string_view>
#include <vector>

#include <elf.h>
#include <fmt/format.h>

#include "base/zygote_protocol.hpp"
#include "live/provider/replica_environment.hpp"

namespace tenfold::live {
namespace {

// Notes are some hundred bytes; a file that claims more is left alone.
constexpr std::size_t kMostNoteBytes = std::size_t{1} << 20;

template <class T>
std::optional<T> read_at(std::ifstream& file, std::uint64_t offset) {
  T value{};
  file.seekg(static_cast<std::streamoff>(offset));
  if (!file.read(reinterpret_cast<char*>(&value), sizeof value)) return std::nullopt;
  return value;
}

// Notes that a segment aligns to 8 bytes have parts of such sizes that they are found all the same.
constexpr std::size_t aligned(std::size_t size) { return (size + 3) / 4 * 4; }

std::optional<std::uint32_t> version_in(std::string_view notes) {
  constexpr std::string_view kName{kZygoteNote, sizeof kZygoteNote};
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr header{};
    std::memcpy(&header, notes.data(), sizeof header);
    const std::size_t description = sizeof header + aligned(header.n_namesz);
    const std::size_t end = description + aligned(header.n_descsz);
    if (end > notes.size()) return std::nullopt;
    std::uint32_t version = 0;
    if (header.n_type == kZygoteNoteType && header.n_descsz == sizeof version &&
        notes.substr(sizeof header, header.n_namesz) == kName) {
      std::memcpy(&version, notes.data() + description, sizeof version);
      return version;
    }
    notes.remove_prefix(end);
  }
  return std::nullopt;
}

std::string path_of(const ReplicaSpec& spec) {
  const std::string program = find_program(spec).value_or("");
  return spec.directory.empty() || program.starts_with('/') ? program : spec.directory + "/" + program;
}

// Why replicas of it cannot be forks; empty if they can.
std::string obstacle(const ReplicaSpec& spec) {
  if (!spec.init_containers.empty() || !spec.sidecars.empty())
    return "it has init containers or sidecars, which are run for each replica";
  const auto told = std::ranges::find_if(spec.argv, names_contract);
  if (told != spec.argv.end())
    return fmt::format("'{}' in its command would be another for each replica; let the program read its environment",
                       *told);
  return {};
}

}  // namespace

std::expected<bool, std::string> is_forked(const ReplicaSpec& spec) {
  if (spec.start == config::ReplicaStart::kExec || spec.start == config::ReplicaStart::kSocket) return false;
  const std::string against = obstacle(spec);
  if (spec.start == config::ReplicaStart::kAuto)
    return against.empty() && zygote_version(path_of(spec)) == kZygoteVersion;
  if (!against.empty()) return std::unexpected(fmt::format("the program cannot be a zygote: {}", against));
  return true;
}

std::optional<std::uint32_t> zygote_version(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  const auto header = read_at<Elf64_Ehdr>(file, 0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64)
    return std::nullopt;
  for (std::uint64_t i = 0; i < header->e_phnum; ++i) {
    const auto segment = read_at<Elf64_Phdr>(file, header->e_phoff + i * header->e_phentsize);
    if (!segment) return std::nullopt;
    if (segment->p_type != PT_NOTE || segment->p_filesz > kMostNoteBytes) continue;
    std::vector<char> notes(segment->p_filesz);
    file.seekg(static_cast<std::streamoff>(segment->p_offset));
    if (!file.read(notes.data(), static_cast<std::streamsize>(notes.size()))) return std::nullopt;
    const auto version = version_in({notes.data(), notes.size()});
    if (version) return version;
  }
  return std::nullopt;
}

}  // namespace tenfold::live
