#include "control-plane/resource/special_forms.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>

#include <array>
#include <chrono>

#include "base/duration.h"
#include "base/text.h"
#include "weft/v1/common.pb.h"

namespace weft::cp {
namespace {

using google::protobuf::DynamicCastToGenerated;
using google::protobuf::util::TimeUtil;

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr int64_t kNanosPerSecond = 1'000'000'000;

std::string two_digits(unsigned value) { return cat(value < 10 ? "0" : "", value); }

// ".25" for 250,000,000; nothing for 0.
std::string fraction(int64_t nanos) {
  if (nanos == 0) return {};
  std::string digits = cat(nanos);
  digits.insert(0, 9 - digits.size(), '0');
  while (digits.back() == '0') digits.pop_back();
  return cat(".", digits);
}

std::string print_utc(int64_t seconds, int64_t nanos) {
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const std::chrono::sys_days day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string year = cat(static_cast<int>(date.year()));
  if (year.size() < 4) year.insert(0, 4 - year.size(), '0');
  return cat(year, "-", two_digits(static_cast<unsigned>(date.month())), "-",
             two_digits(static_cast<unsigned>(date.day())), "T",
             two_digits(static_cast<unsigned>(clock.hours().count())), ":",
             two_digits(static_cast<unsigned>(clock.minutes().count())), ":",
             two_digits(static_cast<unsigned>(clock.seconds().count())), fraction(nanos), "Z");
}

}  // namespace

SpecialForm special_form(const google::protobuf::Descriptor& type) {
  if (type.full_name() == "google.protobuf.Duration") return SpecialForm::kDuration;
  if (type.full_name() == "google.protobuf.Timestamp") return SpecialForm::kTimestamp;
  if (type.full_name() == "weft.v1.IntOrString") return SpecialForm::kIntOrString;
  if (type.full_name() == "google.protobuf.Value" || type.full_name() == "google.protobuf.Struct")
    return SpecialForm::kFreeForm;
  return SpecialForm::kNone;
}

Status read_special(std::string_view text, google::protobuf::Message& out) {
  if (auto* timestamp = DynamicCastToGenerated<google::protobuf::Timestamp>(&out)) {
    if (TimeUtil::FromString(std::string(text), timestamp)) return ok();
    return invalid(cat("\"", text, "\" is no RFC 3339 time"));
  }
  const Result<Nanoseconds> duration = parse_duration(text);
  if (!duration.ok()) return duration.status();
  auto& message = *DynamicCastToGenerated<google::protobuf::Duration>(&out);
  message.set_seconds(duration->count() / kNanosPerSecond);
  message.set_nanos(static_cast<int32_t>(duration->count() % kNanosPerSecond));
  return ok();
}

Status read_int_or_string(bool is_number, std::string_view text, google::protobuf::Message& out) {
  auto& message = *DynamicCastToGenerated<v1::IntOrString>(&out);
  if (!is_number) {
    message.set_text(std::string(text));
    return ok();
  }
  // 32 bit, as in the API this form comes from.
  int32_t number = 0;
  if (!parse_number(text, number)) return invalid(cat("must be an integer or a string, not ", text));
  message.set_number(number);
  return ok();
}

std::string print_duration(const google::protobuf::Message& duration, bool seconds_only) {
  const auto& message = *DynamicCastToGenerated<const google::protobuf::Duration>(&duration);
  if (!seconds_only) return format_duration(std::chrono::seconds(message.seconds()) + Nanoseconds(message.nanos()));
  return TimeUtil::ToString(message);
}

std::string print_timestamp(const google::protobuf::Message& timestamp) {
  const auto& message = *DynamicCastToGenerated<const google::protobuf::Timestamp>(&timestamp);
  return print_utc(message.seconds(), message.nanos());
}

std::string print_time(Time time) {
  if (time == Time{}) return "0001-01-01T00:00:00Z";
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return print_utc(seconds.time_since_epoch().count(), std::chrono::nanoseconds(time - seconds).count());
}

bool read_base64(std::string_view text, std::string& bytes) {
  static const std::array<int8_t, 256> values = [] {
    std::array<int8_t, 256> table;
    table.fill(-1);
    for (size_t i = 0; i < kBase64.size(); ++i) table[static_cast<unsigned char>(kBase64[i])] = static_cast<int8_t>(i);
    // The URL alphabet is read too.
    table['-'] = 62;
    table['_'] = 63;
    return table;
  }();
  size_t end = text.size();
  while (end > 0 && text.size() - end < 2 && text[end - 1] == '=') --end;
  if (end % 4 == 1 || (end != text.size() && text.size() % 4 != 0)) return false;
  std::string out;
  uint32_t group = 0;
  for (size_t i = 0; i < end; ++i) {
    const int8_t value = values[static_cast<unsigned char>(text[i])];
    if (value < 0) return false;
    group = (group << 6) | static_cast<uint32_t>(value);
    if (i % 4 != 0) out += static_cast<char>((group >> (6 - 2 * (i % 4))) & 0xff);
  }
  bytes = std::move(out);
  return true;
}

std::string print_base64(std::string_view bytes) {
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) group = (group << 8) | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (size_t j = 0; j < 4; ++j) out += j <= count ? kBase64[(group >> (18 - 6 * j)) & 63] : '=';
  }
  return out;
}

}  // namespace weft::cp
