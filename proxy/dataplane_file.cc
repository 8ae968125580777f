#include "proxy/dataplane_file.h"

#include <yaml-cpp/yaml.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <iostream>

#include "base/text.h"

namespace weft::proxy {
namespace {

constexpr size_t kMaxBytes = 1 << 20;
// Aliases can make a short document arbitrarily large or deep.
constexpr size_t kMaxNodes = 100'000;
constexpr int kMaxDepth = 64;

// A plain scalar by YAML 1.2's core schema; anything quoted is text.
boost::json::value scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return boost::json::string(text);
  if (text == "null" || text == "~" || text.empty()) return nullptr;
  if (text == "true") return true;
  if (text == "false") return false;
  int64_t integer = 0;
  if (parse_number(text, integer)) return integer;
  double number = 0;
  const char* end = text.data() + text.size();
  const bool numeric = text.find_first_not_of("+-.0123456789eE") == std::string::npos;
  if (numeric) {
    if (const auto read = std::from_chars(text.data(), end, number); read.ec == std::errc() && read.ptr == end) return number;
  }
  return boost::json::string(text);
}

struct Converter {
  size_t nodes = 0;
  Status status;

  boost::json::value convert(const YAML::Node& node, int depth) {
    if (++nodes > kMaxNodes || depth > kMaxDepth) status = invalid("the document is too large or too deep");
    if (!status.ok()) return nullptr;
    switch (node.Type()) {
      case YAML::NodeType::Scalar: return scalar(node);
      case YAML::NodeType::Sequence: {
        boost::json::array array;
        for (const YAML::Node& element : node) array.push_back(convert(element, depth + 1));
        return array;
      }
      case YAML::NodeType::Map: {
        boost::json::object object;
        for (const auto& entry : node) {
          if (!entry.first.IsScalar()) return status = invalid("a key is not a plain word"), nullptr;
          if (object.contains(entry.first.Scalar())) status = invalid(cat("the key \"", entry.first.Scalar(), "\" appears twice"));
          object[entry.first.Scalar()] = convert(entry.second, depth + 1);
        }
        return object;
      }
      default: return nullptr;
    }
  }
};

// JSON is read by the same parser: it is a subset of YAML.
Result<boost::json::value> parse_yaml(const std::string& text) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() != 1) return invalid(cat("expected one document, found ", documents.size()));
    Converter converter;
    boost::json::value value = converter.convert(documents.front(), 0);
    if (!converter.status.ok()) return converter.status;
    return value;
  } catch (const YAML::Exception& error) {
    return invalid(cat("line ", error.mark.line + 1, ", column ", error.mark.column + 1, ": ", error.msg));
  }
}

std::string text_member(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(boost::json::string_view(key.data(), key.size()));
  if (value == nullptr) return "";
  if (const boost::json::string* text = value->if_string()) return {text->data(), text->size()};
  return value->is_null() ? "" : boost::json::serialize(*value);
}

}  // namespace

Result<std::string> render_variables(std::string_view text, const std::map<std::string, std::string>& variables) {
  std::string out;
  size_t at = 0;
  for (;;) {
    const size_t open = text.find("{{", at);
    if (open == std::string_view::npos) break;
    const size_t close = text.find("}}", open + 2);
    if (close == std::string_view::npos) return invalid("\"{{\" without \"}}\"");
    out += text.substr(at, open - at);
    const auto variable = variables.find(std::string(trim(text.substr(open + 2, close - open - 2))));
    if (variable != variables.end()) out += variable->second;
    at = close + 2;
  }
  out += text.substr(at);
  return out;
}

Result<DataplaneDefinition> parse_dataplane(std::string_view text, const std::map<std::string, std::string>& variables) {
  Result<std::string> rendered = render_variables(text, variables);
  if (!rendered.ok()) return rendered.status();
  Result<boost::json::value> document = parse_yaml(*rendered);
  if (!document.ok()) return document.status();
  boost::json::object* object = document->if_object();
  if (object == nullptr) return invalid("expected a Dataplane document");
  if (const std::string type = text_member(*object, "type"); type != "Dataplane") {
    return invalid(cat("invalid proxy resource type \"", type, "\", expected Dataplane"));
  }
  DataplaneDefinition definition;
  definition.name = text_member(*object, "name");
  if (definition.name.empty()) return invalid("name: must not be empty");
  definition.mesh = text_member(*object, "mesh");
  if (definition.mesh.empty()) {
    definition.mesh = "default";
    (*object)["mesh"] = "default";
  }
  definition.json = boost::json::serialize(*document);
  return definition;
}

Result<std::string> read_text_file(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) return errno_status(path, errno);
  }
  std::istream& in = path == "-" ? std::cin : file;
  std::string text(kMaxBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  if (in.bad() || (path != "-" && !file.eof() && text.size() <= kMaxBytes)) return errno_status(path, errno == 0 ? EIO : errno);
  if (text.size() > kMaxBytes) return invalid(cat(path, ": larger than 1 MiB"));
  return text;
}

}  // namespace weft::proxy
