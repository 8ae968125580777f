#include "tests/conformance/api_suites.h"

#include <algorithm>
#include <regex>

#include "base/document/print.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/conformance/api_server.h"
#include "tests/conformance/compare.h"
#include "tests/conformance/golden_cases.h"

namespace weft::conformance {
namespace {

// Words of libraries that answers of the reference quote: there the status and the fields count, not the text.
constexpr std::string_view kLibraryWords[] = {
    "in body",           "json: ",     "unmarshal",      "looking for beginning", "strconv.", "unexpected", "proto:",
    "invalid character", "converting", "regex used for", "validation failure",    "DNS-1035"};

// Times, the server's address: what may differ is made equal. Numbers and escapes are the same structure anyway.
std::string without_accidents(const std::string& body) {
  static const std::regex times("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z");
  static const std::regex address("localhost:[0-9]+|127\\.0\\.0\\.1:[0-9]+(?=/)|\\{\\{address\\}\\}");
  return std::regex_replace(std::regex_replace(body, times, "0001-01-01T00:00:00Z"), address, "address");
}

bool quotes_a_library(std::string_view golden) {
  return std::any_of(std::begin(kLibraryWords), std::end(kLibraryWords),
                     [&](std::string_view words) { return golden.find(words) != std::string_view::npos; });
}

// The sentences of an error answer taken out.
void drop_sentences(Node& node) {
  std::erase_if(node.members, [](const Member& member) {
    return member.key == "detail" || member.key == "details" || member.key == "reason" || member.key == "message";
  });
  for (Member& member : node.members) drop_sentences(member.value);
  for (Node& item : node.items) drop_sentences(item);
}

// Warnings are ours alone: the reference accepts unknown fields without a word.
void drop_own_warnings(const Node& wanted, Node& got) {
  if (wanted.find("warnings") != nullptr) return;
  std::erase_if(got.members, [](const Member& member) { return member.key == "warnings"; });
}

Result<std::string> read_named(const std::filesystem::path& folder, const std::string& file) {
  return file.empty() ? std::string() : read_file((folder / file).string());
}

// What is different about one request's answer; empty when nothing is.
std::string perform(LoadedServer& server, const std::filesystem::path& folder, const Node& action) {
  const std::string method = text(action, "method").empty() ? "GET" : text(action, "method");
  const Result<std::string> request = read_named(folder, text(action, "request"));
  if (!request.ok()) return cat(reason(request.status()), "\n");
  const cp::TestAnswer answer = server.send(method, text(action, "path"), *request);
  std::string out;
  if (cat(answer.status) != text(action, "status")) {
    append(out, "wanted status ", text(action, "status"), ", got ", answer.status, " ", answer.body);
  }
  const std::string golden = text(action, "golden");
  if (golden.empty() || !out.empty()) return out;
  const Result<std::string> wanted = read_named(folder, golden);
  if (!wanted.ok()) return cat(reason(wanted.status()), "\n");
  return difference_of_bodies(*wanted, answer.body);
}

std::string run_case(const std::filesystem::path& folder, const Node& server, const Node& test) {
  Result<std::unique_ptr<LoadedServer>> started = LoadedServer::start(server);
  if (!started.ok()) return cat(reason(started.status()), "\n");
  const std::string input = text(test, "input");
  if (!input.empty()) {
    if (Status loaded = (*started)->load(documents(folder / input)); !loaded.ok()) return cat(reason(loaded), "\n");
  }
  const Node* actions = test.find("actions");
  if (actions == nullptr) return "the case asks nothing\n";
  std::string out;
  for (const Node& action : actions->items) {
    const std::string differs = perform(**started, folder, action);
    if (!differs.empty()) append(out, text(action, "method"), " ", text(action, "path"), "\n", differs);
  }
  return out;
}

}  // namespace

std::string difference_of_bodies(const std::string& golden, const std::string& body) {
  Result<Node> wanted = parse_json(without_accidents(golden));
  if (!wanted.ok()) return difference_of_text(trim(golden), trim(body));
  Result<Node> got = parse_json(without_accidents(body));
  if (!got.ok()) return cat("the answer is no JSON: ", body, "\n");
  drop_own_warnings(*wanted, *got);
  const std::string exact = difference(*wanted, *got);
  if (exact.empty() || wanted->find("title") == nullptr || !quotes_a_library(golden)) return exact;
  drop_sentences(*wanted);
  drop_sentences(*got);
  return difference(*wanted, *got);
}

std::vector<CaseReport> run_api(const std::filesystem::path& folder) {
  std::vector<CaseReport> out;
  const std::vector<Node> index = documents(folder / "cases.yaml");
  if (index.empty()) return out;
  const Node* harness = index[0].find("harness");
  const Node* server = harness == nullptr ? nullptr : harness->find("server");
  for (const Node& test : cases_of(folder)) {
    out.push_back(report(text(test, "id"), run_case(folder, server == nullptr ? Node() : *server, test)));
  }
  return out;
}

}  // namespace weft::conformance
