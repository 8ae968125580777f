// weftctl diff: what applying files would change, in what is stored and for every proxy. Writes nothing.
#include <algorithm>
#include <map>

#include "base/document/print.h"
#include "base/text.h"
#include "tools/weftctl/api_error.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/diff_text.h"
#include "tools/weftctl/documents.h"
#include "tools/weftctl/manifest.h"
#include "tools/weftctl/terminal.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

constexpr int kChanges = 1;

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> variables;
  std::string mesh;
  std::string output = "text";
};

Status refuse(const std::map<size_t, std::string>& problems) {
  for (const auto& [index, problem] : problems) std::fprintf(stderr, "%s\n", problem.c_str());
  return invalid("failed to validate some resources, nothing was compared");
}

Result<std::vector<Document>> read_all(const Options& options, std::string_view mesh, Nanoseconds timeout) {
  Variables variables;
  for (const std::string& pair : options.variables) {
    if (Status status = add_variables(pair, variables); !status.ok()) return annotate(status, "--var");
  }
  const auto sources = read_sources(options.files, timeout);
  if (!sources.ok()) return sources.status();
  auto manifest = read_manifest(*sources, variables, mesh);
  if (!manifest.ok()) return manifest.status();
  for (const std::string& name : manifest->unset)
    warn(cat("variable ", name, " is not set (-v ", name, "=...): it is left empty"));
  if (!manifest->problems.empty()) return refuse(manifest->problems);
  // A mesh goes before what is in it.
  std::stable_partition(manifest->documents.begin(), manifest->documents.end(),
                        [](const Document& document) { return document.type == "Mesh"; });
  return std::move(manifest->documents);
}

std::string request_body(const std::vector<Document>& documents) {
  Node all = list();
  for (const Document& document : documents) {
    all.items.push_back(document.content);
    if (!document.mesh.empty()) put(all.items.back(), "mesh", text(document.mesh));
  }
  return compact_json(object({{"documents", std::move(all)}}));
}

// "documents[2].spec.to[0]" is about a field of one of the files: which one, and what follows.
const Document* document_of(std::string_view field, const std::vector<Document>& documents, std::string_view* rest) {
  const size_t open = field.find('['), close = field.find(']');
  size_t index = 0;
  if (!field.starts_with("documents[") || close == field.npos ||
      !parse_number(field.substr(open + 1, close - open - 1), index) || index >= documents.size())
    return nullptr;
  *rest = field.substr(close + 1);
  if (rest->starts_with('.')) rest->remove_prefix(1);
  return &documents[index];
}

Status refused(const Answer& answer, const std::vector<Document>& documents) {
  const ApiError error = read_error(answer);
  std::map<size_t, std::string> problems;
  for (const Violation& violation : error.violations) {
    std::string_view field;
    const Document* document = document_of(violation.field, documents, &field);
    if (document == nullptr) return error_status(answer);
    std::string& problem = problems[document->index];
    if (problem.empty()) problem = cat(document->title(), ": failed server side");
    append(problem, "\n", violation_lines(field, violation.reason, document->place(field)));
  }
  return problems.empty() ? error_status(answer) : refuse(problems);
}

// What is new green, what is gone red, what is otherwise yellow.
std::string in_colour(const std::string& text) {
  if (!has_colour(stdout)) return text;
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view words = trim(line);
    const Colour colour = words.starts_with("+ ")   ? Colour::kGreen
                          : words.starts_with("- ") ? Colour::kRed
                          : words.starts_with("~ ") ? Colour::kYellow
                                                    : Colour::kNone;
    append(out, colour == Colour::kNone ? std::string(line) : paint(line, colour, stdout), "\n");
  }
  out.pop_back();  // after the last line end there is no line
  return out;
}

}  // namespace

Status run_diff(const Command& self, const std::vector<std::string>& arguments) {
  Options options;
  Globals globals;
  Flags flags;
  flags.add("file", 'f', "FILE", "file, folder, http(s) URL or - for standard input; repeatable", &options.files);
  flags.add("var", 'v', "KEY=VALUE", "what {{ KEY }} in the files stands for; repeatable", &options.variables);
  flags.add("mesh", 'm', "MESH", "of documents that name none (that of the context, or default)", &options.mesh);
  flags.add("output", 'o', "FORMAT", "text, yaml or json", &options.output);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (options.files.empty()) return invalid("name what to compare: -f FILE (- is standard input)");
  if (options.output != "text" && options.output != "yaml" && options.output != "json")
    return invalid(cat("--output: \"", options.output, "\" is none of text, yaml, json"));
  const auto destination = active_destination(globals);
  if (!destination.ok()) return destination.status();
  const auto documents =
      read_all(options, options.mesh.empty() ? destination->mesh : options.mesh, globals.api_timeout);
  if (!documents.ok()) return documents.status();

  Client client(destination->plane, globals.api_timeout);
  const auto answer = client.post("/_diff", request_body(*documents));
  if (!answer.ok()) return answer.status();
  if (!answer->ok()) return refused(*answer, *documents);
  const auto diff = parse_json(answer->body);
  if (!diff.ok()) return diff.status();
  if (options.output == "text") {
    print(in_colour(diff_text(*diff)));
    for (const std::string& warning : diff_warnings(*diff)) warn(warning);
  } else {
    print(options.output == "yaml" ? yaml_text(*diff) : pretty_json(*diff));
  }
  if (has_changes(*diff)) set_exit_code(kChanges);
  return ok();
}

}  // namespace weft::ctl
