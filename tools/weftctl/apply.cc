// weftctl apply: everything given is read and checked before anything is written.
#include <algorithm>
#include <set>

#include "base/document/print.h"
#include "base/text.h"
#include "tools/weftctl/api_error.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/delivery.h"
#include "tools/weftctl/kinds.h"
#include "tools/weftctl/manifest.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> variables;
  bool dry_run = false;
  std::string wait;
};

// What the control plane said against a document, each violation with its place in the file.
std::string server_problem(const Document& document, const Answer& answer) {
  const ApiError error = read_error(answer);
  std::string out = cat(document.place(), ": ", document.title(), ": failed server side: ", error.headline());
  for (const Violation& violation : error.violations) {
    append(out, "\n* ", document.place(violation.field), ": ", violation.field, violation.field.empty() ? "" : ": ",
           violation.reason);
  }
  return out;
}

Status refuse(const Problems& problems) {
  for (const std::string& problem : problems) {
    std::fprintf(stderr, "%s\n", problem.c_str());
  }
  return invalid("failed to validate some resources, nothing was applied");
}

Result<std::vector<Document>> read_all(const Options& options, Nanoseconds timeout) {
  Variables variables;
  for (const std::string& pair : options.variables) {
    if (Status status = add_variables(pair, variables); !status.ok()) return annotate(status, "--var");
  }
  const auto sources = read_sources(options.files, timeout);
  if (!sources.ok()) return sources.status();
  std::vector<Document> documents;
  Problems problems;
  std::vector<std::string> unset;
  for (const Source& source : *sources) {
    std::vector<Document> some = read_documents(source, variables, problems, unset);
    std::move(some.begin(), some.end(), std::back_inserter(documents));
  }
  for (const std::string& name : std::set(unset.begin(), unset.end())) {
    warn(cat("variable ", name, " is not set (-v ", name, "=...): it is left empty"));
  }
  if (!problems.empty()) return refuse(problems);
  return documents;
}

// Settles what depends on the type: its path, and whether it has a mesh.
Result<std::vector<const Kind*>> find_kinds(const Kinds& kinds, std::vector<Document>& documents) {
  std::vector<const Kind*> out;
  Problems problems;
  for (Document& document : documents) {
    const Kind* kind = kinds.by_type(document.type);
    if (kind == nullptr) {
      problems.push_back(cat(document.place("type"), ": type: ", kinds.unknown_type(document.type)));
    } else if (kind->read_only) {
      problems.push_back(
          cat(document.place("type"), ": type: ", document.type, " is read-only, the control plane writes it"));
    } else if (kind->global) {
      document.mesh.clear();
    } else {
      put(document.content, "mesh", text(document.mesh));
    }
    out.push_back(kind);
  }
  if (!problems.empty()) return refuse(problems);
  return out;
}

// Asks the control plane about every document without storing any. A mesh that an earlier document brings is not there
// yet: what is in it can only be checked when it is written.
Status check_all(Client& client, const std::vector<Document>& documents, const std::vector<const Kind*>& kinds) {
  Problems problems;
  std::set<std::string> new_meshes;
  for (size_t i = 0; i < documents.size(); ++i) {
    const Document& document = documents[i];
    const auto answer =
        client.put(kinds[i]->item(document.mesh, document.name) + "?dryRun=true", compact_json(document.content));
    if (!answer.ok()) return answer.status();
    if (document.type == "Mesh") new_meshes.insert(document.name);
    if (answer->ok() || (answer->status == 404 && new_meshes.contains(document.mesh))) continue;
    problems.push_back(server_problem(document, *answer));
  }
  return problems.empty() ? ok() : refuse(problems);
}

Status write_all(Client& client, const std::vector<Document>& documents, const std::vector<const Kind*>& kinds,
                 Written& written) {
  for (size_t i = 0; i < documents.size(); ++i) {
    const Document& document = documents[i];
    const auto answer = client.put(kinds[i]->item(document.mesh, document.name), compact_json(document.content));
    const std::string so_far = cat(" (", i, " of ", documents.size(), " resources were applied)");
    if (!answer.ok()) return annotate(answer.status(), cat(document.title(), so_far));
    if (!answer->ok()) return invalid(cat(server_problem(document, *answer), so_far));
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
  flags.add("dry-run", 0, "print the documents, variables resolved, and do nothing", &options.dry_run);
  flags.add_optional("wait", "30s", "DURATION", "wait until it is active on every connected proxy", &options.wait);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (options.files.empty()) return invalid("name what to apply: -f FILE (- is standard input)");
  const auto longest = parse_wait(options.wait.empty() ? "0" : options.wait);
  if (!longest.ok()) return longest.status();

  auto documents = read_all(options, globals.api_timeout);
  if (!documents.ok()) return documents.status();
  if (options.dry_run) {
    for (const Document& document : *documents)
      print(cat(&document == &documents->front() ? "" : "---\n", yaml_text(document.content)));
    return ok();
  }
  // A mesh goes before what is in it.
  std::stable_partition(documents->begin(), documents->end(),
                        [](const Document& document) { return document.type == "Mesh"; });

  auto client = make_client(globals);
  if (!client.ok()) return client.status();
  const auto kinds = Kinds::load(*client);
  if (!kinds.ok()) return kinds.status();
  const auto document_kinds = find_kinds(*kinds, *documents);
  if (!document_kinds.ok()) return document_kinds.status();
  if (Status status = check_all(*client, *documents, *document_kinds); !status.ok()) return status;
  Written written;
  if (Status status = write_all(*client, *documents, *document_kinds, written); !status.ok()) return status;
  return options.wait.empty() ? ok() : wait_for_delivery(*client, written, *longest);
}

}  // namespace weft::ctl
