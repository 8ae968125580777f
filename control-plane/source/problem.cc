#include "control-plane/source/problem.h"

#include "base/document/json_writer.h"
#include "base/text.h"

namespace weft::cp {
namespace {

void write_violations(JsonWriter& out, std::string_view list, std::string_view word,
                      const std::vector<Violation>& violations) {
  if (violations.empty()) return;
  out.key(list);
  out.begin_list();
  for (const Violation& violation : violations) {
    out.begin_object();
    out.member("field", violation.field);
    out.member(word, violation.reason);
    out.end_object();
  }
  out.end_list();
}

}  // namespace

HttpResponse to_response(const Problem& problem) {
  JsonWriter out;
  out.begin_object();
  out.member("type", "/std-errors");
  out.key("status");
  out.number(problem.status);
  out.member("title", problem.title);
  out.member("detail", problem.detail);
  write_violations(out, "invalid_parameters", "reason", problem.violations);
  // Older clients print these two.
  out.member("details", problem.detail);
  write_violations(out, "causes", "message", problem.violations);
  out.end_object();
  return {problem.status, out.take() + "\n", "application/json", {}};
}

Problem not_valid(std::string_view title, const Violations& violations) {
  return {400, std::string(title), "Resource is not valid", violations.list()};
}

Problem not_valid(std::string_view title, std::string_view field, std::string_view reason) {
  return {400, std::string(title), "Resource is not valid", {{std::string(field), std::string(reason)}}};
}

Problem bad_request(std::string_view detail) { return {400, "Bad Request", std::string(detail), {}}; }
Problem missing(std::string_view title) { return {404, std::string(title), "Not found", {}}; }

Problem from_status(std::string_view title, const Status& status) {
  if (is_not_found(status)) return missing(title);
  if (is_conflict(status)) return {409, "Conflict", reason(status), {}};
  if (is_unavailable(status)) return {503, "Service unavailable", reason(status), {}};
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument: return {400, std::string(title), reason(status), {}};
    case absl::StatusCode::kPermissionDenied: return {403, "Access Denied", reason(status), {}};
    case absl::StatusCode::kUnauthenticated: return {401, "Invalid authentication data", "Unauthenticated", {}};
    default: return {500, std::string(title), "Internal Server Error", {}};
  }
}

}  // namespace weft::cp
