#include "proxy/system_call_filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <utility>

#include "base/text.h"

namespace weft::proxy {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the system calls of this architecture are not listed"
#endif

// The sanitizers of test builds stop, trace and copy their own process.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// With any argument. What the data path calls stands first.
constexpr int kAllowed[] = {
    SYS_recvfrom,
    SYS_sendto,
    SYS_recvmsg,
    SYS_sendmsg,
    SYS_epoll_pwait,
    SYS_epoll_ctl,
    SYS_accept4,
    SYS_close,
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_futex,
    SYS_shutdown,
    SYS_setsockopt,
    SYS_getsockopt,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_getsockname,
    SYS_getpeername,
    SYS_socketpair,
    SYS_recvmmsg,
    SYS_sendmmsg,
    SYS_splice,
    SYS_epoll_create1,
    SYS_eventfd2,
    SYS_timerfd_create,
    SYS_timerfd_settime,
    SYS_timerfd_gettime,
    SYS_ppoll,
    SYS_pselect6,
    SYS_pipe2,
    // Files: which ones is a matter of their permissions.
    SYS_openat,
    SYS_newfstatat,
    SYS_fstat,
    SYS_statx,
    SYS_statfs,
    SYS_fstatfs,
    SYS_lseek,
    SYS_pread64,
    SYS_pwrite64,
    SYS_fcntl,
    SYS_dup,
    SYS_dup3,
    SYS_fsync,
    SYS_fdatasync,
    SYS_ftruncate,
    SYS_fallocate,
    SYS_flock,
    SYS_renameat,
    SYS_renameat2,
    SYS_unlinkat,
    SYS_mkdirat,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_umask,
    SYS_getdents64,
    SYS_readlinkat,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_getcwd,
    // Memory.
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    SYS_brk,
    SYS_membarrier,
    SYS_mincore,
    // Threads of its own, signals to itself, time.
    SYS_exit,
    SYS_exit_group,
    SYS_set_robust_list,
    SYS_get_robust_list,
    SYS_rseq,
    SYS_set_tid_address,
    SYS_gettid,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_sched_setaffinity,
    SYS_sched_getparam,
    SYS_sched_getscheduler,
    SYS_sched_get_priority_max,
    SYS_sched_get_priority_min,
    SYS_getcpu,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_rt_sigtimedwait,
    SYS_rt_sigpending,
    SYS_sigaltstack,
    SYS_restart_syscall,
    SYS_nanosleep,
    SYS_clock_nanosleep,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_gettimeofday,
    SYS_times,
    SYS_getrusage,
    SYS_getrandom,
    SYS_uname,
    SYS_sysinfo,
    SYS_getpid,
    SYS_getppid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
#if defined(__x86_64__)
    SYS_epoll_wait,
    SYS_poll,
    SYS_select,
    SYS_open,
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_readlink,
    SYS_rename,
    SYS_unlink,
    SYS_mkdir,
    SYS_rmdir,
    SYS_chmod,
    SYS_pipe,
    SYS_dup2,
    SYS_time,
    SYS_getrlimit,
    SYS_arch_prctl,
#endif
#ifdef SYS_epoll_pwait2
    SYS_epoll_pwait2,
#endif
#ifdef SYS_futex_waitv
    SYS_futex_waitv,
#endif
};

constexpr int kAllowedForSanitizers[] = {
    SYS_clone,       SYS_prctl, SYS_ptrace,   SYS_wait4, SYS_kill,  SYS_tgkill,   SYS_prlimit64,  SYS_process_vm_readv,
    SYS_personality, SYS_mmap,  SYS_mprotect, SYS_ioctl, SYS_mlock, SYS_mlockall, SYS_munlockall,
#if defined(__x86_64__)
    SYS_getdents,
#endif
};

#ifdef SYS_futex_waitv
constexpr uint32_t kNewestKnown = SYS_futex_waitv;
#else
constexpr uint32_t kNewestKnown = SYS_clone3;
#endif

constexpr uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;
// "This kernel does not have it": libraries then use what they used before it.
constexpr uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS;

// One instruction after the other; within a rule, `allow` and `refuse` end it.
class Program {
 public:
  void load(size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)); }
  // The lower half: what is compared has no upper one, or the kernel ignores it.
  void load_argument(int index) { load(offsetof(seccomp_data, args) + sizeof(uint64_t) * static_cast<size_t>(index)); }
  void mask(uint32_t bits) { add(BPF_ALU | BPF_AND | BPF_K, bits); }
  void end(uint32_t action) { add(BPF_RET | BPF_K, action); }
  // The next `count` instructions are for values that equal, or are among, or are not.
  void skip_unless_equal(uint32_t value, uint8_t count) { jump(BPF_JEQ, value, 0, count); }
  void skip_if_equal(uint32_t value, uint8_t count) { jump(BPF_JEQ, value, count, 0); }
  void skip_unless_above(uint32_t value, uint8_t count) { jump(BPF_JGT, value, 0, count); }
  void end_if_equal(uint32_t value, uint32_t action) {
    skip_unless_equal(value, 1);
    end(action);
  }

  // `fill` writes what is done for one call; it ends with an action.
  template <typename Fill>
  void rule(int call, Fill fill) {
    const size_t at = code_.size();
    skip_unless_equal(static_cast<uint32_t>(call), 0);
    fill();
    code_[at].jf = static_cast<uint8_t>(code_.size() - at - 1);
  }
  // Allowed if argument `index`, of which `bits` count, is one of `values`.
  void allow_if_argument(int call, int index, uint32_t bits, std::initializer_list<uint32_t> values) {
    rule(call, [&] {
      load_argument(index);
      mask(bits);
      for (const uint32_t value : values) end_if_equal(value, SECCOMP_RET_ALLOW);
      end(kRefuse);
    });
  }

  std::vector<sock_filter> take() { return std::move(code_); }

 private:
  void add(int code, uint32_t value) { code_.push_back({static_cast<uint16_t>(code), 0, 0, value}); }
  void jump(int comparison, uint32_t value, uint8_t if_true, uint8_t if_false) {
    code_.push_back({static_cast<uint16_t>(BPF_JMP | comparison | BPF_K), if_true, if_false, value});
  }
  std::vector<sock_filter> code_;
};

