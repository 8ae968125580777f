// Writes the heads that leave the proxy: ranges of the head that came, around the lines that were dropped, then the
// lines we add. Header case and order survive. Pure functions over a Gather; any thread.
#pragma once

#include <string_view>

#include "proxy/http/admission.h"
#include "proxy/http/gather.h"

namespace weft::proxy {

// `added`: complete lines ("name: value\r\n"). `names`: how its fields were written once, in their order,
// comma-separated; what does not fit is left as it is. Empty: not known.
void write_request_head(const Head& head, const char* base, const AdmittedRequest& request, std::string_view added,
                        Gather& out, std::string_view names = {});

struct ResponseHeadEdits {
  // Lines to add, complete.
  std::string_view added;
  // What a policy adds, a complete line; empty: nothing.
  std::string_view policy_line;
  // The answer is framed by us or by closing: its own transfer coding is not forwarded.
  bool drop_transfer_encoding = false;
  std::string_view names;  // as for requests
};
void write_response_head(const Head& head, const char* base, const AdmittedResponse& response,
                         const ResponseHeadEdits& edits, Gather& out);

}  // namespace weft::proxy
