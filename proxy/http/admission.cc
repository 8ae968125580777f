#include "proxy/http/admission.h"

#include "base/text.h"
#include "proxy/http/canonical.h"
#include "proxy/http/grpc.h"
#include "proxy/http/trace_headers.h"

namespace weft::proxy {
namespace {

// More connection options than anyone sends; bounds the work of matching them with field names.
constexpr size_t kMaxConnectionOptions = 32;
// As much as we ourselves would say (field_list.h); each is looked for among the fields.
constexpr size_t kMaxNames = 2048;

BadMessage bad(std::string_view detail, uint16_t status = 400) { return {status, detail}; }

struct ConnectionOptions {
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
  bool malformed = false;
};

template <typename Each>
void for_each_field(const Head& head, HeaderId id, Each&& each) {
  if (!head.has(id)) return;
  for (size_t i = 0; i < head.field_count(); ++i) {
    if (head.field(i).id == id) each(i);
  }
}

void drop_all(const Head& head, HeaderId id, FieldMask& dropped) {
  for_each_field(head, id, [&](size_t i) { dropped.set(i); });
}

void drop_named(const Head& head, const char* base, std::string_view name, FieldMask& dropped) {
  if (!droppable_by_connection(name)) return;
  for (size_t i = 0; i < head.field_count(); ++i) {
    if (equal_ignoring_case(head.name(base, head.field(i)), name)) dropped.set(i);
  }
}

// RFC 9110 section 7.6.1: Connection and what it names end here.
ConnectionOptions read_connection(const Head& head, const char* base, FieldMask& dropped) {
  ConnectionOptions options;
  size_t count = 0;
  for_each_field(head, HeaderId::kConnection, [&](size_t i) {
    dropped.set(i);
    for_each_element(head.value(base, head.field(i)), [&](std::string_view option) {
      if (++count > kMaxConnectionOptions || !is_token(option)) {
        options.malformed = true;
      } else if (equal_ignoring_case(option, "close")) {
        options.close = true;
      } else if (equal_ignoring_case(option, "keep-alive")) {
        options.keep_alive = true;
      } else if (equal_ignoring_case(option, "upgrade")) {
        options.upgrade = true;
      } else if (!equal_ignoring_case(option, "te")) {
        drop_named(head, base, option, dropped);
      }
    });
  });
  drop_all(head, HeaderId::kKeepAlive, dropped);
  // What old clients say instead of Connection to what they take for a proxy. Only closing is believed.
  for_each_field(head, HeaderId::kProxyConnection, [&](size_t i) {
    dropped.set(i);
    for_each_element(head.value(base, head.field(i)), [&](std::string_view option) {
      options.malformed = options.malformed || !is_token(option);
      options.close = options.close || equal_ignoring_case(option, "close");
    });
  });
  drop_all(head, HeaderId::kHttp2Settings, dropped);
  return options;
}

BadMessage request_coding(const Head& head, const char* base, BodyFraming& body) {
  size_t fields = 0;
  size_t chunked = 0;
  size_t identity = 0;
  size_t unknown = 0;
  for_each_field(head, HeaderId::kTransferEncoding, [&](size_t i) {
    ++fields;
    for_each_element(head.value(base, head.field(i)), [&](std::string_view coding) {
      if (equal_ignoring_case(coding, "chunked")) {
        ++chunked;
      } else if (equal_ignoring_case(coding, "identity")) {
        ++identity;
      } else {
        ++unknown;
      }
    });
  });
  if (unknown > 0 || chunked > 1) return bad("transfer coding not supported", 501);
  if (fields != 1 || identity > 0 || chunked != 1) return bad("malformed transfer-encoding");
  // "chunked," parses to one element but is not what the sender of "chunked" wrote.
  bool exact = true;
  for_each_field(head, HeaderId::kTransferEncoding,
                 [&](size_t i) { exact = equal_ignoring_case(head.value(base, head.field(i)), "chunked"); });
  if (!exact) return bad("malformed transfer-encoding");
  body.kind = BodyFraming::Kind::kChunked;
  return {};
}

BadMessage content_length(const Head& head, const char* base, BodyFraming& body) {
  size_t fields = 0;
  bool valid = true;
  for_each_field(head, HeaderId::kContentLength, [&](size_t i) {
    ++fields;
    valid = valid && parse_content_length(head.value(base, head.field(i)), body.length);
  });
  if (!valid) return bad("malformed content-length");
  if (fields > 1) return bad("more than one content-length");
  body.kind = BodyFraming::Kind::kLength;
  return {};
}

// White space behind the value, which not everybody takes off.
bool padded(const Head& head, HeaderId id) {
  bool found = false;
  for_each_field(head, id, [&](size_t i) {
    const Field& field = head.field(i);
    found = found || size_t{field.value_begin} + field.value_size + 2 != head.line_end(i);
  });
  return found;
}

// RFC 9112 section 6.3, without the choices it leaves.
BadMessage request_framing(const Head& head, const char* base, BodyFraming& body) {
  const bool coded = head.has(HeaderId::kTransferEncoding);
  const bool sized = head.has(HeaderId::kContentLength);
  if (coded && sized) return bad("content-length and transfer-encoding in one request");
  if (coded && head.minor_version() == 0) return bad("transfer-encoding in HTTP/1.0");
  if (coded && padded(head, HeaderId::kTransferEncoding)) return bad("malformed transfer-encoding");
  if (sized && padded(head, HeaderId::kContentLength)) return bad("malformed content-length");
  if (coded) return request_coding(head, base, body);
  if (sized) return content_length(head, base, body);
  return {};
}

BadMessage read_host(const Head& head, const char* base, AdmittedRequest& out) {
  size_t hosts = 0;
  std::string_view host;
  for_each_field(head, HeaderId::kHost, [&](size_t i) {
    ++hosts;
    host = head.value(base, head.field(i));
  });
  if (hosts > 1) return bad("more than one host");
  if (hosts == 0 && !out.http10) return bad("no host");
  if (hosts == 1 && !valid_authority(host)) return bad("malformed host");
  if (out.host_replaced) {
    if (!valid_authority(out.authority)) return bad("malformed authority in the request target");
    drop_all(head, HeaderId::kHost, out.dropped);
  } else {
    out.authority = host;
  }
  return {};
}

BadMessage read_target(const Head& head, const char* base, AdmittedRequest& out) {
  const Target target = split_target(out.method, head.target(base));
  switch (target.form) {
    case Target::Form::kMalformed: return bad("malformed request target");
    case Target::Form::kAuthority: return bad("CONNECT is not supported", 501);
    case Target::Form::kAsterisk: out.path = target.path_and_query; return {};
    case Target::Form::kAbsolute:
      // RFC 9112 section 3.2.2: the target's authority is the request's, whatever Host says.
      out.authority = target.authority;
      out.host_replaced = true;
      out.start_line_unchanged = false;
      break;
    case Target::Form::kOrigin: break;
  }
  out.path = target.path_and_query;
  switch (canonical_path(target.path_and_query, out.path_storage)) {
    case PathResult::kRefused: return bad("malformed path");
    case PathResult::kChanged:
      out.path = out.path_storage;
      out.start_line_unchanged = false;
      break;
    case PathResult::kUnchanged: break;
  }
  return {};
}

// protocol-name ["/" protocol-version]
bool is_protocol(std::string_view text) {
  const size_t slash = text.find('/');
  return is_token(text.substr(0, slash)) && (slash == std::string_view::npos || is_token(text.substr(slash + 1)));
}

// h2c would carry requests past routing and policies in a tunnel.
bool names_http(std::string_view protocols) {
  bool found = false;
  for_each_element(protocols, [&](std::string_view protocol) {
    const std::string word = lower(protocol.substr(0, protocol.find('/')));
    found = found || word == "h2c" || word == "h2" || word == "http" || word == "tls";
  });
  return found;
}

BadMessage read_upgrade_and_expect(const Head& head, const char* base, const ConnectionOptions& options,
                                   AdmittedRequest& out) {
  bool asks_http = false;
  bool malformed = false;
  size_t protocols = 0;
  bool version = false;
  for_each_field(head, HeaderId::kUpgrade, [&](size_t i) {
    asks_http = asks_http || names_http(head.value(base, head.field(i)));
    for_each_element(head.value(base, head.field(i)), [&](std::string_view protocol) {
      malformed = malformed || !is_protocol(protocol);
      version = version || protocol.find('/') != std::string_view::npos;
      ++protocols;
    });
  });
  if (malformed) return bad("malformed upgrade");
  out.upgrade = head.has(HeaderId::kUpgrade) && options.upgrade && !asks_http && !out.http10 &&
                (out.body.kind == BodyFraming::Kind::kNone ||
                 (out.body.kind == BodyFraming::Kind::kLength && out.body.length == 0));
  if (!out.upgrade) drop_all(head, HeaderId::kUpgrade, out.dropped);
  // An extended CONNECT is no POST and names one protocol, without a version (RFC 8441 section 4).
  out.http1_upgrade = out.upgrade && (out.method != "GET" || protocols != 1 || version);
  bool unknown = false;
  for_each_field(head, HeaderId::kExpect, [&](size_t i) {
    const bool known = equal_ignoring_case(head.value(base, head.field(i)), "100-continue");
    out.expects_continue = out.expects_continue || known;
    unknown = unknown || !known;
  });
  if (unknown) return bad("unknown expectation", 417);
  // RFC 9110 section 10.1.1: an HTTP/1.0 client cannot mean it.
  if (out.http10) {
    drop_all(head, HeaderId::kExpect, out.dropped);
    out.expects_continue = false;
  }
  return {};
}

// What only another proxy may say, and only to us.
std::string_view take_names(const Head& head, const char* base, FieldMask& dropped) {
  std::string_view names;
  for_each_field(head, HeaderId::kWeft, [&](size_t i) {
    if (!equal_ignoring_case(head.name(base, head.field(i)), kNames)) return;
    names = head.value(base, head.field(i));
    dropped.set(i);
  });
  if (names.size() > kMaxNames) return {};
  return names;
}

// What is broken, or there twice, would end a trace in the middle: better that the service begins a new one.
void keep_valid_traces(const Head& head, const char* base, AdmittedRequest& out) {
  size_t parents = 0;
  bool valid = true;
  for_each_field(head, HeaderId::kTraceparent,
                 [&](size_t i) { valid = ++parents == 1 && valid_traceparent(head.value(base, head.field(i))); });
  if (!valid) {
    drop_all(head, HeaderId::kTraceparent, out.dropped);
    drop_all(head, HeaderId::kTracestate, out.dropped);
  }
  size_t singles = 0;
  valid = true;
  for_each_field(head, HeaderId::kB3,
                 [&](size_t i) { valid = ++singles == 1 && valid_b3(head.value(base, head.field(i))); });
  if (!valid) drop_all(head, HeaderId::kB3, out.dropped);
  unsigned parts = 0;
  valid = true;
  for_each_field(head, HeaderId::kB3Part, [&](size_t i) {
    const B3Part part = b3_part(head.name(base, head.field(i)));
    const unsigned bit = 1u << static_cast<unsigned>(part);
    valid = valid && (parts & bit) == 0 && valid_b3_part(part, head.value(base, head.field(i)));
    parts |= bit;
  });
  if (!valid) drop_all(head, HeaderId::kB3Part, out.dropped);
}

void sanitise(const Head& head, const char* base, Direction direction, AdmittedRequest& out) {
  for_each_field(head, HeaderId::kTe, [&](size_t i) {
    const bool trailers = equal_ignoring_case(head.value(base, head.field(i)), "trailers");
    out.takes_trailers = out.takes_trailers || trailers;
    if (!trailers) out.dropped.set(i);
  });
  keep_valid_traces(head, base, out);
  // Only a proxy that verified its peer says who that was: what an application, or a client, claims goes no further.
  drop_all(head, HeaderId::kForwardedClientCert, out.dropped);
  out.names = take_names(head, base, out.dropped);
  // The trust boundary.
  if (direction == Direction::kInbound) drop_all(head, HeaderId::kWeft, out.dropped);
}

bool known_protocol(std::string_view value) { return value == "http" || value == "https"; }

}  // namespace

BadMessage too_large(const Head& head, bool from_proxy) {
  const bool strict = !from_proxy;
  if (head.too_many_fields() || (strict && head.field_count() > kMaxHeaders)) return bad("too many headers", 431);
  if (strict && head.size() > kMaxHeadSize) return bad("header block too large", 431);
  return {};
}

bool names_have_underscores(const Head& head, const char* base) {
  for (size_t i = 0; i < head.field_count(); ++i) {
    if (head.name(base, head.field(i)).find('_') != std::string_view::npos) return true;
  }
  return false;
}

std::string_view upgrade_protocol(const Head& head, const char* base) {
  std::string_view first;
  for_each_field(head, HeaderId::kUpgrade, [&](size_t i) {
    for_each_element(head.value(base, head.field(i)), [&](std::string_view protocol) {
      if (first.empty()) first = protocol;
    });
  });
  return first;
}

bool announces_trailers(const Head& head, const char* base) {
  for (size_t i = 0; i < head.field_count(); ++i) {
    if (equal_ignoring_case(head.name(base, head.field(i)), "trailer")) return true;
  }
  return false;
}

void drop_content_length(const Head& head, FieldMask& dropped) { drop_all(head, HeaderId::kContentLength, dropped); }

bool parse_content_length(std::string_view value, uint64_t& length) {
  if (value.empty() || value.size() > 18 || (value.size() > 1 && value[0] == '0')) return false;
  for (const char c : value) {
    if (c < '0' || c > '9') return false;
  }
  return parse_number(value, length);
}

BadMessage admit_request(const Head& head, const char* base, Direction direction, AdmittedRequest& out) {
  out.method = head.method(base);
  out.is_head = out.method == "HEAD";
  out.http10 = head.minor_version() == 0;
  out.start_line_unchanged = !out.http10;
  out.grpc = is_grpc_call(head, base);
  if (BadMessage no = request_framing(head, base, out.body)) return no;
  if (BadMessage no = read_target(head, base, out)) return no;
  if (BadMessage no = read_host(head, base, out)) return no;
  const ConnectionOptions options = read_connection(head, base, out.dropped);
  if (options.malformed) return bad("malformed connection options");
  out.keep_alive = !options.close && (!out.http10 || options.keep_alive);
  if (BadMessage no = read_upgrade_and_expect(head, base, options, out)) return no;
  sanitise(head, base, direction, out);
  size_t protocols = 0;
  for_each_field(head, HeaderId::kForwardedProto, [&](size_t i) {
    ++protocols;
    out.protocol_dropped = out.protocol_dropped || !known_protocol(head.value(base, head.field(i)));
  });
  out.protocol_dropped = out.protocol_dropped || protocols > 1;
  if (out.protocol_dropped) drop_all(head, HeaderId::kForwardedProto, out.dropped);
  return {};
}

BadMessage admit_response(const Head& head, const char* base, const AdmittedRequest& request, Direction direction,
                          AdmittedResponse& out) {
  out.status = static_cast<uint16_t>(head.status());
  if (too_large(head, direction == Direction::kOutbound)) return bad("headers of the answer too large", 502);
  const ConnectionOptions options = read_connection(head, base, out.dropped);
  out.keep_alive = !options.close && (head.minor_version() == 1 || options.keep_alive);
  if (out.status != 101) drop_all(head, HeaderId::kUpgrade, out.dropped);
  out.names = take_names(head, base, out.dropped);
  // What an application calls ours is not: only proxies state reasons.
  if (direction == Direction::kInbound) drop_all(head, HeaderId::kWeft, out.dropped);
  const bool coded = head.has(HeaderId::kTransferEncoding);
  const bool sized = head.has(HeaderId::kContentLength);
  BodyFraming body{BodyFraming::Kind::kUntilClose, 0};
  if (coded && sized) return bad("content-length and transfer-encoding in one answer", 502);
  if (coded && head.minor_version() == 0) return bad("transfer-encoding in an HTTP/1.0 answer", 502);
  if (coded && request_coding(head, base, body)) return bad("transfer coding of the answer not supported", 502);
  if (sized && content_length(head, base, body)) return bad("malformed content-length in the answer", 502);
  if (out.status < 200 || out.status == 204) {
    drop_all(head, HeaderId::kContentLength, out.dropped);
    drop_all(head, HeaderId::kTransferEncoding, out.dropped);
  }
  const bool bodyless = request.is_head || out.status < 200 || out.status == 204 || out.status == 304;
  out.body = bodyless ? BodyFraming{} : body;
  if (out.body.kind == BodyFraming::Kind::kUntilClose) out.keep_alive = false;
  return {};
}

}  // namespace weft::proxy
