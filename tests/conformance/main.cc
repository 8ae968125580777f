// The conformance runner: drives a folder of golden data by its cases.yaml files and prints the report.
#include <cstdio>
#include <thread>

#include "base/file.h"
#include "base/flags.h"
#include "base/text.h"
#include "tests/conformance/golden_cases.h"
#include "tests/conformance/isolate.h"
#include "tests/conformance/report.h"

namespace weft::conformance {
namespace {

constexpr int kSkipped = 77;

struct Options {
  std::string root;
  std::string floors;
  std::string differences = "docs/differences.md";
  std::string write;
  int jobs = static_cast<int>(std::thread::hardware_concurrency());
  bool help = false;
  std::vector<std::string> suites;
};

void print(FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

std::string content_of(const std::string& path) {
  const auto read = read_file(path);
  return read.ok() ? *read : std::string();
}

Flags flags_into(Options& options) {
  Flags flags;
  flags.add("root", 0, "DIR", "the golden data; default: $WEFT_CONFORMANCE_DIR or ../shared/conformance/kuma",
            &options.root);
  flags.add("floors", 0, "FILE", "fail when a suite passes fewer cases than recorded here", &options.floors);
  flags.add("differences", 0, "FILE", "cases that differ on purpose, rows | suite | case | reason |",
            &options.differences);
  flags.add("write", 0, "FILE", "write the report as Markdown, and raise --floors to what passed", &options.write);
  flags.add("jobs", 'j', "N", "suites that run at the same time", &options.jobs);
  flags.add("help", 'h', "this text", &options.help);
  return flags;
}

Status write_report(const Options& options, const Report& report, std::map<std::string, size_t> floors) {
  const std::string page =
      cat("# Conformance\n\nThe policy model, the REST API and the CLI against Kuma's own golden data, as printed by ",
          "`tools/dev conformance --write`.\n\n```\n", report.text, "```\n");
  if (Status written = write_file(options.write, page); !written.ok()) return written;
  if (options.floors.empty()) return ok();
  for (const auto& [suite, passed] : report.passed_of) floors[suite] = std::max(floors[suite], passed);
  return write_file(options.floors, print_floors(floors));
}

int run(const Options& options) {
  const std::filesystem::path root = options.root.empty() ? data_folder() : std::filesystem::path(options.root);
  if (root.empty()) {
    print(stdout, "skipped: the golden data are not on this machine (tests/conformance/README.md)\n");
    return kSkipped;
  }
  const std::vector<CatalogEntry> entries = catalog(root, options.suites);
  if (entries.empty()) {
    print(stderr, cat("there are no such suites below ", root.string(), "\n"));
    return 2;
  }
  std::vector<std::vector<CaseReport>> reports = run_all(entries, std::max(1, options.jobs), find_suite);
  std::vector<SuiteResult> results;
  for (size_t i = 0; i < entries.size(); ++i) results.push_back({entries[i].suite, std::move(reports[i])});
  const Report report = make_report(results, differences_in(content_of(options.differences)));
  print(stdout, report.text);

  const auto floors = parse_floors(options.floors.empty() ? std::string() : content_of(options.floors));
  if (!options.write.empty()) {
    const Status written = write_report(options, report, floors);
    if (!written.ok()) print(stderr, cat(reason(written), "\n"));
    return written.ok() ? 0 : 1;
  }
  if (options.floors.empty()) return report.failed == 0 ? 0 : 1;
  const std::string under = under_floor(floors, report.passed_of);
  print(stdout, under);
  return under.empty() ? 0 : 1;
}

}  // namespace
}  // namespace weft::conformance

int main(int argc, char** argv) {
  weft::conformance::Options options;
  const weft::Flags flags = weft::conformance::flags_into(options);
  auto suites = flags.parse(std::vector<std::string>(argv + 1, argv + argc));
  if (!suites.ok() || options.help) {
    const std::string text = weft::cat("weft-conformance [SUITE...]\n", flags.help(),
                                       suites.ok() ? "" : weft::cat("\n", weft::reason(suites.status()), "\n"));
    std::fwrite(text.data(), 1, text.size(), suites.ok() ? stdout : stderr);
    return suites.ok() ? 0 : 2;
  }
  options.suites = *std::move(suites);
  return weft::conformance::run(options);
}
