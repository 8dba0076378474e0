// How a provider chooses between running a program and forking it, and what it tells a zygote. That forks work is shown
// with the real program: tests/integration/test_zygote.py.
#include <cstring>

#include <elf.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include "base/zygote_protocol.hpp"
#include "live/provider/launch_plan.hpp"
#include "live/provider/packet.hpp"
#include "live/provider/pipes.hpp"
#include "live/provider/replica_environment.hpp"
#include "live/provider/start_way.hpp"
#include "provider_fixture.hpp"

namespace tenfold::live {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;
using testing::StartsWith;

template <class T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string note(std::uint32_t type, const std::string& name, std::uint32_t version) {
  const Elf64_Nhdr header{.n_namesz = static_cast<Elf64_Word>(name.size() + 1), .n_descsz = 4, .n_type = type};
  std::string padded = name;
  padded.resize((name.size() + 4) / 4 * 4);
  return bytes_of(header) + padded + bytes_of(version);
}

// An ELF file that is nothing but its notes.
void make_program(const std::string& path, const std::string& notes) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  Elf64_Phdr segment{};
  segment.p_type = PT_NOTE;
  segment.p_offset = sizeof header + sizeof segment;
  segment.p_filesz = notes.size();
  segment.p_align = 8;  // as mold has it where one of the notes wants that
  std::ofstream{path, std::ios::binary} << bytes_of(header) << bytes_of(segment) << notes;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
}

TEST(ZygoteVersion, IsInTheNoteOfItsName) {
  const ScratchDirectory scratch;
  const std::string path = scratch / "program";
  make_program(path, note(1, "GNU", 9) + note(kZygoteNoteType, kZygoteNote, 1));
  EXPECT_EQ(zygote_version(path), 1U);
  make_program(path, note(1, "GNU", 9) + note(2, kZygoteNote, 1));
  EXPECT_EQ(zygote_version(path), std::nullopt);
}

TEST(ZygoteVersion, IsNothingForWhatIsNoSuchProgram) {
  const ScratchDirectory scratch;
  EXPECT_EQ(zygote_version(scratch / "missing"), std::nullopt);
  EXPECT_EQ(zygote_version("/bin/sh"), std::nullopt);
  std::ofstream{scratch / "script"} << "#!/bin/sh\n";
  EXPECT_EQ(zygote_version(scratch / "script"), std::nullopt);
  // Cut anywhere, it is read to no harm.
  make_program(scratch / "whole", note(kZygoteNoteType, kZygoteNote, 1));
  std::ifstream file{scratch / "whole", std::ios::binary};
  const std::string whole{std::istreambuf_iterator<char>{file}, {}};
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::ofstream{scratch / "cut", std::ios::binary} << whole.substr(0, size);
    EXPECT_EQ(zygote_version(scratch / "cut"), std::nullopt) << size;
  }
}

class IsForked : public testing::Test {
 protected:
  IsForked() { make_program(scratch_ / "program", note(kZygoteNoteType, kZygoteNote, kZygoteVersion)); }

  ReplicaSpec spec(config::ReplicaStart start) const { return {.argv = {scratch_ / "program"}, .start = start}; }

  ScratchDirectory scratch_;
};

TEST_F(IsForked, WhatCanBeUnlessItIsNotWanted) {
  EXPECT_TRUE(is_forked(spec(config::ReplicaStart::kAuto)).value());
  EXPECT_FALSE(is_forked(spec(config::ReplicaStart::kExec)).value());
  EXPECT_FALSE(is_forked({.argv = {"/bin/sh"}}).value());
  EXPECT_TRUE(is_forked({.argv = {"/bin/sh"}, .start = config::ReplicaStart::kZygote}).value());
  ReplicaSpec in_directory = spec(config::ReplicaStart::kAuto);
  in_directory.argv = {"./program"};
  in_directory.directory = scratch_ / "";
  EXPECT_TRUE(is_forked(in_directory).value());
}

TEST_F(IsForked, NotOneWithAnotherVersionOfTheProtocol) {
  make_program(scratch_ / "program", note(kZygoteNoteType, kZygoteNote, kZygoteVersion + 1));
  EXPECT_FALSE(is_forked(spec(config::ReplicaStart::kAuto)).value());
}

TEST_F(IsForked, NotWhatIsAnotherForEachReplica) {
  ReplicaSpec with_port = spec(config::ReplicaStart::kAuto);
  with_port.argv.emplace_back("--port=${PORT}");
  EXPECT_FALSE(is_forked(with_port).value());
  with_port.start = config::ReplicaStart::kZygote;
  EXPECT_THAT(is_forked(with_port).error(), HasSubstr("'--port=${PORT}' in its command would be another"));
  EXPECT_THAT(check_command(with_port).error(), HasSubstr("cannot be a zygote"));

  ReplicaSpec with_sidecar = spec(config::ReplicaStart::kAuto);
  with_sidecar.sidecars = {{.name = "proxy", .command = {"/bin/sh"}}};
  EXPECT_FALSE(is_forked(with_sidecar).value());
  with_sidecar.start = config::ReplicaStart::kZygote;
  EXPECT_THAT(is_forked(with_sidecar).error(), HasSubstr("sidecars"));
}

