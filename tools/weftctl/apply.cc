// weftctl apply: everything given is read and checked before anything is written.
#include <algorithm>
#include <map>
#include <set>

#include "base/document/print.h"
#include "base/text.h"
#include "control-plane/resource/encode.h"
#include "control-plane/resource/kind.h"
#include "tools/weftctl/api_error.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/config_file.h"
#include "tools/weftctl/delivery.h"
#include "tools/weftctl/documents.h"
#include "tools/weftctl/kinds.h"
#include "tools/weftctl/manifest.h"
#include "tools/weftctl/terminal.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> variables;
  std::string mesh;
  bool dry_run = false;
  std::string wait;
};

// What the control plane said against a document, each violation with its place in the file.
std::string server_problem(const Document& document, const Answer& answer) {
  const ApiError error = read_error(answer);
  std::string out = cat(document.title(), ": failed server side: ", error.headline());
  for (const Violation& violation : error.violations) {
    append(out, "\n", violation_lines(violation.field, violation.reason, document.place(violation.field)));
  }
  if (error.violations.empty()) append(out, "\n", place_line(document.place()));
  return out;
}

Status refuse(const std::map<size_t, std::string>& problems) {
  for (const auto& [index, problem] : problems) std::fprintf(stderr, "%s\n", problem.c_str());
  return invalid("failed to validate some resources");
}

Result<Manifest> read_all(const Options& options, std::string_view mesh, Nanoseconds timeout) {
  Variables variables;
  for (const std::string& pair : options.variables) {
    if (Status status = add_variables(pair, variables); !status.ok()) return annotate(status, "--var");
  }
  const auto sources = read_sources(options.files, timeout);
  if (!sources.ok()) return sources.status();
  auto manifest = read_manifest(*sources, variables, mesh);
  if (!manifest.ok()) return manifest;
  for (const std::string& name : manifest->unset) {
    warn(cat("variable ", name, " is not set (-v ", name, "=...): it is left empty"));
  }
  return manifest;
}

void add_unknown_type(const Document& document, std::string_view meant, std::map<size_t, std::string>& problems) {
  problems[document.index] =
      cat(document_problem(document.index, cat("invalid resource type \"", document.type, "\"")), "\n",
          place_line(document.place("type")), meant.empty() ? "" : cat(": did you mean ", meant, "?"));
}

std::string_view known_type_like(std::string_view type) {
  std::vector<std::string_view> types;
  for (const cp::Kind& kind : cp::kinds()) types.push_back(kind.type());
  return did_you_mean(type, types);
}

// Something is wrong already: a type that is unknown here is then reported with the rest.
Status refuse_with_types(Manifest& manifest) {
  for (const Document& document : manifest.documents) {
    if (!manifest.problems.contains(document.index) && document.resource == nullptr)
      add_unknown_type(document, known_type_like(document.type), manifest.problems);
  }
  return refuse(manifest.problems);
}

// Nothing to send: what the documents mean, as the API would show it.
Status print_documents(Manifest& manifest) {
  const bool all_known = std::all_of(manifest.documents.begin(), manifest.documents.end(),
                                     [](const Document& document) { return document.resource != nullptr; });
  if (!all_known || !manifest.problems.empty()) return refuse_with_types(manifest);
  for (const std::string& warning : manifest.warnings) warn(warning);
  for (const Document& document : manifest.documents) {
    const auto tree = parse_json(cp::encode(*document.resource));
    if (!tree.ok()) return tree.status();
    print(cat(document.index == 0 ? "" : "---\n", yaml_text(*tree)));
  }
  return ok();
}

// Settles what depends on the type: its path, and whether it has a mesh. The control plane may know types that this
// program does not.
Result<std::vector<const Kind*>> find_kinds(const Kinds& kinds, Manifest& manifest) {
  std::vector<const Kind*> out;
  for (Document& document : manifest.documents) {
    const Kind* kind = kinds.by_type(document.type);
    if (kind == nullptr) {
      add_unknown_type(document, kinds.type_like(document.type), manifest.problems);
    } else if (kind->read_only) {
      manifest.problems[document.index] =
          cat(document.title(), ": ", document.type, " is read-only, the control plane writes it\n",
              place_line(document.place("type")));
    } else if (kind->global) {
      document.mesh.clear();
    } else {
      put(document.content, "mesh", text(document.mesh));
    }
    out.push_back(kind);
  }
  if (!manifest.problems.empty()) return refuse(manifest.problems);
  return out;
}

