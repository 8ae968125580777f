#include "tools/weftctl/manifest.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "tools/weftctl/client.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

namespace fs = std::filesystem;

Result<std::string> read_standard_input() {
  std::string out;
  char piece[65536];
  for (size_t got; (got = std::fread(piece, 1, sizeof piece, stdin)) > 0;) out.append(piece, got);
  if (std::ferror(stdin) != 0) return errno_status("read standard input", errno);
  return out;
}

Status read_folder(const std::string& folder, std::vector<Source>& out) {
  std::error_code error;
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".yaml" || extension == ".yml" || extension == ".json") files.push_back(entry.path().string());
  }
  if (error) return unavailable(cat("read ", folder, ": ", error.message()));
  if (files.empty()) return invalid(cat(folder, ": no .yaml, .yml or .json file in this folder"));
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    auto text = read_file(file);
    if (!text.ok()) return text.status();
    out.push_back({file, *std::move(text)});
  }
  return ok();
}

// What makes a document unfit for any control plane. `mesh` is optional, and may only be a text.
void check(const Document& document, Problems& problems) {
  const auto wrong = [&](std::string_view field, std::string_view why) {
    problems.push_back(cat(document.place(field), ": ", field, field.empty() ? "" : ": ", why));
  };
  if (!document.content.is_object()) return wrong("", "expected a document with type, name and spec");
  if (document.content.find("apiVersion") != nullptr || document.content.find("kind") != nullptr) {
    return wrong(
        "",
        "a Kubernetes document (apiVersion, kind, metadata): `kubectl apply` is for these. Here a document says "
        "`type: ...`, `mesh: ...`, `name: ...`");
  }
  for (const char* field : {"type", "name"}) {
    const Node* value = document.content.find(field);
    if (value == nullptr || value->is_null() || (value->is_string() && value->text.empty())) {
      wrong(field, "cannot be empty");
    } else if (!value->is_string()) {
      wrong(field, cat("must be a string, not ", type_name(value->kind), value->is_number() ? " (quote it)" : ""));
    }
  }
  const Node* mesh = document.content.find("mesh");
  if (mesh != nullptr && !mesh->is_string() && !mesh->is_null()) wrong("mesh", "must be a string");
}

}  // namespace

std::string Document::place(std::string_view field) const {
  const Mark mark = locate(content, field);
  return mark.line == 0 ? source : cat(source, ":", mark.line, ":", mark.column);
}

std::string Document::title() const {
  return cat("resource type=\"", type, "\"", mesh.empty() ? "" : cat(" mesh=\"", mesh, "\""), " name=\"", name, "\"");
}

Result<std::vector<Source>> read_sources(const std::vector<std::string>& names, Nanoseconds timeout) {
  std::vector<Source> out;
  for (const std::string& name : names) {
    std::error_code error;
    if (fs::is_directory(name, error)) {
      if (Status status = read_folder(name, out); !status.ok()) return status;
      continue;
    }
    const bool web = name.starts_with("http://") || name.starts_with("https://");
    auto text = name == "-" ? read_standard_input() : web ? fetch(name, timeout) : read_file(name);
    if (!text.ok()) return text.status();
    out.push_back({name == "-" ? "<stdin>" : name, *std::move(text)});
  }
  return out;
}

std::vector<Document> read_documents(const Source& source, const Variables& variables, Problems& problems,
                                     std::vector<std::string>& unset) {
  std::vector<Document> out;
  const auto rendered = render_variables(source.text, variables, &unset);
  const auto trees = rendered.ok() ? parse_yaml(*rendered) : Result<std::vector<Node>>(rendered.status());
  if (!trees.ok()) {
    problems.push_back(cat(source.name, ": ", reason(trees.status())));
    return out;
  }
  if (trees->empty()) problems.push_back(cat(source.name, ": there is no document in it"));
  for (const Node& tree : *trees) {
    Document document{source.name, tree, text_at(tree, "type"), text_at(tree, "mesh"), text_at(tree, "name")};
    if (document.mesh.empty()) document.mesh = "default";
    check(document, problems);
    out.push_back(std::move(document));
  }
  return out;
}

}  // namespace weft::ctl
