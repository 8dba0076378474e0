// What a zygote and its keeper say to each other: the side of Tenfold in live/provider, that of programs in sdk. It is
// the border to programs that were built with another version, or in another language (python/tenfold).
//
// A zygote is a program that is started once, initialises itself, and is then forked for each replica. It is told by
// the environment variable kZygoteVariable, which holds the number of a sequential-packet socket. On it goes
// - to the keeper a number (std::int32_t): 0 once it can be forked, then for each order the process id of the replica,
//   or the errno that kept it from being forked, negated;
// - to the zygote, never two before an answer, an order: the replica's variables, "NAME=value" and a zero each, with
//   three descriptors: its standard output, its standard error, and a socket on which the replica waits until a byte
//   comes. Before that its keeper has put it within its limits; the end of the socket ends it.
// The end of the connection ends the zygote. The replica is orphaned at once (its parent ends), so that its keeper, a
// subreaper, becomes its parent and hears of its end; it makes a session of its own and is the subreaper of what it
// starts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tenfold {

inline constexpr const char* kZygoteVariable = "TENFOLD_ZYGOTE";
inline constexpr int kZygoteDescriptor = 3;
inline constexpr std::size_t kForkDescriptors = 3;
// The variables of an order.
inline constexpr std::size_t kMaxOrderBytes = 4096;

// A program that can be a zygote has an ELF note of this name and type, with the version of the above as its
// std::uint32_t.
inline constexpr char kZygoteNote[] = "Tenfold";
inline constexpr std::uint32_t kZygoteNoteType = 1;
inline constexpr std::uint32_t kZygoteVersion = 1;

}  // namespace tenfold
