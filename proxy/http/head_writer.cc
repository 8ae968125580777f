#include "proxy/http/head_writer.h"

#include <string>
#include <utility>

#include "base/text.h"
#include "proxy/http/error_reply.h"

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

// The kept lines as they were written before HTTP/2 changed their names and their order.
void copy_fields(const Head& head, const char* base, FieldMask dropped, std::string_view names, Gather& out) {
  std::string text;
  text.reserve(head.size());
  const auto add = [&](size_t i, std::string_view name) {
    const Field& field = head.field(i);
    const size_t colon = field.begin + size_t{field.name_size};
    append(text, name, std::string_view(base + colon, head.line_end(i) - colon));
    dropped.set(i);
  };
  for_each_element(names, [&](std::string_view name) {
    for (size_t i = 0; i < head.field_count(); ++i) {
      if (dropped.test(i) || !equal_ignoring_case(head.name(base, head.field(i)), name)) continue;
      return add(i, name);
    }
  });
  for (size_t i = 0; i < head.field_count(); ++i) {
    if (!dropped.test(i)) add(i, head.name(base, head.field(i)));
  }
  out.own(std::move(text));
}

}  // namespace

void write_request_head(const Head& head, const char* base, const AdmittedRequest& request, std::string_view added,
                        Gather& out, std::string_view names) {
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
  if (names.empty()) {
    refer_fields(head, base, request.dropped, out);
  } else {
    copy_fields(head, base, request.dropped, names, out);
  }
  out.copy(request.caller_line);
  out.copy(added);
  if (request.upgrade) out.copy("connection: upgrade\r\n");
  out.copy("\r\n");
}

void write_response_head(const Head& head, const char* base, const AdmittedResponse& response,
                         const ResponseHeadEdits& edits, Gather& out) {
  if (response.status != head.status()) {  // HTTP/2 calls a switch a success, and otherwise (RFC 8441 section 5)
    out.own(cat("HTTP/1.1 ", response.status, " ", status_phrase(response.status), "\r\n"));
  } else if (base[12] != ' ') {  // without a reason phrase, like all that come over HTTP/2
    out.copy("HTTP/1.1");
    out.refer({base + 8, 4});
    out.copy(" ");
    out.refer(status_phrase(response.status));
    out.copy("\r\n");
  } else if (head.minor_version() == 1) {
    out.refer({base, head.fields_begin()});
  } else {
    out.copy("HTTP/1.1");
    out.refer({base + 8, head.fields_begin() - 8});
  }
  FieldMask coded;
  if (edits.drop_transfer_encoding && head.has(HeaderId::kTransferEncoding)) {
    coded = response.dropped;
    for (size_t i = 0; i < head.field_count(); ++i) {
      if (head.field(i).id == HeaderId::kTransferEncoding) coded.set(i);
    }
  }
  const FieldMask& dropped = coded.none() ? response.dropped : coded;
  if (edits.names.empty()) {
    refer_fields(head, base, dropped, out);
  } else {
    copy_fields(head, base, dropped, edits.names, out);
  }
  out.copy(edits.policy_line);
  out.copy(edits.added);
  out.copy("\r\n");
}

}  // namespace weft::proxy
