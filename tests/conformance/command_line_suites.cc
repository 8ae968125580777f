#include "tests/conformance/command_line_suites.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"
#include "tests/conformance/compare.h"
#include "tests/conformance/golden_cases.h"
#include "tests/conformance/memory_server.h"
#include "tests/support/process.h"

namespace weft::conformance {
namespace {

namespace fs = std::filesystem;

// A folder of its own for a case; removed in the end.
class Scratch {
 public:
  Scratch() : path_("/tmp/weft-case-XXXXXX") { mkdtemp(path_.data()); }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The arguments of a case: "<input>" and what follows -f are files of the folder.
std::vector<std::string> arguments_of(const fs::path& folder, const Node& test, std::string_view key) {
  std::vector<std::string> out;
  const Node* list = test.find(key);
  if (list == nullptr) return out;
  for (const Node& argument : list->items) {
    if (argument.text == "<input>") {
      out.push_back((folder / text(test, "input")).string());
    } else if (!out.empty() && (out.back() == "-f" || out.back() == "--file") && fs::exists(folder / argument.text)) {
      out.push_back((folder / argument.text).string());
    } else {
      out.push_back(argument.text);
    }
  }
  return out;
}

test::Finished weftctl(const Scratch& scratch, std::vector<std::string> arguments, const std::string& input = "") {
  arguments.insert(arguments.begin(), {"--config-file", scratch.path() + "/config"});
  return test::run(WEFTCTL, arguments, scratch.path(), input);
}

// The program calls itself by its own name.
std::string own_name(std::string text) {
  for (size_t at; (at = text.find("kumactl")) != std::string::npos;) text.replace(at, 7, "weftctl");
  return text;
}

Node list_of(std::vector<Node> items) { return list_node(std::move(items)); }

// As documents, JSON or YAML.
Node parsed(const std::string& text) {
  const auto read = parse_yaml(text);
  return read.ok() ? list_of(*read) : string_node(cat("unreadable: ", reason(read.status()), "\n", text));
}

// What a parser's library says differs: of a line that holds such words, what precedes them counts.
std::string_view without_library_words(std::string_view line) {
  if (line.find("yaml: ") == line.npos && line.find("json: ") == line.npos) return line;
  constexpr std::string_view kBefore = "failed to parse resource: ";
  const size_t at = line.find(kBefore);
  return at == line.npos ? line.substr(0, line.find(": ") + 2) : line.substr(0, at + kBefore.size());
}

// Line by line; weftctl's lines about the place in a file ("  --> ...") are its own.
std::string difference_of_errors(const std::string& wanted, const std::string& got) {
  std::vector<std::string_view> lines;
  for (const std::string_view line : split(got, '\n')) {
    if (!line.starts_with("  --> ")) lines.push_back(line);
  }
  std::string left, right;
  const auto wanted_lines = split(wanted, '\n');
  for (size_t i = 0; i < std::max(lines.size(), wanted_lines.size()); ++i) {
    const std::string_view want = i < wanted_lines.size() ? without_library_words(wanted_lines[i]) : "";
    std::string_view have = i < lines.size() ? lines[i] : "";
    if (i < wanted_lines.size() && want.size() < wanted_lines[i].size()) have = have.substr(0, want.size());
    append(left, want, "\n");
    append(right, have, "\n");
  }
  return difference_of_text(left, right);
}

std::string file_text(const fs::path& file) { return read_file(file.string()).value_or(""); }

std::string check_output(const fs::path& folder, const Node& test, const test::Finished& done) {
  std::string out;
  if (test.find("expected_stdout") != nullptr)
    out += difference_of_text(own_name(text(test, "expected_stdout")), done.out);
  if (test.find("expected_stderr") != nullptr)
    out += difference_of_errors(own_name(text(test, "expected_stderr")), done.err);
  for (const char* key : {"golden", "golden_stdout"}) {
    const std::string file = text(test, key);
    if (!file.empty()) out += difference(parsed(file_text(folder / file)), parsed(done.out));
  }
  const bool must_fail = text(test, "expected_stderr").find("Error:") != std::string::npos;
  if (must_fail != (done.exit_code != 0)) append(out, "exit code ", done.exit_code, "\n", done.err);
  return out;
}

std::string check_store(const fs::path& folder, const Node& test, const MemoryServer& server) {
  const Node* empty = test.find("store_must_be_empty");
  const std::string file = text(test, "golden_store");
  if (empty != nullptr && empty->boolean) return difference(list_of({}), list_of(server.dump()));
  return file.empty() ? "" : difference(list_of(documents(folder / file)), list_of(server.dump()));
}

std::string check_command(const fs::path& folder, const Node& test) {
  const auto server = MemoryServer::start();
  if (!server.ok()) return reason(server.status());
  const Scratch scratch;
  const std::string config =
      cat("controlPlanes: [{name: c, coordinates: {apiServer: {url: \"http://127.0.0.1:", (*server)->port(),
          "\"}}}]\ncontexts: [{name: c, controlPlane: c}]\ncurrentContext: c\n");
  if (!write_file(scratch.path() + "/config", config, 0600).ok()) return "no place for the configuration";
  // "GET /meshes/..." and the file with its answer.
  const std::string endpoint = text(test, "server_endpoint");
  if (const size_t space = endpoint.find(' '); space != std::string::npos) {
    (*server)->fix(endpoint.substr(space + 1), file_text(folder / text(test, "server_response")));
  }
  if (const auto setup = arguments_of(folder, test, "setup"); !setup.empty()) {
    const test::Finished done = weftctl(scratch, setup);
    if (done.exit_code != 0) return cat("the setup failed: ", done.err);
  }
  // Standard input is the input too, for those that read it.
  const std::string input = file_text(folder / text(test, "input"));
  const test::Finished done = weftctl(scratch, arguments_of(folder, test, "args"), input);
  return check_output(folder, test, done) + check_store(folder, test, **server);
}

std::string check_config_command(const fs::path& folder, const Node& test) {
  const Scratch scratch;
  if (!write_file(scratch.path() + "/config", file_text(folder / text(test, "initial")), 0600).ok())
    return "no place for the configuration";
  const test::Finished done = weftctl(scratch, arguments_of(folder, test, "args"));
  Node rest = test;
  // Here the golden file is what the configuration must be.
  const std::string golden = text(test, "golden");
  std::erase_if(rest.members, [](const Member& member) { return member.key == "golden"; });
  std::string out = check_output(folder, rest, done);
  if (!golden.empty())
    out += difference(parsed(file_text(folder / golden)), parsed(file_text(scratch.path() + "/config")));
  return out;
}

std::vector<CaseReport> for_each_case(const fs::path& folder, std::string (*check)(const fs::path&, const Node&)) {
  std::vector<CaseReport> out;
  for (const Node& test : cases_of(folder)) out.push_back(report(text(test, "id"), check(folder, test)));
  return out;
}

}  // namespace

std::vector<CaseReport> run_commands(const fs::path& folder) { return for_each_case(folder, check_command); }

std::vector<CaseReport> run_config_commands(const fs::path& folder) {
  return for_each_case(folder, check_config_command);
}

}  // namespace weft::conformance
