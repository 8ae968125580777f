#include "base/document/print.h"

#include "base/document/json_writer.h"
#include "base/text.h"

namespace weft {
namespace {

void write_json(const Node& node, JsonWriter& out) {
  switch (node.kind) {
    case Node::Kind::kNull: out.null(); break;
    case Node::Kind::kBool: out.boolean(node.boolean); break;
    case Node::Kind::kNumber: out.raw(node.text); break;
    case Node::Kind::kString: out.string(node.text); break;
    case Node::Kind::kList:
      out.begin_list();
      for (const Node& item : node.items) write_json(item, out);
      out.end_list();
      break;
    case Node::Kind::kObject:
      out.begin_object();
      for (const Member& member : node.members) {
        out.key(member.key);
        write_json(member.value, out);
      }
      out.end_object();
  }
}

std::string json(const Node& node, JsonWriter::Style style) {
  JsonWriter out(style);
  write_json(node, out);
  return out.take();
}

std::string quoted(std::string_view text) {
  JsonWriter out(JsonWriter::Style::kCompact);
  out.string(text);
  return out.take();  // a JSON string is a YAML double-quoted one
}

// Readers of YAML 1.1, which many still are, take these for booleans.
bool is_old_boolean(std::string_view text) {
  const std::string word = lower(text);
  return word == "y" || word == "n" || word == "yes" || word == "no" || word == "on" || word == "off";
}

// The same readers take 2026-02-01T10:00:00Z for a time and 10:30 for a number to the base of sixty.
bool is_old_time(std::string_view text) {
  const bool date = text.size() >= 8 && text[4] == '-';
  return text.find_first_not_of("0123456789-:.+TZ ") == text.npos && (date || text.find(':') != text.npos);
}

// True when the bare word reads back as this text.
bool is_plain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
  if (text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+:@ ") != text.npos)
    return false;
  if (text.find(": ") != text.npos || text.back() == ':' || text.front() == '-' || text.front() == '+' ||
      text.front() == ':' || text.front() == '@') {
    return false;
  }
  if (is_old_boolean(text) || is_old_time(text)) return false;
  const auto read = parse_yaml(text);
  return read.ok() && read->size() == 1 && read->front().is_string() && read->front().text == text;
}

std::string scalar(const Node& node) {
  if (node.is_string()) return is_plain(node.text) ? node.text : quoted(node.text);
  if (node.is_list()) return "[]";
  if (node.is_object()) return "{}";
  return compact_json(node);
}

bool is_block(const Node& node) { return !node.items.empty() || !node.members.empty(); }

// `node` starts where the cursor stands, `indent` columns in.
void write_yaml(const Node& node, size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  bool first = true;
  for (const Node& item : node.items) {
    append(out, first ? "" : margin, "- ");
    first = false;
    if (is_block(item)) {
      write_yaml(item, indent + 2, out);
    } else {
      append(out, scalar(item), "\n");
    }
  }
  for (const Member& member : node.members) {
    append(out, first ? "" : margin, is_plain(member.key) ? member.key : quoted(member.key), ":");
    first = false;
    if (!is_block(member.value)) {
      append(out, " ", scalar(member.value), "\n");
      continue;
    }
    const std::string inner(indent + (member.value.is_list() ? 0 : 2), ' ');
    append(out, "\n", inner);
    write_yaml(member.value, inner.size(), out);
  }
  if (first) append(out, scalar(node), "\n");
}

}  // namespace

std::string compact_json(const Node& node) { return json(node, JsonWriter::Style::kCompact); }

std::string pretty_json(const Node& node) { return json(node, JsonWriter::Style::kPretty) + "\n"; }

std::string yaml_text(const Node& node) {
  std::string out;
  write_yaml(node, 0, out);
  return out;
}

}  // namespace weft
