#include "tools/weftctl/manifest.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "control-plane/resource/check.h"
#include "tools/weftctl/client.h"
#include "tools/weftctl/documents.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKubernetes =
    "a Kubernetes document (apiVersion, kind, metadata): `kubectl apply` is for these. Here a document says "
    "`type: ...`, `mesh: ...`, `name: ...`";

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

// Why nothing can be made of a document; empty when something can.
std::string misshapen(const Document& document) {
  const Node& content = document.content;
  if (!content.is_object()) return "expected a document with type, name and spec";
  if (content.find("apiVersion") != nullptr || content.find("kind") != nullptr) return std::string(kKubernetes);
  const Node* type = content.find("type");
  if (type == nullptr || type->is_null() || (type->is_string() && type->text.empty())) return "type: cannot be empty";
  if (!type->is_string()) return cat("type: must be a string, not ", type_name(type->kind));
  return "";
}

// Judges a document with the control plane's own checks.
void check(Document& document, std::string_view default_mesh, Manifest& manifest) {
  if (const std::string why = misshapen(document); !why.empty()) {
    manifest.problems[document.index] = cat(document_problem(document.index, why), "\n", place_line(document.place()));
    return;
  }
  document.type = text_at(document.content, "type");
  document.name = text_at(document.content, "name");
  document.mesh = text_at(document.content, "mesh");
  if (document.mesh.empty()) document.mesh = default_mesh;
  if (cp::find_kind(document.type) == nullptr) return;
  cp::Checked checked = cp::check_document(document.content, default_mesh);
  for (const cp::Finding& warning : checked.warnings) {
    manifest.warnings.push_back(cat(document.place(warning.field), ": ", cp::sentence(warning)));
  }
  document.resource = std::move(checked.resource);
  if (checked.errors.empty()) {
    document.mesh = document.resource->key.mesh;
    return;
  }
  std::string text = document_problem(document.index, "Resource is not valid");
  for (const cp::Finding& error : checked.errors) {
    append(text, "\n", violation_lines(error.field, error.reason, document.place(error.field)));
  }
  manifest.problems[document.index] = std::move(text);
}

void read_source(const Source& source, const Variables& variables, std::string_view default_mesh, size_t& index,
                 Manifest& manifest) {
  const auto rendered = render_variables(source.text, variables, &manifest.unset);
  if (!rendered.ok()) {
    manifest.problems[index] = cat(document_problem(index, reason(rendered.status())), "\n", place_line(source.name));
    ++index;
    return;
  }
  for (Piece& piece : split_documents(*rendered)) {
    if (!piece.tree.ok()) {
      const Misplaced error = misplaced(piece);
      manifest.problems[index] = cat(document_problem(index, error.what), "\n",
                                     place_line(cat(source.name, ":", error.line, ":", error.column)));
      ++index;
      continue;
    }
    for (Node& tree : *piece.tree) {
      Document document;
      document.source = source.name;
      document.index = index++;
      document.content = std::move(tree);
      check(document, default_mesh, manifest);
      manifest.documents.push_back(std::move(document));
    }
  }
}

}  // namespace

std::string Document::place(std::string_view field) const {
  const Mark mark = locate(content, field);
  return mark.line == 0 ? source : cat(source, ":", mark.line, ":", mark.column);
}

std::string Document::title() const {
  return cat("resource type=\"", type, "\"", mesh.empty() ? "" : cat(" mesh=\"", mesh, "\""), " name=\"", name, "\"");
}

std::string document_problem(size_t index, std::string_view what) {
  return cat("resource[", index, "]: failed to parse resource: ", what);
}

std::string violation_lines(std::string_view field, std::string_view reason, std::string_view place) {
  return cat("* ", field, field.empty() ? "" : ": ", reason, "\n", place_line(place));
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

Result<Manifest> read_manifest(const std::vector<Source>& sources, const Variables& variables,
                               std::string_view default_mesh) {
  Manifest manifest;
  size_t index = 0;
  for (const Source& source : sources) {
    const size_t before = index;
    read_source(source, variables, default_mesh, index, manifest);
    if (index == before) return invalid(cat(source.name, ": there is no document in it"));
  }
  const std::set<std::string> unset(manifest.unset.begin(), manifest.unset.end());
  manifest.unset.assign(unset.begin(), unset.end());
  return manifest;
}

}  // namespace weft::ctl
