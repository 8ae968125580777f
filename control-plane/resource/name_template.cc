#include "control-plane/resource/name_template.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace weft::cp {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

bool is_space(char c) { return kSpace.find(c) != std::string_view::npos; }
bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

std::string_view without_front_space(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

std::string_view without_back_space(std::string_view text) {
  const size_t last = text.find_last_not_of(kSpace);
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

}  // namespace

// Reads a template from front to back.
class NameTemplate::Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  Status read(std::vector<Piece>& pieces) {
    bool trim_front = false;
    while (true) {
      const size_t open = rest_.find("{{");
      std::string_view text = rest_.substr(0, open);
      if (trim_front) text = without_front_space(text);
      if (open == std::string_view::npos) {
        add_text(text, pieces);
        return ok();
      }
      rest_.remove_prefix(open + 2);
      const bool trim_back = rest_.size() > 1 && rest_[0] == '-' && is_space(rest_[1]);
      if (trim_back) rest_.remove_prefix(1);
      add_text(trim_back ? without_back_space(text) : text, pieces);
      Piece piece;
      if (Status action = read_action(piece, trim_front); !action.ok()) return action;
      if (!piece.empty()) pieces.push_back(std::move(piece));
    }
  }

 private:
  static void add_text(std::string_view text, std::vector<Piece>& pieces) {
    if (!text.empty()) pieces.push_back({{Step::Kind::kText, std::string(text)}});
  }

  // What stands between the braces, and the closing ones.
  Status read_action(Piece& piece, bool& trims) {
    skip_space();
    if (rest_.starts_with("/*")) {
      const size_t end = rest_.find("*/");
      if (end == std::string_view::npos) return invalid("unclosed comment");
      rest_.remove_prefix(end + 2);
      return close(trims) ? ok() : invalid("comment ends before closing delimiter");
    }
    while (true) {
      if (Status step = read_step(piece); !step.ok()) return step;
      if (close(trims)) return ok();
      if (rest_.empty()) return invalid("unclosed action");
      if (rest_.front() != '|') return invalid(cat("unexpected \"", rest_.front(), "\" in operand"));
      rest_.remove_prefix(1);
      skip_space();
    }
  }

  Status read_step(Piece& piece) {
    if (rest_.empty()) return invalid("unclosed action");
    const bool has_input = !piece.empty();
    if (rest_.starts_with("}}")) return invalid(has_input ? "missing value for pipeline" : "missing value for command");
    const char first = rest_.front();
    if (first == '.') {
      rest_.remove_prefix(1);
      const std::string_view name = read_word();
      if (name.empty()) return invalid("a field needs a name after the dot");
      if (has_input) return invalid(cat("non executable command in pipeline: .", name));
      piece.push_back({Step::Kind::kField, std::string(name)});
    } else if (first == '"' || first == '`') {
      std::string text;
      if (Status string = read_string(text); !string.ok()) return string;
      if (has_input) return invalid("non executable command in pipeline: a string");
      piece.push_back({Step::Kind::kText, std::move(text)});
    } else {
      const std::string_view word = read_word();
      if (word.empty()) return invalid(cat("unexpected \"", first, "\" in command"));
      const bool is_literal = word == "true" || word == "false" || (word[0] >= '0' && word[0] <= '9');
      if (has_input && is_literal) return invalid(cat("non executable command in pipeline stage ", piece.size() + 1));
      if (word != "label") return invalid(cat("function \"", word, "\" not defined"));
      return read_label(piece);
    }
    skip_space();
    return ok();
  }

  Status read_label(Piece& piece) {
    skip_space();
    const bool has_key = !rest_.empty() && (rest_.front() == '"' || rest_.front() == '`');
    if (has_key == !piece.empty()) return invalid("label takes one key, as a string or from a pipe");
    Step step{Step::Kind::kLabelOfInput, ""};
    if (has_key) {
      step.kind = Step::Kind::kLabel;
      if (Status string = read_string(step.word); !string.ok()) return string;
    }
    piece.push_back(std::move(step));
    skip_space();
    return ok();
  }

  Status read_string(std::string& out) {
    const char quote = rest_.front();
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != quote) {
      if (quote == '"' && rest_.front() == '\n') break;
      if (quote == '"' && rest_.front() == '\\' && rest_.size() > 1) {
        rest_.remove_prefix(1);
        if (rest_.front() != '"' && rest_.front() != '\\') return invalid("unknown escape in a string");
      }
      out.push_back(rest_.front());
      rest_.remove_prefix(1);
    }
    if (rest_.empty() || rest_.front() != quote) return invalid("unterminated quoted string");
    rest_.remove_prefix(1);
    return ok();
  }

  // "}}", or "-}}" after a space, which also takes the white space that follows.
  bool close(bool& trims) {
    skip_space();
    if (rest_.starts_with("}}")) {
      rest_.remove_prefix(2);
      trims = false;
      return true;
    }
    if (!rest_.starts_with("-}}")) return false;
    rest_.remove_prefix(3);
    trims = true;
    return true;
  }

  std::string_view read_word() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_word);
    const std::string_view word = rest_.substr(0, static_cast<size_t>(end - rest_.begin()));
    rest_.remove_prefix(word.size());
    return word;
  }

  void skip_space() { rest_ = without_front_space(rest_); }

  std::string_view rest_;
};

Result<NameTemplate> NameTemplate::parse(std::string_view text) {
  NameTemplate out;
  if (Status read = Reader(text).read(out.pieces_); !read.ok()) return read;
  return out;
}

bool NameTemplate::uses(std::string_view field) const {
  return std::any_of(pieces_.begin(), pieces_.end(), [&](const Piece& piece) {
    return std::any_of(piece.begin(), piece.end(),
                       [&](const Step& step) { return step.kind == Step::Kind::kField && step.word == field; });
  });
}

Result<std::string> NameTemplate::render(std::span<const Field> fields, const Labels& labels) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    std::string value;
    for (const Step& step : piece) {
      if (step.kind == Step::Kind::kText) {
        value = step.word;
      } else if (step.kind == Step::Kind::kField) {
        const auto found =
            std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.first == step.word; });
        if (found == fields.end()) return invalid(cat("there is no field .", step.word, " here"));
        value = found->second;
      } else {
        const auto found = labels.find(step.kind == Step::Kind::kLabel ? step.word : value);
        if (found == labels.end())
          return not_found(cat("label \"", step.kind == Step::Kind::kLabel ? step.word : value, "\" is not set"));
        value = found->second;
      }
    }
    out += value;
  }
  return out;
}

}  // namespace weft::cp
