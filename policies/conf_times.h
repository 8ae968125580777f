// Reading the durations of a conf. Pure functions, any thread.
#pragma once

#include <chrono>

#include <google/protobuf/duration.pb.h>

namespace weft {

inline std::chrono::nanoseconds nanoseconds(const google::protobuf::Duration& duration) {
  return std::chrono::seconds(duration.seconds()) + std::chrono::nanoseconds(duration.nanos());
}

inline google::protobuf::Duration proto_duration(std::chrono::nanoseconds duration) {
  google::protobuf::Duration out;
  out.set_seconds(duration.count() / 1'000'000'000);
  out.set_nanos(static_cast<int32_t>(duration.count() % 1'000'000'000));
  return out;
}

}  // namespace weft
