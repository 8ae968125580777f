// weft-sample [serve] ... | weft-sample load ...
#include <cstdio>

#include "base/flags.h"
#include "base/text.h"
#include "tools/sample/load.h"
#include "tools/sample/server.h"

namespace {

using weft::Flags;
using weft::Status;

// Parses and rejects positional arguments; prints the help when asked.
bool parse(const Flags& flags, const std::vector<std::string>& arguments, Status& status) {
  for (const std::string& argument : arguments) {
    if (argument == "--help" || argument == "-h") {
      std::printf("weft-sample serve|load\n%s", flags.help().c_str());
      return false;
    }
  }
  const auto rest = flags.parse(arguments);
  status = rest.status();
  if (rest.ok() && !rest->empty()) status = weft::invalid(weft::cat("what is \"", rest->front(), "\"?"));
  return status.ok();
}

Status run_server(const std::vector<std::string>& arguments) {
  weft::sample::ServerOptions options;
  Flags flags;
  flags.add("name", 0, "NAME", "what it calls itself in its answers", &options.name);
  flags.add("address", 0, "IP", "where to listen (127.0.0.1)", &options.address);
  flags.add("port", 0, "N", "0: any free port, which is printed", &options.port);
  flags.add("port-file", 0, "FILE", "write the port here when it is open", &options.port_file);
  Status status = weft::ok();
  return parse(flags, arguments, status) ? weft::sample::serve(options) : status;
}

Status run_load(const std::vector<std::string>& arguments) {
  weft::sample::LoadOptions options;
  Flags flags;
  flags.add("url", 0, "URL", "http://host:port/path", &options.url);
  flags.add("concurrency", 'c', "N", "connections (8)", &options.concurrency);
  flags.add("requests", 'n', "N", "stop after so many requests", &options.requests);
  flags.add("duration", 'd', "DURATION", "stop after this time", &options.duration);
  flags.add("rate", 'r', "N", "requests a second in all (0: no limit)", &options.rate);
  flags.add("json", 0, "report as one line of JSON", &options.json);
  Status status = weft::ok();
  return parse(flags, arguments, status) ? weft::sample::load(options) : status;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool is_load = !arguments.empty() && arguments[0] == "load";
  if (is_load || (!arguments.empty() && arguments[0] == "serve")) arguments.erase(arguments.begin());
  const Status status = is_load ? run_load(arguments) : run_server(arguments);
  if (status.ok()) return 0;
  std::fprintf(stderr, "Error: %s\n", weft::reason(status).c_str());
  return 1;
}
