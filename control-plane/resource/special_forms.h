// Message types that are written as one word instead of an object: durations, times, numbers that may be text. Read and
// printed alike for every kind. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/message.h>

#include "base/status.h"
#include "control-plane/resource/resource.h"

namespace weft::cp {

// kFreeForm: any JSON (free_form.h).
enum class SpecialForm { kNone, kDuration, kTimestamp, kIntOrString, kFreeForm };
SpecialForm special_form(const google::protobuf::Descriptor& type);

// A duration ("1m30s") or a time (RFC 3339) into its message.
Status read_special(std::string_view text, google::protobuf::Message& out);
Status read_int_or_string(bool is_number, std::string_view text, google::protobuf::Message& out);

// "1m30s", as Go prints it. The inline shape has seconds only: "90s", "0.250s".
std::string print_duration(const google::protobuf::Message& duration, bool seconds_only);
// "2026-01-01T00:00:00Z", with as many digits of a second as needed.
std::string print_timestamp(const google::protobuf::Message& timestamp);

// The same for a resource's times; the time that was never set is year 1.
std::string print_time(Time time);

bool read_base64(std::string_view text, std::string& bytes);
std::string print_base64(std::string_view bytes);

}  // namespace weft::cp
