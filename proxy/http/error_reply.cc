#include "proxy/http/error_reply.h"

#include "base/text.h"
#include "proxy/http/grpc.h"

namespace weft::proxy {
namespace {

struct Answered {
  uint16_t status;
  std::string_view body;
};

constexpr std::string_view kNoAnswer = "upstream connect error or disconnect/reset before headers. reset reason: ";

Answered answer_to(Reason reason, bool request_received) {
  const uint16_t late = request_received ? 504 : 408;
  switch (reason) {
    case Reason::kNoRoute: return {404, ""};
    case Reason::kNoCluster: return {503, ""};
    case Reason::kNoHealthyUpstream: return {503, "no healthy upstream"};
    case Reason::kConnectFailure: return {503, "connection failure"};
    case Reason::kConnectTimeout: return {503, "connection timeout"};
    case Reason::kTlsFailure: return {503, "TLS failure"};
    case Reason::kTlsRequired: return {403, "this service is reached by mutual TLS of the mesh only"};
    case Reason::kUpstreamClosed: return {503, "connection termination"};
    case Reason::kUpstreamReset: return {503, "remote reset"};
    case Reason::kOverflow: return {503, "overflow"};
    case Reason::kUpstreamProtocolError: return {502, "protocol error"};
    case Reason::kRequestTimeout:
    case Reason::kPerTryTimeout: return {504, "upstream request timeout"};
    case Reason::kStreamIdleTimeout: return {late, "stream timeout"};
    case Reason::kMaxStreamDuration: return {late, "upstream max stream duration reached"};
    case Reason::kRequestHeadersTimeout: return {408, "request header timeout"};
    case Reason::kDownstreamProtocolError: return {400, "malformed request body"};
    case Reason::kHeadersTooLarge: return {431, "request headers too large"};
    case Reason::kDenied: return {403, "RBAC: access denied"};
    case Reason::kDeadlineExceeded: return {504, "the time the caller gave its call is over"};
    case Reason::kDraining: return {503, "draining"};
    case Reason::kOverloaded: return {503, "this proxy is overloaded"};
    default: return {503, ""};
  }
}

bool reset_before_headers(Reason reason) {
  return reason == Reason::kConnectFailure || reason == Reason::kConnectTimeout || reason == Reason::kTlsFailure ||
         reason == Reason::kUpstreamClosed || reason == Reason::kUpstreamReset || reason == Reason::kOverflow ||
         reason == Reason::kUpstreamProtocolError;
}

}  // namespace

ErrorReply reply_to_failure(Reason reason, bool exhausted, bool request_received, std::string_view detail) {
  const Answered answered = answer_to(reason, request_received);
  ErrorReply reply;
  reply.status = answered.status;
  reply.reason = reason;
  reply.exhausted = exhausted;
  if (reset_before_headers(reason)) reply.body = kNoAnswer;
  reply.body += answered.body;
  if (!detail.empty()) append(reply.body, ": ", detail);
  return reply;
}

ErrorReply reply_to_refusal(const Refusal& refusal) {
  ErrorReply reply;
  reply.status = refusal.status;
  reply.reason = refusal.reason;
  reply.policy = refusal.origin;
  reply.body = refusal.detail;
  return reply;
}

ErrorReply reply_to_bad_request(uint16_t status, std::string_view detail) {
  ErrorReply reply;
  reply.status = status;
  reply.reason = status == 431 || status == 414 ? Reason::kHeadersTooLarge : Reason::kDownstreamProtocolError;
  if (status == 408) reply.reason = Reason::kRequestHeadersTimeout;
  reply.body = detail;
  return reply;
}

std::string write_reply(const ErrorReply& reply, const ReplyContext& context) {
  std::string out;
  out.reserve(320 + reply.body.size());
  const std::string_view body = context.grpc ? std::string_view() : reply.body;
  const uint16_t status = context.grpc ? 200 : reply.status;
  append(out, "HTTP/1.1 ", status, " ", status_phrase(status), "\r\ncontent-length: ", body.size(), "\r\n");
  if (context.grpc) {
    append(out, "content-type: application/grpc\r\ngrpc-status: ",
           static_cast<unsigned>(grpc_status_for(reply.status, reply.reason)), "\r\n");
    // Asks for a second of patience (gRFC A6).
    if (reply.reason == Reason::kOverloaded) out += "grpc-retry-pushback-ms: 1000\r\n";
    if (!reply.body.empty()) append(out, "grpc-message: ", grpc_message(reply.body), "\r\n");
  } else if (!body.empty()) {
    out += "content-type: text/plain\r\n";
  }
  append(out, "x-weft-reason: ", reason_word(reply.reason),
         "; by=", context.direction == Direction::kInbound ? "inbound" : "outbound", "; flag=");
  if (reply.exhausted) append(out, reason_flag(Reason::kRetryLimitExceeded), ",");
  out += reason_flag(reply.reason);
  if (!reply.policy.empty()) append(out, "; policy=", reply.policy);
  out += "\r\n";
  if (!reply.withheld.empty()) out += withheld_line(reply.withheld, context.direction);
  if (reply.reason == Reason::kOverloaded && !context.grpc) out += "retry-after: 1\r\n";
  if (reply.reason == Reason::kOverflow) out += "x-envoy-overloaded: true\r\n";
  if (context.close) out += "connection: close\r\n";
  if (context.http10_keep_alive && !context.close) out += "connection: keep-alive\r\n";
  out += "\r\n";
  if (!context.without_body) out += body;
  return out;
}

std::string withheld_line(std::string_view limit, Direction direction) {
  return cat("x-weft-not-retried: ", limit, "; by=", direction == Direction::kInbound ? "inbound" : "outbound", "\r\n");
}

std::string_view status_phrase(uint16_t status) {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 102: return "Processing";
    case 103: return "Early Hints";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 207: return "Multi-Status";
    case 208: return "Already Reported";
    case 226: return "IM Used";
    case 300: return "Multiple Choices";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 407: return "Proxy Authentication Required";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 418: return "I'm a Teapot";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 423: return "Locked";
    case 424: return "Failed Dependency";
    case 425: return "Too Early";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 451: return "Unavailable For Legal Reasons";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 506: return "Variant Also Negotiates";
    case 507: return "Insufficient Storage";
    case 508: return "Loop Detected";
    case 511: return "Network Authentication Required";
    default: return status < 200 ? "Interim" : status < 300 ? "OK" : status < 400 ? "Redirection" : "Error";
  }
}

}  // namespace weft::proxy
