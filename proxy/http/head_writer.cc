#include "proxy/http/head_writer.h"

namespace weft::proxy {
namespace {

// The kept lines of fields [0, count).
void refer_fields(const Head& head, const char* base, const FieldMask& dropped, Gather& out) {
  if (dropped.none()) {
    out.refer({base + head.fields_begin(), head.fields_end() - head.fields_begin()});
    return;
  }
  for (size_t i = 0; i < head.field_count(); ++i) {
    if (dropped.test(i)) continue;
    const size_t begin = head.field(i).begin;
    out.refer({base + begin, head.line_end(i) - begin});
  }
}

}  // namespace

void write_request_head(const Head& head, const char* base, const AdmittedRequest& request, std::string_view added,
                        Gather& out) {
  if (request.start_line_unchanged) {
    out.refer({base + head.line_begin(), head.fields_begin() - head.line_begin()});
  } else {
    out.refer(request.method);
    out.copy(" ");
    out.refer(request.path);
    out.copy(" HTTP/1.1\r\n");
  }
  if (request.host_replaced) {
    out.copy("host: ");
    out.refer(request.authority);
    out.copy("\r\n");
  }
  refer_fields(head, base, request.dropped, out);
  out.copy(request.caller_line);
  out.copy(added);
  if (request.upgrade) out.copy("connection: upgrade\r\n");
  out.copy("\r\n");
}

void write_response_head(const Head& head, const char* base, const AdmittedResponse& response,
                         const ResponseHeadEdits& edits, Gather& out) {
  if (head.minor_version() == 1) {
    out.refer({base, head.fields_begin()});
  } else {
    out.copy("HTTP/1.1");
    out.refer({base + 8, head.fields_begin() - 8});
  }
  if (edits.drop_transfer_encoding && head.has(HeaderId::kTransferEncoding)) {
    FieldMask dropped = response.dropped;
    for (size_t i = 0; i < head.field_count(); ++i) {
      if (head.field(i).id == HeaderId::kTransferEncoding) dropped.set(i);
    }
    refer_fields(head, base, dropped, out);
  } else {
    refer_fields(head, base, response.dropped, out);
  }
  out.copy(edits.added);
  out.copy("\r\n");
}

}  // namespace weft::proxy
