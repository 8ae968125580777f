#include "control-plane/key_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "base/text.h"

extern char** environ;

namespace weft::cp {
namespace {

constexpr size_t kMostBytes = 64 << 10;
using Clock = std::chrono::steady_clock;

struct Pipe {
  int ends[2] = {-1, -1};
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(int end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }
};

// Its own process group, so that what it starts ends with it; the signals that this program has blocked reach it.
int start(const std::vector<std::string>& words, int output, pid_t* pid) {
  std::vector<char*> arguments;
  std::vector<std::string> copies = words;
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, 1);
  posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  const int error = ::posix_spawnp(pid, arguments.front(), &files, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error;
}

// Until the end of the output; false: not in time, or too much.
bool read_all(int from, Clock::time_point deadline, std::string& out) {
  while (out.size() <= kMostBytes) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd ready{from, POLLIN, 0};
    if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) <= 0) return false;
    char bytes[4096];
    const ssize_t count = ::read(from, bytes, sizeof bytes);
    if (count <= 0) return count == 0;
    out.append(bytes, static_cast<size_t>(count));
  }
  return false;
}

// Its exit status, or nothing when it had to be killed.
int wait_for(pid_t pid, bool kill_now) {
  if (kill_now) ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

Result<std::string> output_of(const std::string& command, Nanoseconds timeout) {
  std::vector<std::string> words;
  for (const std::string_view word : split(command, ' ')) {
    if (!trim(word).empty()) words.emplace_back(trim(word));
  }
  if (words.empty()) return invalid("no program is named");
  Pipe pipe;
  if (::pipe2(pipe.ends, O_CLOEXEC) != 0) return errno_status("make a pipe", errno);
  pid_t pid = 0;
  if (const int error = start(words, pipe.ends[1], &pid); error != 0)
    return errno_status(cat("start ", words[0]), error);
  pipe.close_end(1);
  std::string out;
  const bool complete = read_all(pipe.ends[0], Clock::now() + timeout, out);
  const int status = wait_for(pid, !complete);
  if (!complete) return deadline(cat(words[0], " did not end in time, or printed too much"));
  if (WIFSIGNALED(status)) return unavailable(cat(words[0], " was ended by signal ", WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) return unavailable(cat(words[0], " ended with exit code ", WEXITSTATUS(status)));
  return out;
}

}  // namespace weft::cp