constexpr uint32_t kAllBits = 0xffffffff;
constexpr uint32_t kSocketType = 0xf;                  // without SOCK_CLOEXEC and SOCK_NONBLOCK
constexpr uint32_t kAnonymousMemoryName = 0x53564d41;  // PR_SET_VMA
constexpr uint32_t kNewNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

// TCP, UDP and unix sockets; the one with which libraries ask which addresses there are.
void add_sockets(Program& program) {
  program.rule(SYS_socket, [&] {
    program.load_argument(0);
    program.skip_unless_equal(AF_NETLINK, 4);
    program.load_argument(2);
    program.end_if_equal(0, SECCOMP_RET_ALLOW);
    program.end(kRefuse);
    program.skip_if_equal(AF_INET, 3);
    program.skip_if_equal(AF_INET6, 2);
    program.skip_if_equal(AF_UNIX, 1);
    program.end(kRefuse);
    program.load_argument(1);
    program.mask(kSocketType);
    program.end_if_equal(SOCK_STREAM, SECCOMP_RET_ALLOW);
    program.end_if_equal(SOCK_DGRAM, SECCOMP_RET_ALLOW);
    program.end(kRefuse);
  });
}

// Threads, not processes. The arguments of clone3 are out of a filter's sight.
void add_threads(Program& program) {
  program.allow_if_argument(SYS_clone, 0, CLONE_THREAD | kNewNamespaces, {CLONE_THREAD});
  program.rule(SYS_clone3, [&] { program.end(kUnknown); });
  program.allow_if_argument(SYS_tgkill, 0, kAllBits, {static_cast<uint32_t>(getpid())});
}

// Nothing is written and then run.
void add_memory(Program& program) {
  for (const int call : {SYS_mmap, SYS_mprotect})
    program.allow_if_argument(call, 2, PROT_WRITE | PROT_EXEC, {PROT_NONE, PROT_WRITE, PROT_EXEC});
}

void add_own_process(Program& program) {
  program.allow_if_argument(SYS_prctl, 0, kAllBits, {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, kAnonymousMemoryName});
  program.allow_if_argument(SYS_ioctl, 1, kAllBits, {FIONREAD, FIONBIO, TCGETS});
  // Limits are read, not written: the pointer to new ones is null.
  program.rule(SYS_prlimit64, [&] {
    program.load_argument(2);
    program.skip_if_equal(0, 1);
    program.end(kRefuse);
    program.load(offsetof(seccomp_data, args) + sizeof(uint64_t) * 2 + sizeof(uint32_t));
    program.end_if_equal(0, SECCOMP_RET_ALLOW);
    program.end(kRefuse);
  });
}

}  // namespace

std::vector<sock_filter> system_call_filter() {
  Program program;
  program.load(offsetof(seccomp_data, arch));
  program.skip_if_equal(kArchitecture, 1);
  program.end(SECCOMP_RET_KILL_PROCESS);
  program.load(offsetof(seccomp_data, nr));
  for (const int call : kAllowed) program.end_if_equal(static_cast<uint32_t>(call), SECCOMP_RET_ALLOW);
  if (kSanitized) {
    for (const int call : kAllowedForSanitizers) program.end_if_equal(static_cast<uint32_t>(call), SECCOMP_RET_ALLOW);
  }
  add_sockets(program);
  add_threads(program);
  add_memory(program);
  add_own_process(program);
  program.skip_unless_above(kNewestKnown, 1);
  program.end(kUnknown);
  program.end(kRefuse);
  return program.take();
}

Status install_filter(std::vector<sock_filter> filter) {
  sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  // Refusals are written to the kernel's log. Nothing runs in here that must not read what the rest of the process
  // holds, so that the mitigation for that, which slows every load, is not asked for.
  constexpr unsigned kWanted = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  for (const unsigned flags : {kWanted, static_cast<unsigned>(SECCOMP_FILTER_FLAG_TSYNC)}) {
    const long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    if (result == 0) return ok();
    if (result > 0) return internal(cat("filter system calls: thread ", result, " cannot follow"));
    if (errno != EINVAL) break;
  }
  return errno_status("filter system calls", errno);
}

}  // namespace weft::proxy
