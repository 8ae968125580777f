#include "base/status.h"

#include <cstring>

namespace weft {

Status errno_status(std::string_view attempt, int error_number) {
  return absl::ErrnoToStatus(error_number, status_detail::view(attempt));
}

}  // namespace weft
