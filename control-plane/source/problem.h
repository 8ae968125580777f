// The one place where a failure becomes an HTTP answer: the error body that clients of the API print. Plain data, pure
// functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "control-plane/source/http_message.h"
#include "policies/violations.h"

namespace weft::cp {

struct Problem {
  int status = 500;
  std::string title;
  std::string detail;
  std::vector<Violation> violations;
};

HttpResponse to_response(const Problem& problem);

// 400, detail "Resource is not valid".
Problem not_valid(std::string_view title, const Violations& violations);
Problem not_valid(std::string_view title, std::string_view field, std::string_view reason);
// 400 "Bad Request".
Problem bad_request(std::string_view detail);
// 404, detail "Not found".
Problem missing(std::string_view title);
// By the kind of failure: 404, 409, 400, 403, 401, 503 or 500.
Problem from_status(std::string_view title, const Status& status);

}  // namespace weft::cp
