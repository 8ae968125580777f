// What the proxy knows of gRPC, which is HTTP/2 with a few fields (the project's "gRPC over HTTP2"): which requests are
// calls, how long their callers wait, what their answers say in the end. Pure functions; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policies/outcome.h"

namespace weft::proxy {

class Head;

// "application/grpc", with or without "+proto" or parameters. Not gRPC-Web: its answers end in their content.
bool is_grpc_content_type(std::string_view content_type);
// `base`: the head's first byte.
bool is_grpc_call(const Head& head, const char* base);

// The value of grpc-timeout: at most eight digits and a unit. Absent when it is not that: then the caller gave its call
// no time we know of. More than a year counts as a year. Zero is a call that is over before it began: one nanosecond.
std::optional<std::chrono::nanoseconds> parse_grpc_timeout(std::string_view value);
// Of a request: only a call's counts, and only when there is one. 0: none.
std::chrono::nanoseconds grpc_timeout(const Head& head, const char* base);

// The status of a call that the proxy answers itself: the contract's table for `http_status`, but for callers whose own
// time is over, who expect to read that.
uint8_t grpc_status_for(uint16_t http_status, Reason reason);
// "UNAVAILABLE", ...; "UNKNOWN" for a status gRPC does not have.
std::string_view grpc_status_word(uint8_t status);
// Percent-encoded, as grpc-message wants it.
std::string grpc_message(std::string_view text);

// grpc-status among lines "name: value\r\n"; Outcome::kNoGrpcStatus: none, several, or not a number of two digits.
uint8_t grpc_status_in(std::string_view lines);
// The same of an answer's head (trailers-only).
uint8_t grpc_status_in(const Head& head, const char* base);

}  // namespace weft::proxy
