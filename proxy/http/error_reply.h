// The only place where an error becomes an answer: status, body, x-weft-reason header. Pure text; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policies/outcome.h"
#include "policies/policy.h"
#include "proxy/route/route.h"

namespace weft::proxy {

// What the proxy has to say instead of an answer from the service.
struct ErrorReply {
  uint16_t status = 503;
  Reason reason = Reason::kNone;
  bool exhausted = false;  // retries were used up; `reason` is the last cause
  std::string body;
  std::string_view policy;    // KRI of the policy that refused
  std::string_view withheld;  // which limit forbade another try; empty: none
};

// `request_received`: all of the request has come (some timeouts are the client's fault otherwise). `detail`: more
// about the cause, where there is more.
ErrorReply reply_to_failure(Reason reason, bool exhausted, bool request_received, std::string_view detail);
ErrorReply reply_to_refusal(const Refusal& refusal);
ErrorReply reply_to_bad_request(uint16_t status, std::string_view detail);

struct ReplyContext {
  Direction direction = Direction::kOutbound;
  bool close = false;  // the connection ends with this answer
  bool http10_keep_alive = false;
  bool without_body = false;  // HEAD
  bool grpc = false;          // the client reads grpc-status, not the status
};
// The complete message.
std::string write_reply(const ErrorReply& reply, const ReplyContext& context);

// "OK", "Bad Gateway", ...
std::string_view status_phrase(uint16_t status);
// A complete line: another try would have been made but for a limit.
std::string withheld_line(std::string_view limit, Direction direction);

}  // namespace weft::proxy
