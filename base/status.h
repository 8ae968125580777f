// Expected failure as a value. Status says whether something worked and, if not, what kind of failure it was and a
// sentence for a person; Result<T> is that or a T. This header is the only place that knows which library is
// underneath. Both types are
// [[nodiscard]]; neither allocates on success.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weft {

using Status = absl::Status;
template <typename T>
using Result = absl::StatusOr<T>;

namespace status_detail {
// The library's own string_view, which std::string_view does not convert to.
inline absl::string_view view(std::string_view text) { return {text.data(), text.size()}; }
}  // namespace status_detail

inline Status ok() { return absl::OkStatus(); }

// The request itself is wrong; asking again will not help. `message` names the field or the word that is wrong.
inline Status invalid(std::string_view message) { return absl::InvalidArgumentError(status_detail::view(message)); }
inline Status not_found(std::string_view message) { return absl::NotFoundError(status_detail::view(message)); }
// Somebody else changed it first (a compare-and-set that lost), or it exists already.
inline Status conflict(std::string_view message) { return absl::AbortedError(status_detail::view(message)); }
// The caller is known, or unknown, and may not.
inline Status denied(std::string_view message) { return absl::PermissionDeniedError(status_detail::view(message)); }
inline Status unauthenticated(std::string_view message) {
  return absl::UnauthenticatedError(status_detail::view(message));
}
// Something outside failed (disk, network, peer); trying later may help.
inline Status unavailable(std::string_view message) { return absl::UnavailableError(status_detail::view(message)); }
// A limit named in configuration was reached.
inline Status exhausted(std::string_view message) { return absl::ResourceExhaustedError(status_detail::view(message)); }
inline Status deadline(std::string_view message) { return absl::DeadlineExceededError(status_detail::view(message)); }
inline Status internal(std::string_view message) { return absl::InternalError(status_detail::view(message)); }

inline bool is_not_found(const Status& s) { return absl::IsNotFound(s); }
inline bool is_conflict(const Status& s) { return absl::IsAborted(s); }
inline bool is_unavailable(const Status& s) { return absl::IsUnavailable(s); }
inline bool is_exhausted(const Status& s) { return absl::IsResourceExhausted(s); }

// The sentence of a failed status, without the library's code prefix.
inline std::string reason(const Status& s) { return std::string(s.message().data(), s.message().size()); }

// The same failure with what was being attempted in front: "read token file /x: no such file".
inline Status annotate(const Status& s, std::string_view attempt) {
  if (s.ok()) return s;
  return Status(s.code(), std::string(attempt) + ": " + reason(s));
}

// The system's words for an errno value, with what was being attempted.
Status errno_status(std::string_view attempt, int error_number);

}  // namespace weft
