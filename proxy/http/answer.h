// The answer of a service, as far as it was read: its head, and what of the body came with it over HTTP/1.1. Filled by
// the attempt, sent on by the client's end. Part of the exchange.
#pragma once

#include <string_view>
#include <vector>

#include "proxy/http/admission.h"
#include "proxy/http/head_parser.h"
#include "proxy/http/receive_buffer.h"
#include "proxy/upstream/retry.h"

namespace weft::proxy {

// The fields of a head by name. `base`: the head's first byte, by the time it is asked.
class HeadSource final : public HeaderSource {
 public:
  HeadSource(const Head& head, const char* const& base) : head_(head), base_(base) {}
  void values(std::string_view lower_case_name, std::vector<std::string_view>& out) const override;

 private:
  const Head& head_;
  const char* const& base_;
};

struct Answer {
  Head head;
  const char* base = nullptr;  // of the head
  ReceiveBuffer bytes;         // HTTP/1.1: begins with the head
  AdmittedResponse admitted;
  std::string_view error;  // why it was not understood
  bool no_switch = false;  // a success, to a proxy that asked for a tunnel: it is told apart (field_list.h)
  std::string_view added;  // of a switch: lines that a client of HTTP/1.1 expects and HTTP/2 has not
};

}  // namespace weft::proxy
