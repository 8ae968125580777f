// What is wrong with a document a user wrote: all of it at once, each with the path of its field. Plain data; any
// thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft {

struct Violation {
  std::string field;   // "spec.to[0].default.http.numRetries"; empty: the document itself
  std::string reason;  // "must be greater than 0"
  bool operator==(const Violation&) const = default;
};

class Violations {
 public:
  void add(std::string_view field, std::string_view reason) {
    list_.push_back({std::string(field), std::string(reason)});
  }
  bool empty() const { return list_.empty(); }
  const std::vector<Violation>& list() const { return list_; }

 private:
  std::vector<Violation> list_;
};

// Reasons that many kinds give.
namespace reason_text {
inline constexpr std::string_view kMustBeDefined = "must be defined";
inline constexpr std::string_view kMustNotBeDefined = "must not be defined";
inline constexpr std::string_view kMustBeSet = "must be set";
inline constexpr std::string_view kMustNotBeSet = "must not be set";
inline constexpr std::string_view kMustNotBeEmpty = "must not be empty";
inline constexpr std::string_view kGreaterThanZero = "must be greater than 0";
inline constexpr std::string_view kDefinedAndGreaterThanZero = "must be defined and greater than zero";
inline constexpr std::string_view kGreaterThanZeroWhenDefined = "must be greater than zero when defined";
inline constexpr std::string_view kValidNumber = "string must be a valid number";
inline constexpr std::string_view kNotNegativeWhenDefined = "must not be negative when defined";
inline constexpr std::string_view kToOrRules = "at least one of 'to' or 'rules' has to be defined";
inline constexpr std::string_view kNotByCaller =
    "can't be specified when matches contain spiffeID because this field cannot be conditioned on source identity";
}  // namespace reason_text

}  // namespace weft
