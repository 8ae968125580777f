#include "proxy/privileges.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <netdb.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "base/file.h"
#include "base/text.h"

namespace weft::proxy {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// ThreadSanitizer ends the child of a program with threads that starts one of its own. (No macro tells of it: see
// tools/cmake/weft_compiler.cmake.)
extern "C" __attribute__((weak)) void __tsan_init();
bool children_may_start_threads() { return &__tsan_init == nullptr; }

// Runs `act` in a child that has dropped everything; what it found wrong, or an empty text.
std::string without_privileges(const std::function<std::string()>& act, bool low_ports = false) {
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    Status dropped = drop_privileges();
    if (dropped.ok()) dropped = seal_privileges(low_ports);
    const std::string found = dropped.ok() ? act() : reason(dropped);
    if (write(pipe_ends[1], found.data(), found.size()) < 0) _exit(9);
    _exit(0);
  }
  close(pipe_ends[1]);
  std::string found;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(pipe_ends[0], buffer, sizeof buffer)) > 0;)
    found.append(buffer, static_cast<size_t>(n));
  close(pipe_ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return cat(found, " (ended with status ", status, ")");
  return found;
}

// Empty if the call failed with EPERM.
std::string refused(const char* name, long result) {
  if (result == -1 && errno == EPERM) return "";
  return cat(name, ": ", result == -1 ? strerror(errno) : "worked", "\n");
}
std::string worked(const char* name, bool did) { return did ? "" : cat(name, ": ", strerror(errno), "\n"); }

std::string field_of(const std::string& file, std::string_view name) {
  std::ifstream status(file);
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::string(trim(std::string_view(line).substr(name.size())));
  }
  return "";
}

TEST(Privileges, what_only_an_intruder_needs_is_refused) {
  EXPECT_EQ(without_privileges([] {
              char path[] = "/bin/true";
              char* const arguments[] = {path, nullptr};
              std::string found = refused("execve", execve(path, arguments, nullptr));
              found += refused("execveat", syscall(SYS_execveat, AT_FDCWD, path, arguments, nullptr, 0));
              found += refused("packet socket", socket(AF_PACKET, SOCK_RAW, 0));
              found += refused("raw socket", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
              found += refused("netfilter socket", socket(AF_NETLINK, SOCK_RAW, 12));
              found += refused("unshare", unshare(CLONE_NEWUSER));
              found += refused("mount", syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, nullptr));
              found += refused("keyctl", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0));
              found += refused("bpf", syscall(SYS_bpf, 0, nullptr, 0));
              found += refused("perf_event_open", syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0));
              found += refused("memfd_create", syscall(SYS_memfd_create, "x", 0));
              found += refused("userfaultfd", syscall(SYS_userfaultfd, 0));
              found += refused("io_uring_setup", syscall(SYS_io_uring_setup, 1, nullptr));
              found +=
                  refused("process_vm_writev", syscall(SYS_process_vm_writev, getppid(), nullptr, 0, nullptr, 0, 0));
              found += refused("setuid", syscall(SYS_setuid, 0));
              found += refused("chroot", syscall(SYS_chroot, "/"));
              found += refused("init_module", syscall(SYS_init_module, nullptr, 0, ""));
              return found;
            }),
            "");
}

// The sanitizers need these themselves.
TEST(Privileges, processes_traces_and_code_that_was_written_are_refused) {
  if (kSanitized) GTEST_SKIP();
  EXPECT_EQ(without_privileges([] {
              std::string found = refused("fork", syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
              found += refused("ptrace", ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
              found += refused("kill", kill(getppid(), 0));
              found += refused("tgkill", syscall(SYS_tgkill, getppid(), getppid(), 0));
              found += refused("prctl", prctl(PR_SET_DUMPABLE, 1));
              found += refused("ioctl", syscall(SYS_ioctl, 0, 0x5412, "x"));  // TIOCSTI
              rlimit limit{16, 16};
              found += refused("prlimit", setrlimit(RLIMIT_NOFILE, &limit));
              void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              found += refused("mprotect", mprotect(page, 4096, PROT_WRITE | PROT_EXEC));
              mmap(nullptr, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return found + (errno == EPERM ? "" : "mmap: worked\n");
            }),
            "");
}

TEST(Privileges, what_a_proxy_does_still_works) {
  if (!children_may_start_threads()) GTEST_SKIP();
  EXPECT_EQ(without_privileges([] {
              std::string found;
              bool ran = false;
              std::thread([&] { ran = true; }).join();
              found += worked("thread", ran);
              for (const int family : {AF_UNIX, AF_INET, AF_INET6}) {
                found += worked("stream socket", socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0);
                found += worked("datagram socket", socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0) >= 0);
              }
              addrinfo* addresses = nullptr;
              found += worked("getaddrinfo", getaddrinfo("localhost", "80", nullptr, &addresses) == 0);
              found += worked("epoll", epoll_create1(EPOLL_CLOEXEC) >= 0);
              found += worked("eventfd", eventfd(0, EFD_CLOEXEC) >= 0);
              rlimit limit{};
              found += worked("getrlimit", getrlimit(RLIMIT_NOFILE, &limit) == 0);
              std::string folder = "/tmp/privileges.XXXXXX";
              found += worked("mkdtemp", mkdtemp(folder.data()) != nullptr);
              found += worked("write_file", write_file(folder + "/a", "x", 0600).ok());
              std::ofstream(folder + "/b") << "x";
              struct stat made {};
              found += worked("stat", stat((folder + "/b").c_str(), &made) == 0);
              if ((made.st_mode & 077) != 0) found += "a file that others can read\n";
              std::filesystem::remove_all(folder);
              return found;
            }),
            "");
}

TEST(Privileges, nothing_is_left_but_low_ports_for_those_who_asked) {
  const bool privileged = (effective_capabilities() >> CAP_NET_BIND_SERVICE & 1) != 0;
  const auto left = [] {
    return cat(field_of("/proc/self/status", "CapEff:"), " ", field_of("/proc/self/status", "CapPrm:"));
  };
  EXPECT_EQ(without_privileges(left), "0000000000000000 0000000000000000");
  EXPECT_EQ(without_privileges(left, true),
            privileged ? "0000000000000400 0000000000000400" : "0000000000000000 0000000000000000");
}

TEST(Privileges, hold_for_threads_that_come_later) {
  if (!children_may_start_threads()) GTEST_SKIP();
  EXPECT_EQ(without_privileges([] {
              std::string found;
              std::thread([&] {
                const std::string file = cat("/proc/self/task/", gettid(), "/status");
                found =
                    cat(field_of(file, "NoNewPrivs:"), " ", field_of(file, "Seccomp:"), " ", field_of(file, "CapPrm:"));
              }).join();
              return found;
            }),
            "1 2 0000000000000000");
}

TEST(Privileges, no_core_is_dumped) {
  EXPECT_EQ(without_privileges([] { return cat(prctl(PR_GET_DUMPABLE)); }), "0");
}

}  // namespace
}  // namespace weft::proxy
