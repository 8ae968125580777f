#include "tools/weftctl/api_error.h"

#include "base/text.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {

std::string ApiError::headline() const { return detail.empty() ? title : cat(title, " (", detail, ")"); }

std::string ApiError::text() const {
  std::string out = headline();
  for (const Violation& violation : violations) {
    append(out, "\n* ", violation.field, violation.field.empty() ? "" : ": ", violation.reason);
  }
  return out;
}

ApiError read_error(const Answer& answer) {
  ApiError error{answer.status, "", "", {}};
  const auto body = parse_json(answer.body);
  if (!body.ok() || !body->is_object()) {
    error.title = cat("the control plane answered ", answer.status);
    error.detail = trim(std::string_view(answer.body).substr(0, 500));
    return error;
  }
  error.title = text_at(*body, "title");
  error.detail = text_at(*body, "detail");
  if (error.detail.empty()) error.detail = text_at(*body, "details");
  if (error.title.empty()) error.title = cat("the control plane answered ", answer.status);
  const Node* list = body->find("invalid_parameters");
  if (list == nullptr) list = body->find("causes");
  if (list == nullptr) return error;
  for (const Node& item : list->items) {
    std::string reason = text_at(item, "reason");
    error.violations.push_back({text_at(item, "field"), reason.empty() ? text_at(item, "message") : std::move(reason)});
  }
  return error;
}

Status error_status(const Answer& answer) {
  const std::string text = read_error(answer).text();
  return answer.status == 404 ? not_found(text) : invalid(text);
}

std::vector<std::string> read_warnings(const Answer& answer) {
  std::vector<std::string> out;
  const auto body = parse_json(answer.body);
  const Node* warnings = body.ok() ? body->find("warnings") : nullptr;
  if (warnings == nullptr) return out;
  for (const Node& warning : warnings->items) out.push_back(warning.text);
  return out;
}

}  // namespace weft::ctl
