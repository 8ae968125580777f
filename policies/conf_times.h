// Reading and checking the durations of a conf. Pure functions, any thread.
#pragma once

#include <chrono>
#include <string_view>

#include <google/protobuf/duration.pb.h>

#include "policies/violations.h"

namespace weft {

inline std::chrono::nanoseconds nanoseconds(const google::protobuf::Duration& duration) {
  return std::chrono::seconds(duration.seconds()) + std::chrono::nanoseconds(duration.nanos());
}

// For a duration that is there.
inline void check_positive(const google::protobuf::Duration& duration, std::string_view field, Violations& violations) {
  if (nanoseconds(duration).count() <= 0) violations.add(field, reason_text::kGreaterThanZeroWhenDefined);
}
inline void check_not_negative(const google::protobuf::Duration& duration, std::string_view field,
                               Violations& violations) {
  if (nanoseconds(duration).count() < 0) violations.add(field, reason_text::kNotNegativeWhenDefined);
}

inline google::protobuf::Duration proto_duration(std::chrono::nanoseconds duration) {
  google::protobuf::Duration out;
  out.set_seconds(duration.count() / 1'000'000'000);
  out.set_nanos(static_cast<int32_t>(duration.count() % 1'000'000'000));
  return out;
}

}  // namespace weft
