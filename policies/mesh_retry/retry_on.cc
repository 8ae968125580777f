#include "policies/mesh_retry/retry_on.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/text.h"

namespace weft::mesh_retry {
namespace {

// gRPC status codes (grpc/doc/statuscodes.md).
constexpr size_t kCancelled = 1;
constexpr size_t kDeadlineExceeded = 4;
constexpr size_t kResourceExhausted = 8;
constexpr size_t kInternal = 13;
constexpr size_t kUnavailable = 14;

struct Condition {
  std::string_view word;
  void (*apply)(RetryRule& rule);
};

// No answer, whatever the reason.
void on_no_answer(RetryRule& rule) {
  rule.on_reset = true;
  rule.on_connect_failure = true;
  rule.on_refused_stream = true;
}

// A reset counts as a 5xx that never came.
void on_gateway_error(RetryRule& rule) {
  for (const size_t status : {502, 503, 504}) rule.status.set(status);
  on_no_answer(rule);
}

constexpr std::array<Condition, 8> kHttpConditions = {{
    {"5xx",
     [](RetryRule& rule) {
       for (size_t status = 500; status < 600; ++status) rule.status.set(status);
       on_no_answer(rule);
     }},
    {"GatewayError", on_gateway_error},
    {"Reset", on_no_answer},
    {"ConnectFailure", [](RetryRule& rule) { rule.on_connect_failure = true; }},
    {"EnvoyRatelimited", [](RetryRule& rule) { rule.on_rate_limited_header = true; }},
    {"Retriable4xx",
     [](RetryRule& rule) {
       rule.on_conflict = true;
       rule.status.set(409);
     }},
    {"RefusedStream", [](RetryRule& rule) { rule.on_refused_stream = true; }},
    // HTTP/3 only, which no connection here is.
    {"Http3PostConnectFailure", [](RetryRule&) {}},
}};

constexpr std::array<Condition, 5> kGrpcConditions = {{
    {"Canceled", [](RetryRule& rule) { rule.grpc_status.set(kCancelled); }},
    {"DeadlineExceeded", [](RetryRule& rule) { rule.grpc_status.set(kDeadlineExceeded); }},
    {"Internal", [](RetryRule& rule) { rule.grpc_status.set(kInternal); }},
    {"ResourceExhausted", [](RetryRule& rule) { rule.grpc_status.set(kResourceExhausted); }},
    {"Unavailable", [](RetryRule& rule) { rule.grpc_status.set(kUnavailable); }},
}};

constexpr std::string_view kMethodPrefix = "HttpMethod";
constexpr std::array<std::string_view, 9> kMethods = {"Connect", "Delete", "Get", "Head", "Options",
                                                      "Patch",   "Post",   "Put", "Trace"};

const Condition* find(std::span<const Condition> conditions, std::string_view word) {
  const auto found =
      std::find_if(conditions.begin(), conditions.end(), [&](const Condition& c) { return c.word == word; });
  return found == conditions.end() ? nullptr : &*found;
}

// "GET" for "HttpMethodGet", empty for anything else.
std::string method_of(std::string_view word) {
  if (!word.starts_with(kMethodPrefix)) return {};
  word.remove_prefix(kMethodPrefix.size());
  if (std::find(kMethods.begin(), kMethods.end(), word) == kMethods.end()) return {};
  std::string method(word);
  for (char& c : method) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return method;
}

// The codes with a name in the registry of HTTP status codes (RFC 9110 section 16.2.1); 0 for anything else.
unsigned status_of(std::string_view word) {
  struct Range {
    unsigned first;
    unsigned last;
  };
  constexpr std::array<Range, 12> kKnown = {{{100, 103},
                                             {200, 208},
                                             {226, 226},
                                             {300, 305},
                                             {307, 308},
                                             {400, 418},
                                             {421, 426},
                                             {428, 429},
                                             {431, 431},
                                             {451, 451},
                                             {500, 508},
                                             {510, 511}}};
  unsigned code = 0;
  if (word.size() != 3 || !parse_number(word, code)) return 0;
  const bool known =
      std::any_of(kKnown.begin(), kKnown.end(), [&](const Range& r) { return code >= r.first && code <= r.last; });
  return known ? code : 0;
}

}  // namespace

bool is_http_word(std::string_view word) {
  return find(kHttpConditions, word) != nullptr || !method_of(word).empty() || status_of(word) != 0;
}

bool is_grpc_word(std::string_view word) { return find(kGrpcConditions, word) != nullptr; }

void apply_http_words(const Words& words, RetryRule& rule) {
  bool default_set = true;
  for (const std::string& word : words) {
    if (const Condition* condition = find(kHttpConditions, word)) {
      condition->apply(rule);
      default_set = false;
    } else if (const unsigned status = status_of(word); status != 0) {
      rule.status.set(status);
    } else if (std::string method = method_of(word); !method.empty()) {
      rule.methods.push_back(std::move(method));
    }
  }
  if (default_set) on_gateway_error(rule);
}

void apply_grpc_words(const Words& words, RetryRule& rule) {
  for (const std::string& word : words) {
    if (const Condition* condition = find(kGrpcConditions, word)) condition->apply(rule);
  }
  if (!words.empty()) return;
  on_gateway_error(rule);
  for (const size_t status : {kCancelled, kResourceExhausted, kUnavailable}) rule.grpc_status.set(status);
}

}  // namespace weft::mesh_retry
