// weft-cp: the control plane.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/log.h"
#include "base/text.h"
#include "control-plane/control_plane.h"

namespace weft::cp {
namespace {

void print(FILE* out, const std::string& text) { std::fputs(text.c_str(), out); }

std::string usage() {
  return cat("Usage: weft-cp run [flags]\n       weft-cp version\n\nFlags of run:\n", options_help());
}

// SIGINT and SIGTERM, blocked before the first thread starts so that every thread inherits it.
sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return signals;
}

int run(const std::vector<std::string>& arguments) {
  const Result<Options> options = read_options(arguments, [](const char* name) { return std::getenv(name); });
  if (!options.ok()) {
    print(stderr, cat("weft-cp: ", reason(options.status()), "\n"));
    return 1;
  }
  ::umask(0077);  // the store holds keys
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);  // and so does this process
  const sigset_t signals = block_stop_signals();
  Result<std::unique_ptr<ControlPlane>> started = ControlPlane::start(*options);
  if (!started.ok()) {
    log_error("cannot start", {{"reason", reason(started.status())}});
    return 1;
  }
  int number = 0;
  ::sigwait(&signals, &number);
  log_info("stopping", {{"signal", number == SIGINT ? "SIGINT" : "SIGTERM"}});
  // The default action of SIGALRM ends what does not end by itself.
  ::alarm(static_cast<unsigned>(std::chrono::ceil<std::chrono::seconds>(options->graceful_shutdown).count()));
  started->reset();
  return 0;
}

int start(const std::vector<std::string>& arguments) {
  const std::string command = arguments.empty() ? "" : arguments.front();
  if (command == "run") return run({arguments.begin() + 1, arguments.end()});
  if (command == "version" || command == "--version") {
    print(stdout, cat("weft-cp ", kVersion, "\n"));
    return 0;
  }
  const bool asked = command == "help" || command == "--help" || command == "-h";
  print(asked ? stdout : stderr, usage());
  return asked ? 0 : 1;
}

}  // namespace
}  // namespace weft::cp

int main(int argc, char** argv) { return weft::cp::start({argv + 1, argv + argc}); }
