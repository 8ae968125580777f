// A child process: a real program with its output in a file. Owned by the test; the destructor ends it by its id.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/wait.h"

namespace weft::test {

class Process {
 public:
  // Standard output and error go to `log`. `environment` is added to this process's. Dies with the test.
  Process(const std::string& program, const std::vector<std::string>& arguments, const std::string& log,
          const std::map<std::string, std::string>& environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number);
  // The exit code, 128 + N for signal N; nothing when it still runs after `longest`.
  std::optional<int> wait(std::chrono::milliseconds longest = kPatience);
  // SIGKILL, and gone when this returns.
  void kill();
  std::string output() const;

 private:
  void reap(int options);

  pid_t pid_ = -1;
  std::string log_;
  std::optional<int> exit_code_;
};

// Runs a program to its end.
struct Finished {
  int exit_code = -1;
  std::string out;
  std::string err;
};
Finished run(const std::string& program, const std::vector<std::string>& arguments, const std::string& folder,
             const std::string& standard_input = "");

}  // namespace weft::test
