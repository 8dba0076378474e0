// How replicas are started: by running their program, or by forking a zygote.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "live/provider/replica_spec.hpp"

namespace tenfold::live {

// Whether replicas of `spec` are forks of a zygote. By ReplicaStart: kExec and kSocket never; kZygote always, and the
// error says what stands against it, as a sentence without its end; kAuto where the program's file says that it can be
// one and nothing stands against it.
std::expected<bool, std::string> is_forked(const ReplicaSpec& spec);

// The version of base/zygote_protocol.hpp that the ELF note of a program states; nothing for what is no program with
// such a note. Reads the file's headers and notes.
std::optional<std::uint32_t> zygote_version(const std::string& path);

}  // namespace tenfold::live
