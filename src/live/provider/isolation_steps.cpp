// Sources: capabilities(7), mount_namespaces(7), landlock(7), seccomp(2).
#include "live/provider/isolation_steps.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tenfold::live {
namespace {

using config::IsolationPart;

// The error of a call that returns -1 for one, else 0.
int error_of(long result) noexcept { return result < 0 ? errno : 0; }

// ---- capabilities

// What a server that begins as root needs to see to its files, to become somebody else and to end its workers.
constexpr std::array kKeptCapabilities = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID,
                                          CAP_KILL,  CAP_SETGID,       CAP_SETUID, CAP_NET_BIND_SERVICE};

// From the next execve on. Who is not root has none but the ambient ones to pass on.
int drop_capabilities() noexcept {
  if (const int error = error_of(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))) return error;
  if (::geteuid() != 0) return 0;
  for (int capability = 0;; ++capability) {
    const int is_there = ::prctl(PR_CAPBSET_READ, capability);
    if (is_there < 0) return 0;  // this kernel has no more
    if (is_there == 0 || std::ranges::find(kKeptCapabilities, capability) != kKeptCapabilities.end()) continue;
    if (const int error = error_of(::prctl(PR_CAPBSET_DROP, capability))) return error;
  }
}

// ---- mounts

// What is mounted outside from now on comes here too; what is mounted here stays here.
int make_mount_namespace() noexcept {
  if (const int error = error_of(::unshare(CLONE_NEWNS))) return error;
  return error_of(::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr));
}

int bind(const char* from, const char* to) noexcept { return error_of(::mount(from, to, nullptr, MS_BIND, nullptr)); }

int mount_own_tmp(const IsolationView& what) noexcept {
  const int error = bind(what.tmp, "/tmp");
  return error != 0 || what.var_tmp[0] == '\0' ? error : bind(what.var_tmp, "/var/tmp");
}

