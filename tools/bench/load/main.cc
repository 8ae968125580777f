// weft-bench-load: load generator and backend of the benchmarks in one thread, pinned to one core, driven by lines on
// standard input (command.h) and answering in lines of JSON. It ends with its input.
//   weft-bench-load [--cpu N] [--certificate FILE --key FILE --authority FILE]: with files, a second backend speaks
//   mutual TLS weft-bench-load --relay-to PORT: a blind relay instead, to have the least a proxy can cost
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "base/text.h"
#include "tools/bench/load/backend.h"
#include "tools/bench/load/command.h"
#include "tools/bench/load/load.h"
#include "tools/bench/load/relay.h"

namespace weft::bench {
namespace {

void say(std::string_view line) { std::printf("%.*s\n", static_cast<int>(line.size()), line.data()); }

// The commands as they arrive; at most one load runs, one more may be held.
class Console final : public Watched {
 public:
  Console(Poller& poller, Tls* tls) : poller_(poller), tls_(tls) { poller.add(STDIN_FILENO, EPOLLIN, *this); }

  bool ended() const { return ended_; }

  void tick() {
    if (!load_ || !load_->tick()) return;
    say(load_->report());
    if (keep_) held_ = std::move(load_);
    load_.reset();
  }
  TimePoint next_tick() const { return load_ ? load_->next_tick() : Clock::now() + std::chrono::seconds(60); }

 private:
  void on_events(uint32_t) override {
    char buffer[4096];
    const ssize_t count = read(STDIN_FILENO, buffer, sizeof buffer);
    if (count <= 0) {
      ended_ = true;
      return;
    }
    input_.append(buffer, static_cast<size_t>(count));
    for (size_t end; (end = input_.find('\n')) != std::string::npos; input_.erase(0, end + 1))
      run(input_.substr(0, end));
  }

  void run(const std::string& line) {
    const size_t space = line.find(' ');
    const std::string verb = line.substr(0, space);
    if (verb == "load" || verb == "hold")
      return start(space == std::string::npos ? "" : line.substr(space), verb == "hold");
    if (verb == "stop" && load_) return load_->stop();
    if (verb == "release") {
      say(cat("{\"event\":\"released\",\"lost\":", held_ ? held_->counted().closed : 0, "}"));
      held_.reset();
      return;
    }
    refuse(cat("not a command: ", verb));
  }

  void start(std::string_view words, bool hold) {
    auto options = parse_load(words);
    if (!options.ok()) return refuse(reason(options.status()));
    if (load_) return refuse("a load is running");
    if (options->tls && tls_ == nullptr) return refuse("tls=yes needs certificates");
    options->hold = keep_ = hold;
    load_ = std::make_unique<Load>(
        poller_, *std::move(options), [] { say("{\"event\":\"measuring\"}"); }, tls_);
  }

  static void refuse(std::string_view why) { say(cat("{\"event\":\"refused\",\"reason\":\"", why, "\"}")); }

  Poller& poller_;
  Tls* const tls_;
  bool ended_ = false;
  bool keep_ = false;
  std::string input_;
  std::unique_ptr<Load> load_, held_;
};

bool prepare_process(int cpu) {
  signal(SIGPIPE, SIG_IGN);
  setvbuf(stdout, nullptr, _IOLBF, 0);
  prctl(PR_SET_TIMERSLACK, 1);  // open loop: wake on time
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  if (cpu < 0) return true;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

int failed(std::string_view why) {
  std::fprintf(stderr, "weft-bench-load: %.*s\n", static_cast<int>(why.size()), why.data());
  return 1;
}

int run_load(const TlsFiles& files) {
  Poller poller;
  std::unique_ptr<Tls> tls;
  if (!files.certificate.empty()) {
    auto loaded = Tls::load(files);
    if (!loaded.ok()) return failed(reason(loaded.status()));
    tls = *std::move(loaded);
  }
  Backend plain(poller), secure(poller, tls.get());
  const auto port = plain.listen(0), tls_port = secure.listen(0);
  if (!port.ok() || !tls_port.ok()) return failed(reason(port.ok() ? tls_port.status() : port.status()));
  Console console(poller, tls.get());
  say(cat("{\"event\":\"listening\",\"port\":", *port, ",\"tls_port\":", tls ? *tls_port : 0, "}"));
  while (!console.ended()) {
    poller.turn(console.next_tick());
    plain.sweep();
    secure.sweep();
    console.tick();
  }
  return 0;
}

int run_relay(uint16_t target_port) {
  Poller poller;
  Relay relay(poller, target_port);
  const auto bound = relay.listen();
  if (!bound.ok()) return failed(reason(bound.status()));
  say(cat("{\"event\":\"listening\",\"port\":", *bound, "}"));
  for (;;) {
    poller.turn(Clock::now() + std::chrono::seconds(60));
    relay.sweep();
  }
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) {
  int cpu = -1;
  uint16_t relay_to = 0;
  weft::bench::TlsFiles files;
  const std::pair<std::string_view, std::string*> file_flags[] = {
      {"--certificate", &files.certificate}, {"--key", &files.key}, {"--authority", &files.authority}};
  for (int i = 1; i < argc; i += 2) {
    const std::string_view flag = argv[i], value = i + 1 < argc ? argv[i + 1] : "";
    const auto file =
        std::find_if(std::begin(file_flags), std::end(file_flags), [&](auto& f) { return f.first == flag; });
    if (file != std::end(file_flags) && !value.empty()) {
      *file->second = value;
    } else if (!(flag == "--cpu" && weft::parse_number(value, cpu)) &&
               !(flag == "--relay-to" && weft::parse_number(value, relay_to))) {
      std::fprintf(
          stderr,
          "usage: weft-bench-load [--cpu N] [--relay-to PORT] [--certificate FILE --key FILE --authority FILE]\n");
      return 2;
    }
  }
  if (!weft::bench::prepare_process(cpu)) return weft::bench::failed(weft::cat("no core ", cpu, " here"));
  return relay_to != 0 ? weft::bench::run_relay(relay_to) : weft::bench::run_load(files);
}
