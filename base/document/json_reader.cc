// The only file that reads JSON for documents (Boost.JSON's event parser: the tree must keep numbers as written and
// positions).
#include <boost/json/basic_parser_impl.hpp>
#include <functional>

#include "base/document/document.h"
#include "base/document/tree_builder.h"

namespace weft {
namespace {

namespace json = boost::json;

class Events {
 public:
  constexpr static std::size_t max_object_size = std::size_t(-1);
  constexpr static std::size_t max_array_size = std::size_t(-1);
  constexpr static std::size_t max_key_size = std::size_t(-1);
  constexpr static std::size_t max_string_size = std::size_t(-1);

  explicit Events(std::string_view text) : text_(text), counted_(text.data()) {}

  TreeBuilder builder;

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code& ec) { return check(builder.begin(Node::Kind::kObject, mark_), ec); }
  bool on_object_end(std::size_t, json::error_code& ec) { return check(builder.end(), ec); }
  bool on_array_begin(json::error_code& ec) { return check(builder.begin(Node::Kind::kList, mark_), ec); }
  bool on_array_end(std::size_t, json::error_code& ec) { return check(builder.end(), ec); }
  bool on_key_part(json::string_view s, std::size_t, json::error_code&) { return collect(s); }
  bool on_key(json::string_view s, std::size_t, json::error_code&) {
    collect(s);
    builder.key(std::exchange(pending_, {}), mark_);
    return true;
  }
  bool on_string_part(json::string_view s, std::size_t, json::error_code&) { return collect(s); }
  bool on_string(json::string_view s, std::size_t, json::error_code& ec) {
    collect(s);
    return scalar(Node::Kind::kString, ec);
  }
  bool on_number_part(json::string_view s, json::error_code&) { return collect(s); }
  bool on_int64(int64_t, json::string_view s, json::error_code& ec) { return number(s, ec); }
  bool on_uint64(uint64_t, json::string_view s, json::error_code& ec) { return number(s, ec); }
  bool on_double(double, json::string_view s, json::error_code& ec) { return number(s, ec); }
  bool on_bool(bool value, json::error_code& ec) {
    Node node;
    node.kind = Node::Kind::kBool;
    node.boolean = value;
    node.mark = mark_;
    return check(builder.value(std::move(node)), ec);
  }
  bool on_null(json::error_code& ec) {
    Node node;
    node.mark = mark_;
    return check(builder.value(std::move(node)), ec);
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  Mark mark_at(const char* position) {
    for (; counted_ < position; ++counted_) {
      if (*counted_ == '\n') {
        ++line_;
        line_start_ = counted_ + 1;
      }
    }
    return {line_, static_cast<int>(position - (line_start_ == nullptr ? text_.data() : line_start_)) + 1};
  }

 private:
  // Text without escapes is handed over where it stands in the input, which tells where it is; what has no text of its
  // own (true, null, a bracket) gets the mark of what stood before it.
  bool collect(json::string_view s) {
    const std::less<const char*> before;
    if (pending_.empty() && !before(s.data(), counted_) && before(s.data(), text_.data() + text_.size())) {
      mark_ = mark_at(s.data());
    }
    pending_.append(s.data(), s.size());
    return true;
  }
  bool number(json::string_view s, json::error_code& ec) {
    collect(s);
    return scalar(Node::Kind::kNumber, ec);
  }
  bool scalar(Node::Kind kind, json::error_code& ec) {
    Node node;
    node.kind = kind;
    node.text = std::exchange(pending_, {});
    node.mark = mark_;
    return check(builder.value(std::move(node)), ec);
  }
  static bool check(bool fine, json::error_code& ec) {
    if (!fine) ec = json::error::syntax;
    return fine;
  }

  std::string_view text_;
  const char* counted_;
  const char* line_start_ = nullptr;
  int line_ = 1;
  std::string pending_;
  Mark mark_{1, 1};
};

}  // namespace

Result<Node> parse_json(std::string_view text) {
  json::parse_options options;
  // One more, so that the bound is told in our words.
  options.max_depth = kMaxDocumentDepth + 1;
  json::basic_parser<Events> parser(options, text);
  json::error_code ec;
  const size_t used = parser.write_some(false, text.data(), text.size(), ec);
  Events& events = parser.handler();
  if (!events.builder.error().empty()) return invalid(events.builder.error());
  if (!ec && !trim(text.substr(used)).empty()) ec = json::error::extra_data;
  if (ec) {
    const Mark mark = events.mark_at(text.data() + used);
    return invalid(cat("line ", mark.line, ", column ", mark.column, ": ", ec.message()));
  }
  return events.builder.take();
}

}  // namespace weft