// Over the directory of all sockets comes an empty one that has but its own. `own` is that directory, opened before
// something was mounted over it.
int hide_sockets(const IsolationView& what, int own) noexcept {
  if (::mkdir(what.sockets, S_IRWXU) != 0 && errno != EEXIST) return errno;  // it may lie in /tmp, which is new
  if (const int error =
          error_of(::mount("tenfold", what.sockets, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700,size=64k")))
    return error;
  if (const int error = error_of(::mkdir(what.own_sockets, S_IRWXU))) return error;
  std::array<char, 32> path{"/proc/self/fd/"};
  std::to_chars(path.data() + std::strlen(path.data()), path.data() + path.size() - 1, own);
  return bind(path.data(), what.own_sockets);
}

int change_mounts(const IsolationView& what) noexcept {
  const bool has_sockets = what.parts.has(IsolationPart::kSockets);
  if (const int error = make_mount_namespace()) return error;
  const int own = has_sockets ? ::open(what.own_sockets, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
  if (has_sockets && own < 0) return errno;
  int error = what.parts.has(IsolationPart::kTmp) ? mount_own_tmp(what) : 0;
  if (error == 0 && has_sockets) error = hide_sockets(what, own);
  if (own >= 0) ::close(own);
  return error;
}

// ---- processes

// As of Landlock's version 6, Linux 6.12: of linux/landlock.h, which may be older than the kernel.
struct LandlockRules {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;
  std::uint64_t scoped = 0;
};
constexpr std::uint64_t kScopeAbstractSockets = 1 << 0;
constexpr std::uint64_t kScopeSignals = 1 << 1;

// A domain: who is in it cannot trace or signal who is not, nor connect to an abstract socket of theirs. It restricts
// nothing else: one that ruled over files would refuse to move them between directories.
int make_domain() noexcept {
  const LandlockRules rules{.scoped = kScopeAbstractSockets | kScopeSignals};
  const long ruleset = ::syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
  if (ruleset < 0) return errno == E2BIG ? ENOSYS : errno;  // an older version knows no scopes
  const int error = error_of(::syscall(SYS_landlock_restrict_self, ruleset, 0));
  ::close(static_cast<int>(ruleset));
  return error;
}

// ---- system calls

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "which AUDIT_ARCH is it?"
#endif

// Of x86_64, the numbers of a second set of calls, x32, begin here; no other machine has as many.
constexpr std::uint32_t kFirstX32 = 0x40000000;

// What administers a machine or looks into its kernel. Not ptrace, which debuggers and leak checkers use on their own
// program; the domain keeps it there.
constexpr auto kRefused = std::to_array<std::uint32_t>({
    // another kernel, or more of this one
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_reboot,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_bpf,
    // mounts, and the namespaces of others
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_open_tree,
    SYS_move_mount,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_mount_setattr,
    SYS_setns,
    SYS_open_by_handle_at,
    // the machine's name, clock, swap, accounts, terminals, log
    SYS_sethostname,
    SYS_setdomainname,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_quotactl,
    SYS_quotactl_fd,
    SYS_vhangup,
    SYS_syslog,
    SYS_nfsservctl,
    // keys, which belong to users and not to processes
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    // what has been a way into the kernel, or into other processes
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_lookup_dcookie,
    SYS_pidfd_getfd,
#if defined(__x86_64__)
    SYS_iopl,
    SYS_ioperm,
#endif
});

constexpr sock_filter statement(std::uint32_t code, std::uint32_t operand) {
  return {static_cast<std::uint16_t>(code), 0, 0, operand};
}
constexpr sock_filter jump_if(std::uint32_t comparison, std::uint32_t operand, std::size_t yes, std::size_t no) {
  return {static_cast<std::uint16_t>(BPF_JMP | comparison | BPF_K), static_cast<std::uint8_t>(yes),
          static_cast<std::uint8_t>(no), operand};
}

// Other sets of calls are not there at all: they would be a way around.
constexpr auto kFilter = [] {
  constexpr std::uint32_t kLoad = BPF_LD | BPF_W | BPF_ABS;
  constexpr std::size_t kCount = kRefused.size();
  std::array<sock_filter, kCount + 7> filter{};
  std::size_t at = 0;
  filter[at++] = statement(kLoad, offsetof(seccomp_data, arch));
  filter[at++] = jump_if(BPF_JEQ, kArchitecture, 0, kCount + 3);
  filter[at++] = statement(kLoad, offsetof(seccomp_data, nr));
  filter[at++] = jump_if(BPF_JGE, kFirstX32, kCount + 1, 0);
  for (std::size_t i = 0; i < kCount; ++i) filter[at++] = jump_if(BPF_JEQ, kRefused[i], kCount - i + 1, 0);
  filter[at++] = statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  filter[at++] = statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
  filter[at++] = statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  return filter;
}();
static_assert(kFilter.size() < 256, "a jump is no longer than that");

// Without the mitigations of Spectre that older kernels add to a filter: they slow computing down, and it is no
// stranger's program.
int filter_system_calls() noexcept {
  auto instructions = kFilter;
  const sock_fprog program{static_cast<unsigned short>(instructions.size()), instructions.data()};
  return error_of(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program));
}

}  // namespace

// Mounts first, which neither a domain nor the filter allows; the filter last.
int isolate(const IsolationView& what) noexcept {
  const auto has = [&](IsolationPart part) { return what.parts.has(part); };
  int error = has(IsolationPart::kTmp) || has(IsolationPart::kSockets) ? change_mounts(what) : 0;
  if (error == 0 && has(IsolationPart::kCapabilities)) error = drop_capabilities();
  if (error == 0 && has(IsolationPart::kPrivileges)) error = error_of(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  if (error == 0 && has(IsolationPart::kProcesses)) error = make_domain();
  if (error == 0 && has(IsolationPart::kSyscalls)) error = filter_system_calls();
  return error;
}

}  // namespace tenfold::live
