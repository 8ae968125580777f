#include "proxy/http/field_list.h"

#include <algorithm>

#include "proxy/http/answer.h"

namespace weft::proxy {
namespace {

// What frames a message of HTTP/1.1, or is a pseudo-header in HTTP/2.
bool of_http1(HeaderId id) {
  return id == HeaderId::kHost || id == HeaderId::kTransferEncoding || id == HeaderId::kUpgrade;
}

bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }

}  // namespace

void FieldList::add_lines(std::string_view lines) {
  while (!lines.empty()) {
    const size_t end = lines.find("\r\n");
    std::string_view line = lines.substr(0, end);
    lines = end == std::string_view::npos ? std::string_view() : lines.substr(end + 2);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    add(line.substr(0, colon), value);
  }
}

void FieldList::add_fields(const Head& head, const char* base, const FieldMask& dropped) {
  for (size_t i = 0; i < head.field_count(); ++i) {
    const Field& field = head.field(i);
    if (!dropped.test(i) && !of_http1(field.id)) add(head.name(base, field), head.value(base, field));
  }
}

void FieldList::add_names(const Head& head, const char* base, const FieldMask& dropped) {
  char* at = names_.data();
  const char* const end = at + names_.size();
  bool any = false;
  for (size_t i = 0; i < head.field_count(); ++i) {
    if (dropped.test(i) || head.field(i).id == HeaderId::kTransferEncoding) continue;
    const std::string_view name = head.name(base, head.field(i));
    if (static_cast<size_t>(end - at) < name.size() + 1) return;  // they go without
    any = any || std::any_of(name.begin(), name.end(), is_capital);
    at = std::copy(name.begin(), name.end(), at);
    *at++ = ',';
  }
  if (any) add(kNames, {names_.data(), static_cast<size_t>(at - names_.data()) - 1});
}

void write_request_fields(const Head& head, const char* base, const AdmittedRequest& request, std::string_view added,
                          bool to_proxy, FieldList& out) {
  out.add(":method", request.upgrade ? std::string_view("CONNECT") : request.method);
  if (request.upgrade) out.add(":protocol", upgrade_protocol(head, base));  // RFC 8441
  out.add(":scheme", "http");
  out.add(":authority", request.authority);
  out.add(":path", request.path);
  out.add_fields(head, base, request.dropped);
  out.add_lines(request.caller_line);
  out.add_lines(added);
  if (to_proxy) out.add_names(head, base, request.dropped);
}

void write_answer_fields(const Answer& answer, std::string_view line, bool to_proxy, FieldList& out) {
  // "HTTP/1.1 200 OK". A switch of protocols is a success that does not end (RFC 8441 section 5).
  const bool switched = answer.admitted.status == 101;
  const std::string_view status(answer.base + answer.head.line_begin() + 9, 3);
  out.add(":status", switched ? "200" : answer.no_switch ? "502" : status);
  if (answer.no_switch) out.add(kOrdinaryStatus, status);
  out.add_fields(answer.head, answer.base, answer.admitted.dropped);
  out.add_lines(line);
  if (to_proxy) out.add_names(answer.head, answer.base, answer.admitted.dropped);
}

}  // namespace weft::proxy
