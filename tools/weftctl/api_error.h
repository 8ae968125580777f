// An error answer of the REST API as sentences for a person. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "policies/violations.h"
#include "tools/weftctl/client.h"

namespace weft::ctl {

struct ApiError {
  int status = 0;
  std::string title;   // "Failed to create a resource"
  std::string detail;  // "Resource is not valid"
  std::vector<Violation> violations;

  // "Failed to create a resource (Resource is not valid)", then a line "* field: reason" per violation.
  std::string text() const;
  // The first line alone.
  std::string headline() const;
};

ApiError read_error(const Answer& answer);
// The same as a status.
Status error_status(const Answer& answer);
// The "warnings" of a write's answer.
std::vector<std::string> read_warnings(const Answer& answer);

}  // namespace weft::ctl
