#include "policies/outcome.h"

#include <array>

namespace weft {
namespace {

struct Words {
  std::string_view flag;
  std::string_view word;
};

constexpr std::array<Words, static_cast<size_t>(Reason::kCount)> kWords = {{
    {"-", "none"},
    {"NR", "no_route"},
    {"NC", "no_cluster"},
    {"UH", "no_healthy_upstream"},
    {"UF", "connect_failure"},
    {"UF", "connect_timeout"},
    {"UC", "upstream_closed"},
    {"UR", "upstream_reset"},
    {"UPE", "upstream_protocol_error"},
    {"UO", "overflow"},
    {"UT", "request_timeout"},
    {"UT", "per_try_timeout"},
    {"SI", "stream_idle_timeout"},
    {"UMSDR", "max_stream_duration"},
    {"RHT", "request_headers_timeout"},
    {"URX", "retry_limit_exceeded"},
    {"DC", "downstream_closed"},
    {"DPE", "downstream_protocol_error"},
    {"DPE", "headers_too_large"},
    {"DENY", "denied"},
    {"DR", "draining"},
    {"OM", "overloaded"},
    {"UF", "tls_failure"},
    {"DENY", "tls_required"},
    {"DT", "deadline_exceeded"},
}};

}  // namespace

std::string_view reason_flag(Reason reason) { return kWords[static_cast<size_t>(reason)].flag; }
std::string_view reason_word(Reason reason) { return kWords[static_cast<size_t>(reason)].word; }

}  // namespace weft
