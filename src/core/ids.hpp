// Names of the things that events and actions speak of.
#pragma once

#include <cstdint>

namespace tenfold::core {

// Chosen by the driver, never reused within a service's life.
enum class RequestId : std::uint64_t {};

// Chosen by the core when it starts a replica: 1, 2, 3 and so on, never reused.
enum class ReplicaId : std::uint32_t {};

// A version of what replicas are: program, surroundings, settings. The first of a service is 1; newer ones are larger.
enum class RevisionId : std::uint32_t {};
inline constexpr RevisionId kFirstRevision{1};

// A class of requests, chosen by the driver: 0, 1, 2 and so on, below kMaxClasses. 0 is for all that have no other.
enum class RequestClass : std::uint32_t {};
inline constexpr std::uint32_t kMaxClasses = 1024;

constexpr std::uint32_t to_number(RequestClass klass) { return static_cast<std::uint32_t>(klass); }
constexpr std::uint64_t to_number(RequestId id) { return static_cast<std::uint64_t>(id); }
constexpr std::uint32_t to_number(ReplicaId id) { return static_cast<std::uint32_t>(id); }
constexpr std::uint32_t to_number(RevisionId id) { return static_cast<std::uint32_t>(id); }

// A size in bytes. Typed, so that it is not taken for a count.
enum class Bytes : std::uint64_t {};
constexpr std::uint64_t to_number(Bytes size) { return static_cast<std::uint64_t>(size); }
constexpr Bytes kibibytes(std::uint64_t n) { return Bytes{n << 10}; }
constexpr Bytes mebibytes(std::uint64_t n) { return Bytes{n << 20}; }
constexpr Bytes gibibytes(std::uint64_t n) { return Bytes{n << 30}; }

}  // namespace tenfold::core
