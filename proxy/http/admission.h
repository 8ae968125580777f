// From a parsed head to what the proxy does with it: the one canonical request, how its body is framed, which lines are
// dropped and what happens to the connection. Everything ambiguous ends here with a refusal. The same for answers,
// where a refusal means 502. Pure functions; any thread.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>

#include "policies/request.h"
#include "proxy/http/body.h"
#include "proxy/http/head_parser.h"
#include "proxy/route/route.h"

namespace weft::proxy {

// The names of a head's fields as they were written, in their order, comma-separated. Between proxies alone: none
// passes it on, none believes it of anybody else.
inline constexpr std::string_view kNames = "x-weft-names";
// The status of an ordinary answer to a request for a tunnel, where any success would open one (RFC 8441 section 5).
inline constexpr std::string_view kOrdinaryStatus = "x-weft-status";

using FieldMask = std::bitset<kFieldRoom>;

// Why a message is refused; status 0: it is not.
struct BadMessage {
  uint16_t status = 0;
  std::string_view detail;
  explicit operator bool() const { return status != 0; }
};

struct AdmittedRequest {
  std::string_view method;
  std::string_view path;       // canonical, with the query
  std::string_view authority;  // of the absolute form, else of Host; empty: HTTP/1.0 without Host
  BodyFraming body;
  FieldMask dropped;
  bool start_line_unchanged = true;
  bool host_replaced = false;  // by `authority`
  bool keep_alive = true;
  bool is_head = false;
  bool http10 = false;
  bool upgrade = false;        // asks to switch protocols, and may
  bool http1_upgrade = false;  // in a way that HTTP/2 has no words for
  bool expects_continue = false;
  bool grpc = false;              // a gRPC call
  bool takes_trailers = false;    // and said so (RFC 9110 section 10.1.4)
  bool protocol_dropped = false;  // its x-forwarded-proto named no protocol we know
  std::string_view caller_line;   // a complete line that says who asks; empty: none
  std::string_view names;         // how a proxy before us says that its fields were written (field_list.h)
  std::string_view answer_line;   // a complete line for the answer, whatever it is; empty: none
  std::string path_storage;
};

// `base` is the address of the head's first byte; the result points into it.
BadMessage admit_request(const Head& head, const char* base, Direction direction, AdmittedRequest& out);

struct AdmittedResponse {
  uint16_t status = 0;
  BodyFraming body;
  FieldMask dropped;
  bool keep_alive = true;  // of the upstream connection
  std::string_view names;  // as in a request
};

// A refusal's status is 502.
BadMessage admit_response(const Head& head, const char* base, const AdmittedRequest& request, Direction direction,
                          AdmittedResponse& out);

// Beyond what an application may send; from another proxy it may have grown a little (runtime/head_room.h). Status 0:
// it is not. `from_proxy`: as far as one can know.
BadMessage too_large(const Head& head, bool from_proxy);
// Applications may take such a name for the one with dashes (header_names.h).
bool names_have_underscores(const Head& head, const char* base);
// Of an upgrade that was admitted: the protocol it names first.
std::string_view upgrade_protocol(const Head& head, const char* base);
// Says that trailers follow its content.
bool announces_trailers(const Head& head, const char* base);
// For a message that is to be framed by chunks.
void drop_content_length(const Head& head, FieldMask& dropped);
// Exactly what a Content-Length may be: digits, no sign, no leading zero, below 2^62.
bool parse_content_length(std::string_view value, uint64_t& length);

}  // namespace weft::proxy
