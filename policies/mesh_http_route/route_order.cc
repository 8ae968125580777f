#include "policies/mesh_http_route/route_order.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>

namespace weft::mesh_http_route {
namespace {

using Match = v1::HttpRouteMatch;

// Lower is tried first.
int path_class(const Match& match) {
  if (!match.has_path()) return 3;
  if (match.path().type() == "Exact") return 0;
  return match.path().type() == "PathPrefix" ? 1 : 2;
}

bool fits_everything(std::string_view expression) {
  if (expression.starts_with('^')) expression.remove_prefix(1);
  if (expression.ends_with('$')) expression.remove_suffix(1);
  if (expression.starts_with('/')) expression.remove_prefix(1);  // as every path does
  return expression == ".*";
}

// What every text that fits the whole expression begins with; `whole`: it is nothing but that.
struct Literal {
  std::string text;
  bool whole = false;
};
Literal literal_of(std::string_view expression) {
  if (expression.starts_with('^')) expression.remove_prefix(1);
  if (expression.ends_with('$')) expression.remove_suffix(1);
  // One of several alternatives may begin otherwise.
  if (expression.find('|') != std::string_view::npos) return {};
  const size_t special = expression.find_first_of(".[]()*+?{}\\^$");
  if (special == std::string_view::npos) return {std::string(expression), true};
  Literal literal{std::string(expression.substr(0, special)), false};
  // The last character may be there never.
  const char sign = expression[special];
  if ((sign == '*' || sign == '?' || sign == '{') && !literal.text.empty()) literal.text.pop_back();
  return literal;
}

bool is_below(std::string_view path, const std::string& prefix) {
  if (prefix == "/") return true;
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

bool prefix_covers(const std::string& prefix, const Match& narrow) {
  if (prefix == "/") return true;
  if (!narrow.has_path()) return false;
  if (narrow.path().type() != "RegularExpression") return is_below(narrow.path().value(), prefix);
  const Literal literal = literal_of(narrow.path().value());
  if (literal.whole) return is_below(literal.text, prefix);
  return literal.text.starts_with(prefix + "/");
}

bool path_covers(const Match& wide, const Match& narrow) {
  if (!wide.has_path()) return true;
  const Match::Path& path = wide.path();
  if (path.type() == "PathPrefix") return prefix_covers(path.value(), narrow);
  const bool same = narrow.has_path() && narrow.path().type() == path.type() && narrow.path().value() == path.value();
  if (path.type() == "RegularExpression") return same || fits_everything(path.value());
  if (same || !narrow.has_path() || narrow.path().type() != "RegularExpression") return same;
  const Literal literal = literal_of(narrow.path().value());
  return literal.whole && literal.text == path.value();
}

bool header_covers(const v1::HeaderMatch& wide, const v1::HeaderMatch& narrow) {
  if (wide.name() != narrow.name()) return false;
  if (wide.type() == narrow.type() && wide.value() == narrow.value()) return true;
  if (narrow.type() == "Absent" || wide.type() == "Absent") return false;
  const bool any_value = wide.type() == "Present" || (wide.type() == "Prefix" && wide.value().empty());
  if (any_value) return true;
  const bool has_beginning = narrow.type() == "Exact" || narrow.type() == "Prefix";
  return wide.type() == "Prefix" && has_beginning && narrow.value().starts_with(wide.value());
}

bool param_covers(const Match::QueryParam& wide, const Match::QueryParam& narrow) {
  return wide.name() == narrow.name() && wide.type() == narrow.type() && wide.value() == narrow.value();
}

// Each of `wide` holds wherever those of `narrow` hold.
template <typename List, typename Covers>
bool all_hold(const List& wide, const List& narrow, Covers&& covers_one) {
  return std::all_of(wide.begin(), wide.end(), [&](const auto& one) {
    return std::any_of(narrow.begin(), narrow.end(), [&](const auto& other) { return covers_one(one, other); });
  });
}

}  // namespace

bool is_tried_before(const Match& a, const Match& b) {
  const int a_class = path_class(a);
  const int b_class = path_class(b);
  if (a_class != b_class) return a_class < b_class;
  const bool by_length = a_class == 1 || a_class == 2;
  const auto length = [&](const Match& match) { return by_length ? match.path().value().size() : 0; };
  const auto key = [&](const Match& match) {
    return std::tuple(length(match), !match.method().empty(), match.headers_size(), match.query_params_size());
  };
  return key(a) > key(b);
}

bool covers(const Match& wide, const Match& narrow) {
  if (!path_covers(wide, narrow)) return false;
  if (!wide.method().empty() && wide.method() != narrow.method()) return false;
  return all_hold(wide.headers(), narrow.headers(), header_covers) &&
         all_hold(wide.query_params(), narrow.query_params(), param_covers);
}

}  // namespace weft::mesh_http_route