TEST(ReplicaEnvironment, OfAZygoteIsToldInTwoParts) {
  const Contract contract{core::ReplicaId{3}, 20'000, "/run/3.sock", "/run/3.notify", 4};
  const Told told = tell_zygote({.argv = {"./solve", "$HOME"}, .env = {{"MODEL", "a.bin"}}});
  EXPECT_THAT(told.arguments, ElementsAre("./solve", "$HOME"));
  EXPECT_THAT(told.environment, IsSupersetOf({"TENFOLD_ZYGOTE=3", "MODEL=a.bin"}));
  EXPECT_THAT(told.environment, Not(Contains(StartsWith("TENFOLD_SOCKET="))));
  EXPECT_THAT(tell_forked(contract), ElementsAre("NOTIFY_SOCKET=/run/3.notify", "PORT=20000", "TENFOLD_CONCURRENCY=4",
                                                 "TENFOLD_REPLICA=3", "TENFOLD_SOCKET=/run/3.sock"));
}

TEST(PackedPlan, VariablesFollowEachOther) {
  const Fd packed = pack(LaunchPlan{.launches = {{.environment = {"A=1", "B=22"}}}});
  const PlanView plan = open_plan(packed.get());
  ASSERT_EQ(plan.count, 1U);
  const std::string text{plan.launches[0].environment[0], plan.launches[0].environment_bytes};
  EXPECT_EQ(text, std::string("A=1\0B=22\0", 9));
  close_plan(plan);
}

class Packets : public testing::Test {
 protected:
  std::pair<Fd, Fd> ends_ = make_control_sockets();
};

TEST_F(Packets, CarryDescriptors) {
  const auto [reading, writing] = make_pipe();
  const int sent = 7;
  ASSERT_TRUE(send_packet(ends_.first.get(), &sent, sizeof sent, std::array{reading.get(), writing.get()}));
  int received = 0;
  std::array<int, 2> fds{};
  ASSERT_EQ(receive_packet(ends_.second.get(), &received, sizeof received, fds), Received::kPacket);
  EXPECT_EQ(received, 7);
  const Fd far{fds[1]};
  const Fd near{fds[0]};
  ASSERT_EQ(::write(far.get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(near.get(), &byte, 1), 1);
}

TEST_F(Packets, MayCarryFewerThanThereIsRoomFor) {
  const auto [reading, writing] = make_pipe();
  const int sent = 7;
  ASSERT_TRUE(send_packet(ends_.first.get(), &sent, sizeof sent, std::array{writing.get()}));
  int received = 0;
  std::array<int, 2> fds{};
  ASSERT_EQ(receive_packet(ends_.second.get(), &received, sizeof received, fds), Received::kPacket);
  EXPECT_GE(Fd{fds[0]}.get(), 0);
  EXPECT_EQ(fds[1], -1);
}

TEST_F(Packets, ThatAreOthersLeaveNoDescriptorOpen) {
  const auto [reading, writing] = make_pipe();
  const int sent = 7;
  ASSERT_TRUE(send_packet(ends_.first.get(), &sent, sizeof sent, std::array{writing.get(), reading.get()}));
  int received = 0;
  std::array<int, 1> fds{};
  EXPECT_EQ(receive_packet(ends_.second.get(), &received, sizeof received, fds), Received::kNothing);
  EXPECT_THAT(fds, ElementsAre(-1));
  EXPECT_EQ(receive_packet(ends_.second.get(), &received, sizeof received, fds, MSG_DONTWAIT), Received::kNothing);
  const int copy = ::dup(0);
  EXPECT_EQ(copy, std::max({reading.get(), writing.get(), ends_.first.get(), ends_.second.get()}) + 1);
  ::close(copy);
}

TEST_F(Packets, EndWithTheConnection) {
  ends_.first.reset();
  int received = 0;
  EXPECT_EQ(receive_packet(ends_.second.get(), &received, sizeof received, {}), Received::kEnd);
  EXPECT_FALSE(send_packet(ends_.second.get(), &received, sizeof received, {}));
}

using ProviderZygote = ProviderFixture;

// What ends after it was asked for a replica, and never says that it can be forked.
TEST_F(ProviderZygote, AZygoteThatEndsIsWhyItsReplicasDoNotStart) {
  ReplicaSpec spec{.argv = shell("echo no model >&2; sleep 0.1; exit 4"), .start = config::ReplicaStart::kZygote};
  serve(spec);
  start(1);
  EXPECT_THAT(exited(1).description, HasSubstr("could not be started: its zygote exited with status 4"));
  EXPECT_EQ(exited(1).last_output, "no model\n");
  start(2);
  EXPECT_EQ(exited(2).last_output, "no model\n");
}

TEST_F(ProviderZygote, AReplicaThatIsStoppedBeforeItsZygoteIsReadyEnds) {
  serve({.argv = shell("exec sleep 100"), .start = config::ReplicaStart::kZygote});
  start(1);
  stop(1, 10s);
  EXPECT_EQ(exited(1).kind, core::ExitKind::kSignaled);
}

TEST_F(ProviderZygote, AZygoteThatCannotBeRunIsTold) {
  const ScratchDirectory scratch;
  std::ofstream{scratch / "broken"} << "#!/no/such/interpreter\n";
  std::filesystem::permissions(scratch / "broken", std::filesystem::perms::owner_all);
  serve({.argv = {scratch / "broken"}, .start = config::ReplicaStart::kZygote});
  start(1);
  EXPECT_EQ(exited(1).kind, core::ExitKind::kNotStarted);
  EXPECT_THAT(exited(1).description, HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace tenfold::live
