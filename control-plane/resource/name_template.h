// The templates of host names and identities, "{{ .DisplayName }}.{{ label "team" }}.mesh": text with fields of a
// resource and its labels in it. The part of Go's template language that such names need: fields, label "key", strings,
// pipes, comments and the trimming of white space. Immutable, any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "control-plane/resource/resource.h"

namespace weft::cp {

class NameTemplate {
 public:
  // A field's name without the dot, and what it stands for.
  using Field = std::pair<std::string_view, std::string_view>;

  // Error: what cannot be read, and where.
  static Result<NameTemplate> parse(std::string_view text);

  // Error: a field that is not among `fields`, or a label that is not among `labels`.
  Result<std::string> render(std::span<const Field> fields, const Labels& labels) const;

  // Its result depends on the field.
  bool uses(std::string_view field) const;

 private:
  struct Step {
    enum class Kind { kText, kField, kLabel, kLabelOfInput };
    Kind kind = Kind::kText;
    std::string word;  // the text, the field, the key; nothing for the last kind: the key is what came before
  };
  // One piece of the result: the value of its last step.
  using Piece = std::vector<Step>;
  class Reader;

  std::vector<Piece> pieces_;
};

}  // namespace weft::cp
