// The only file that knows yaml-cpp. Its event parser is used, not its nodes: aliases are expanded under a bound, and
// what the library throws is caught here.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>
#include <utility>

#include "base/document/document.h"
#include "base/document/tree_builder.h"
#include "base/text.h"

namespace weft {
namespace {

Mark mark_of(const YAML::Mark& mark) { return mark.line < 0 ? Mark{} : Mark{mark.line + 1, mark.column + 1}; }

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// A plain scalar that is a number: its JSON form; empty when it is none. Octal as 0o17 (and 017, as Go's reader has
// it), hex 0x1f.
std::string number_text(std::string_view text) {
  const bool negative = text.starts_with('-');
  std::string_view digits = text;
  if (negative || text.starts_with('+')) digits.remove_prefix(1);
  const auto with_base = [&](std::string_view number, int base) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value, base);
    if (error != std::errc() || end != number.data() + number.size()) return std::string();
    return cat(negative ? "-" : "", value);
  };
  if (digits.starts_with("0x")) return with_base(digits.substr(2), 16);
  if (digits.starts_with("0o")) return with_base(digits.substr(2), 8);
  if (digits.size() > 1 && digits.starts_with('0') && is_digits(digits)) return with_base(digits.substr(1), 8);
  if (is_digits(digits)) return cat(negative ? "-" : "", digits);
  if (digits.empty() || (digits[0] != '.' && !is_digits(digits.substr(0, 1)))) return {};
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return {};
  return cat(negative ? "-" : "", value);
}

Node scalar(const std::string& tag, const std::string& value, Mark mark) {
  Node node;
  node.mark = mark;
  node.kind = Node::Kind::kString;
  node.text = value;
  // "?" marks a plain scalar and "!" a quoted one; of the explicit tags, !!str alone changes what a plain word means.
  if (tag == "!" || tag == "tag:yaml.org,2002:str") return node;
  if (value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL") {
    node.kind = Node::Kind::kNull;
    node.text.clear();
  } else if (value == "true" || value == "True" || value == "TRUE" || value == "false" || value == "False" ||
             value == "FALSE") {
    node.kind = Node::Kind::kBool;
    node.boolean = value[0] == 't' || value[0] == 'T';
    node.text.clear();
  } else if (std::string number = number_text(value); !number.empty()) {
    node.kind = Node::Kind::kNumber;
    node.text = std::move(number);
  }
  return node;
}

// `<<: *base`: the keys of `base` that the object does not have itself.
bool merge_keys(Node& object) {
  std::vector<Member> members = std::exchange(object.members, {});
  std::vector<Node> bases;
  for (Member& member : members) {
    if (member.key != "<<") {
      object.members.push_back(std::move(member));
    } else if (member.value.is_object()) {
      bases.push_back(std::move(member.value));
    } else if (member.value.is_list()) {
      for (Node& item : member.value.items) bases.push_back(std::move(item));
    } else {
      return false;
    }
  }
  for (Node& base : bases) {
    if (!base.is_object()) return false;
    for (Member& member : base.members) {
      if (object.find(member.key) == nullptr) object.members.push_back(std::move(member));
    }
  }
  return true;
}

size_t count_nodes(const Node& node) {
  size_t count = 1;
  for (const Node& item : node.items) count += count_nodes(item);
  for (const Member& member : node.members) count += count_nodes(member.value);
  return count;
}

class Events : public YAML::EventHandler {
 public:
  TreeBuilder builder;
  bool failed() const { return !builder.error().empty(); }

  Mark start;

  void OnDocumentStart(const YAML::Mark& mark) override {
    start = mark_of(mark);
    anchors_.clear();
    builder.reset_count();
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.mark = mark_of(mark);
    value(std::move(node), anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    value(scalar(tag, text, mark_of(mark)), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (failed()) return;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      builder.fail("an alias stands inside of what it names", mark_of(mark));
    } else if (expects_key()) {
      value(found->second.first, 0);
    } else if (builder.copy(found->second.first, found->second.second, mark_of(mark))) {
      done();
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(Node::Kind::kList, mark_of(mark), anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(Node::Kind::kObject, mark_of(mark), anchor);
  }
  void OnMapEnd() override {
    if (!failed() && has_merge(builder.innermost()) && !merge_keys(builder.innermost())) {
      builder.fail("what `<<` merges must be an object, or a list of objects", builder.innermost().mark);
    }
    end();
  }

 private:
  // The parser tells keys and values of an object alike, in turn.
  bool expects_key() const { return !open_.empty() && open_.back().is_object && open_.back().wants_key; }
  static bool has_merge(const Node& object) { return object.find("<<") != nullptr; }

  void value(Node node, YAML::anchor_t anchor) {
    if (failed()) return;
    if (anchor != 0) anchors_.insert_or_assign(anchor, std::pair(node, size_t{1}));
    if (expects_key()) {
      if (node.is_object() || node.is_list()) {
        builder.fail("a key must be a text", node.mark);
        return;
      }
      const std::string key = node.kind == Node::Kind::kBool ? cat(node.boolean) : node.is_null() ? "null" : node.text;
      builder.key(key, node.mark);
      open_.back().wants_key = false;
    } else if (builder.value(std::move(node))) {
      done();
    }
  }
  void begin(Node::Kind kind, Mark mark, YAML::anchor_t anchor) {
    if (failed()) return;
    if (expects_key()) {
      builder.fail("a key must be a text", mark);
    } else if (builder.begin(kind, mark)) {
      open_.push_back({kind == Node::Kind::kObject, true, anchor});
    }
  }
  void end() {
    if (failed()) return;
    const YAML::anchor_t anchor = open_.back().anchor;
    open_.pop_back();
    if (!builder.end()) return;
    if (anchor != 0) anchors_.insert_or_assign(anchor, std::pair(builder.last(), count_nodes(builder.last())));
    done();
  }
  void done() {
    if (!open_.empty()) open_.back().wants_key = true;
  }

  struct Open {
    bool is_object;
    bool wants_key;
    YAML::anchor_t anchor;
  };
  std::vector<Open> open_;
  std::map<YAML::anchor_t, std::pair<Node, size_t>> anchors_;
};

}  // namespace

Result<std::vector<Node>> parse_yaml(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return invalid("the text holds a NUL byte");
  if (!is_utf8(text)) return invalid("the text is not UTF-8");
  std::istringstream stream{std::string(text)};
  std::vector<Node> documents;
  Mark start;
  try {
    YAML::Parser parser(stream);
    while (parser) {
      Events events;
      if (!parser.HandleNextDocument(events)) break;
      if (events.failed()) return invalid(events.builder.error());
      // The library does not move past a token that can begin no document ("{a}, b"): it would give empty ones for
      // ever.
      if (events.start == start)
        return invalid(cat("line ", start.line, ", column ", start.column, ": unexpected text"));
      start = events.start;
      Node document = events.builder.take();
      if (!document.is_null()) documents.push_back(std::move(document));
    }
  } catch (const YAML::Exception& error) {
    const Mark mark = mark_of(error.mark);
    return invalid(cat("line ", mark.line, ", column ", mark.column, ": ", error.msg));
  } catch (const std::exception& error) {
    return invalid(cat("not YAML: ", error.what()));
  }
  return documents;
}

}  // namespace weft
