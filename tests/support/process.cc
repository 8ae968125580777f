#include "tests/support/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/file.h"
#include "base/text.h"

extern char** environ;

namespace weft::test {
namespace {

// Becomes `program` in the child; never returns.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment, int in, int out,
                         int err) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(in, 0);
  dup2(out, 1);
  dup2(err, 2);
  execve(program, arguments, environment);
  _exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

pid_t spawn(const std::string& program, const std::vector<std::string>& arguments,
            const std::map<std::string, std::string>& added, int in, int out, int err) {
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  for (const auto& [key, value] : added) variables.push_back(cat(key, "=", value));
  const std::vector<char*> argument_pointers = pointers(words);
  const std::vector<char*> environment_pointers = pointers(variables);
  const pid_t pid = fork();
  if (pid == 0) become(program.c_str(), argument_pointers.data(), environment_pointers.data(), in, out, err);
  if (pid < 0) std::perror("fork");
  return pid;
}

int open_for_writing(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

Process::Process(const std::string& program, const std::vector<std::string>& arguments, const std::string& log,
                 const std::map<std::string, std::string>& environment)
    : log_(log) {
  const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int out = open_for_writing(log);
  pid_ = spawn(program, arguments, environment, in, out, out);
  close(in);
  close(out);
}

Process::~Process() {
  if (running()) kill();
}

void Process::reap(int options) {
  int status = 0;
  if (!exit_code_ && waitpid(pid_, &status, options) == pid_) exit_code_ = code_of(status);
}

bool Process::running() {
  reap(WNOHANG);
  return !exit_code_;
}

void Process::signal(int number) {
  if (running()) ::kill(pid_, number);
}

std::optional<int> Process::wait(std::chrono::milliseconds longest) {
  eventually([this] { return !running(); }, longest);
  return exit_code_;
}

void Process::kill() {
  signal(SIGKILL);
  reap(0);
}

std::string Process::output() const { return read_file(log_).value_or(""); }

Finished run(const std::string& program, const std::vector<std::string>& arguments, const std::string& folder,
             const std::string& standard_input) {
  const std::string in_path = folder + "/stdin", out_path = folder + "/stdout", err_path = folder + "/stderr";
  unlink(out_path.c_str());
  unlink(err_path.c_str());
  if (!write_file(in_path, standard_input).ok()) return {};
  const int in = open(in_path.c_str(), O_RDONLY | O_CLOEXEC);
  const int out = open_for_writing(out_path), err = open_for_writing(err_path);
  const pid_t pid = spawn(program, arguments, {}, in, out, err);
  for (const int descriptor : {in, out, err}) close(descriptor);
  int status = 0;
  waitpid(pid, &status, 0);
  return {code_of(status), read_file(out_path).value_or(""), read_file(err_path).value_or("")};
}

}  // namespace weft::test
