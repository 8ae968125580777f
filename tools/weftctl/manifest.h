// What a user wants applied: the documents of all given files, each with where it came from, checked as far as possible
// without a control plane, with the code that the control plane checks with. Plain data; pure functions but for
// read_sources.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/document/document.h"
#include "base/document/variables.h"
#include "base/duration.h"
#include "base/status.h"
#include "control-plane/resource/resource.h"

namespace weft::ctl {

// One text: a file, what a URL answered, or standard input.
struct Source {
  std::string name;  // as the user gave it
  std::string text;
};

struct Document {
  std::string source;
  size_t index = 0;  // among all documents given
  Node content;      // an object
  std::string type;
  std::string mesh;  // empty for a global type
  std::string name;
  cp::ResourcePtr resource;  // what it means; null when this program does not know the type

  // "retry.yaml:7:9"; what a violation of `field` is about, or the document itself.
  std::string place(std::string_view field = "") const;
  // resource type="MeshRetry" mesh="default" name="t"
  std::string title() const;
};

struct Manifest {
  std::vector<Document> documents;
  // What is wrong with a document, by its index: "resource[1]: failed to parse resource: ...", then a line a field and
  // a line for its place.
  std::map<size_t, std::string> problems;
  // Unknown fields and the like: "retry.yaml:7:9: unknown field ...".
  std::vector<std::string> warnings;
  std::vector<std::string> unset;  // variables without a value
};

// Each of `names` is a file, a folder (its .yaml, .yml and .json files in order of their names), an http(s) URL or "-".
Result<std::vector<Source>> read_sources(const std::vector<std::string>& names, Nanoseconds timeout);

// Everything that is wrong is found, in every document: a broken one does not hide what is wrong with the others.
// A document of a type this program does not know is no problem yet. Error: there is no document at all.
Result<Manifest> read_manifest(const std::vector<Source>& sources, const Variables& variables,
                               std::string_view default_mesh);

// A problem's text.
std::string document_problem(size_t index, std::string_view what);
// "* field: reason" and the line with its place.
std::string violation_lines(std::string_view field, std::string_view reason, std::string_view place);

}  // namespace weft::ctl