// Asks the control plane about every document without storing any. A mesh that an earlier document brings is not there
// yet: what is in it can only be checked when it is written. Another product would take the question for a write.
Status check_all(Client& client, const std::vector<Document>& documents, const std::vector<const Kind*>& kinds) {
  if (!client.speaks_weft()) return ok();
  std::map<size_t, std::string> problems;
  std::set<std::string> new_meshes;
  Progress progress("checked", documents.size());
  for (size_t i = 0; i < documents.size(); ++i) {
    progress.step(i);
    const Document& document = documents[i];
    const auto answer =
        client.put(kinds[i]->item(document.mesh, document.name) + "?dryRun=true", compact_json(document.content));
    if (!answer.ok()) return answer.status();
    if (document.type == "Mesh") new_meshes.insert(document.name);
    if (answer->ok() || (answer->status == 404 && new_meshes.contains(document.mesh))) continue;
    problems[document.index] = server_problem(document, *answer);
  }
  progress.erase();
  return problems.empty() ? ok() : refuse(problems);
}

Status write_all(Client& client, const std::vector<Document>& documents, const std::vector<const Kind*>& kinds,
                 Written& written) {
  Progress progress("applied", documents.size());
  for (size_t i = 0; i < documents.size(); ++i) {
    progress.step(i);
    const Document& document = documents[i];
    const auto answer = client.put(kinds[i]->item(document.mesh, document.name), compact_json(document.content));
    const std::string so_far = cat(" (", i, " of ", documents.size(), " resources were applied)");
    if (!answer.ok()) return annotate(answer.status(), cat(document.title(), so_far));
    if (!answer->ok()) return invalid(cat(server_problem(document, *answer), so_far));
    progress.erase();
    print(cat(document.title(), answer->status == 201 ? " Created\n" : " Updated\n"));
    for (const std::string& warning : read_warnings(*answer)) warn(warning);
    const std::string& mesh = document.type == "Mesh" ? document.name : document.mesh;
    if (!mesh.empty()) written[mesh] = answer->revision;
  }
  return ok();
}

}  // namespace

Status run_apply(const Command& self, const std::vector<std::string>& arguments) {
  Options options;
  Globals globals;
  Flags flags;
  flags.add("file", 'f', "FILE", "file, folder, http(s) URL or - for standard input; repeatable", &options.files);
  flags.add("var", 'v', "KEY=VALUE", "what {{ KEY }} in the files stands for; repeatable", &options.variables);
  flags.add("mesh", 'm', "MESH", "of documents that name none (that of the context, or default)", &options.mesh);
  flags.add("dry-run", 0, "print what the documents mean, variables resolved, and ask nobody", &options.dry_run);
  flags.add_optional("wait", "30s", "DURATION", "wait until it is active on every connected proxy", &options.wait);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (options.files.empty()) return invalid("name what to apply: -f FILE (- is standard input)");
  const auto longest = parse_wait(options.wait.empty() ? "0" : options.wait);
  if (!longest.ok()) return longest.status();

  const auto destination = active_destination(globals);
  if (!destination.ok()) return destination.status();
  const std::string& mesh = options.mesh.empty() ? destination->mesh : options.mesh;
  auto manifest = read_all(options, mesh, globals.api_timeout);
  if (!manifest.ok()) return manifest.status();
  if (options.dry_run) return print_documents(*manifest);
  if (!manifest->problems.empty()) return refuse_with_types(*manifest);
  // A mesh goes before what is in it.
  std::vector<Document>& documents = manifest->documents;
  std::stable_partition(documents.begin(), documents.end(),
                        [](const Document& document) { return document.type == "Mesh"; });

  auto client = make_client(globals, *destination);
  if (!client.ok()) return client.status();
  const auto kinds = Kinds::load(*client);
  if (!kinds.ok()) return kinds.status();
  const auto document_kinds = find_kinds(*kinds, *manifest);
  if (!document_kinds.ok()) return document_kinds.status();
  if (Status status = check_all(*client, documents, *document_kinds); !status.ok()) return status;
  Written written;
  if (Status status = write_all(*client, documents, *document_kinds, written); !status.ok()) return status;
  return options.wait.empty() ? ok() : wait_for_delivery(*client, written, *longest);
}

}  // namespace weft::ctl
