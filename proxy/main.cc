// weft-proxy: the sidecar. `run` is the proxy; `wait` and `version` are for scripts.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "proxy/options.h"
#include "proxy/run.h"
#include "proxy/wait.h"

namespace {

using weft::Status;

constexpr const char* kUsage =
    "weft-proxy: the sidecar of a Weft mesh\n\n"
    "  weft-proxy run [flags]      run the proxy (run --help lists the flags)\n"
    "  weft-proxy wait [flags]     wait until a proxy is ready\n"
    "  weft-proxy version [-a]     print the version\n";

int fail(const Status& status) {
  std::fputs(weft::cat("weft-proxy: ", weft::reason(status), "\n").c_str(), stderr);
  return 1;
}

bool wants_help(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--help" || argument == "-h") return true;
  }
  return false;
}

int print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return 0;
}

int run(const std::vector<std::string>& arguments) {
  if (wants_help(arguments)) return print(weft::proxy::run_help());
  const auto options = weft::proxy::parse_run_options(arguments, [](const char* name) { return std::getenv(name); });
  if (!options.ok()) return fail(options.status());
  if (!weft::set_log_level(options->log_level)) {
    return fail(weft::invalid(weft::cat("--log-level: unknown level \"", options->log_level, "\"")));
  }
  return weft::proxy::run(*options);
}

int wait(const std::vector<std::string>& arguments) {
  if (wants_help(arguments)) return print(weft::proxy::wait_help());
  const auto options = weft::proxy::parse_wait_options(arguments);
  if (!options.ok()) return fail(options.status());
  const Status status = weft::proxy::wait_until_ready(*options);
  return status.ok() ? 0 : fail(status);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  const std::vector<std::string> rest(argv + (argc > 1 ? 2 : 1), argv + argc);
  if (command == "run") return run(rest);
  if (command == "wait") return wait(rest);
  if (command == "version" || command == "--version") return print("Weft " WEFT_VERSION "\n");
  std::fputs(kUsage, command == "help" || command == "--help" || command == "-h" ? stdout : stderr);
  return command == "help" || command == "--help" || command == "-h" ? 0 : 2;
}
