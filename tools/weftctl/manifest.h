// What a user wants applied: the documents of all given files, each with where it came from, checked as far as possible
// without a control plane. Plain data; pure functions but for read_sources.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/document/document.h"
#include "base/document/variables.h"
#include "base/duration.h"
#include "base/status.h"

namespace weft::ctl {

// One text: a file, what a URL answered, or standard input.
struct Source {
  std::string name;  // as the user gave it
  std::string text;
};

struct Document {
  std::string source;
  Node content;  // an object; `mesh` is filled in where it was left out (whether the type has a mesh is known later)
  std::string type;
  std::string mesh;
  std::string name;

  // "retry.yaml:7:9"; what a violation of `field` is about, or the document itself.
  std::string place(std::string_view field = "") const;
  // resource type="MeshRetry" mesh="default" name="t"
  std::string title() const;
};

// Something wrong with the input: "retry.yaml:7:9: spec.to: ...".
using Problems = std::vector<std::string>;

// Each of `names` is a file, a folder (its .yaml, .yml and .json files in order of their names), an http(s) URL or "-".
Result<std::vector<Source>> read_sources(const std::vector<std::string>& names, Nanoseconds timeout);

// The documents of one source. Whatever is wrong is added to `problems`, all of it at once as far as the syntax allows;
// variables that are not set go to `unset`.
std::vector<Document> read_documents(const Source& source, const Variables& variables, Problems& problems,
                                     std::vector<std::string>& unset);

}  // namespace weft::ctl
