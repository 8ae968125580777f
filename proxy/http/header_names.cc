#include "proxy/http/header_names.h"

#include <cstdint>
#include <cstring>

#include "base/text.h"

namespace weft::proxy {
namespace {

template <typename Word>
Word word_at(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// A word of a name against one of a lower-case literal. Setting bit 0x20 folds letters; the other pairs it folds ('-'
// with CR, digits with controls) cannot occur: names are tokens.
template <typename Word>
bool same(const char* name, const char* literal) {
  constexpr Word kCase = static_cast<Word>(0x2020202020202020);
  return static_cast<Word>(word_at<Word>(name) | kCase) == word_at<Word>(literal);
}

// `name` against a literal of the same length: few comparisons of whole words, the last of which overlap.
template <size_t kRoom>
bool is(std::string_view name, const char (&literal)[kRoom]) {
  constexpr size_t kSize = kRoom - 1;
  const char* at = name.data();
  if constexpr (kSize >= 8) {
    for (size_t i = 0; i + 8 < kSize; i += 8) {
      if (!same<uint64_t>(at + i, literal + i)) return false;
    }
    return same<uint64_t>(at + kSize - 8, literal + kSize - 8);
  } else if constexpr (kSize >= 4) {
    return same<uint32_t>(at, literal) && same<uint32_t>(at + kSize - 4, literal + kSize - 4);
  } else {
    static_assert(kSize == 2);
    return same<uint16_t>(at, literal);
  }
}

// The same for names that say who somebody is: many applications read headers by names in which '_' and '-' are one
// (CGI, RFC 3875 section 4.1.18), so an underscore must not carry one past us.
bool is_alias(std::string_view name, std::string_view literal) {
  bool same = name.size() == literal.size();
  for (size_t i = 0; same && i < literal.size(); ++i) {
    const char c = name[i] == '_' ? '-' : static_cast<char>(name[i] | 0x20);
    same = c == literal[i];
  }
  return same;
}

constexpr std::string_view kProtected[] = {"authorization",
                                           "proxy-authorization",
                                           "cookie",
                                           "set-cookie",
                                           "host",
                                           "content-length",
                                           "transfer-encoding",
                                           "content-type",
                                           "content-encoding",
                                           "expect",
                                           "forwarded",
                                           "traceparent",
                                           "tracestate",
                                           "baggage",
                                           "x-request-id",
                                           "x-real-ip",
                                           "location",
                                           "range",
                                           "if-match",
                                           "if-none-match",
                                           "cache-control",
                                           "www-authenticate"};

constexpr std::string_view kNotInTrailers[] = {
    "transfer-encoding", "content-length",   "host",          "connection", "trailer",          "te",
    "upgrade",           "authorization",    "cookie",        "set-cookie", "content-type",     "expect",
    "forwarded",         "content-encoding", "content-range", "keep-alive", "proxy-connection", "proxy-authorization"};

}  // namespace

bool is_token(std::string_view text) {
  for (const char c : text) {
    if (!is_token_char(static_cast<unsigned char>(c))) return false;
  }
  return !text.empty();
}

HeaderId header_id(std::string_view name) {
  const bool x = !name.empty() && (name.front() | 0x20) == 'x';
  if (x && name.size() > 7 && is_alias(name.substr(0, 7), "x-weft-")) return HeaderId::kWeft;
  switch (name.size()) {
    case 2:
      if (is(name, "te")) return HeaderId::kTe;
      return is(name, "b3") ? HeaderId::kB3 : HeaderId::kOther;
    case 4: return is(name, "host") ? HeaderId::kHost : HeaderId::kOther;
    case 6: return is(name, "expect") ? HeaderId::kExpect : HeaderId::kOther;
    case 7: return is(name, "upgrade") ? HeaderId::kUpgrade : HeaderId::kOther;
    case 10:
      if (is(name, "connection")) return HeaderId::kConnection;
      if (is(name, "keep-alive")) return HeaderId::kKeepAlive;
      if (is(name, "tracestate")) return HeaderId::kTracestate;
      return is(name, "x-b3-flags") ? HeaderId::kB3Part : HeaderId::kOther;
    case 11:
      if (is(name, "traceparent")) return HeaderId::kTraceparent;
      return is(name, "x-b3-spanid") ? HeaderId::kB3Part : HeaderId::kOther;
    case 12:
      if (is(name, "content-type")) return HeaderId::kContentType;
      if (is(name, "x-request-id")) return HeaderId::kRequestId;
      if (is(name, "grpc-timeout")) return HeaderId::kGrpcTimeout;
      return is(name, "x-b3-traceid") || is(name, "x-b3-sampled") ? HeaderId::kB3Part : HeaderId::kOther;
    case 14:
      if (is(name, "content-length")) return HeaderId::kContentLength;
      return is(name, "http2-settings") ? HeaderId::kHttp2Settings : HeaderId::kOther;
    case 16: return is(name, "proxy-connection") ? HeaderId::kProxyConnection : HeaderId::kOther;
    case 17:
      if (is(name, "transfer-encoding")) return HeaderId::kTransferEncoding;
      if (is(name, "x-forwarded-proto")) return HeaderId::kForwardedProto;
      return is(name, "x-b3-parentspanid") ? HeaderId::kB3Part : HeaderId::kOther;
    case 23: return is_alias(name, "x-forwarded-client-cert") ? HeaderId::kForwardedClientCert : HeaderId::kOther;
    default: return HeaderId::kOther;
  }
}

bool droppable_by_connection(std::string_view name) {
  if (name.size() >= 12 && is(name.substr(0, 12), "x-forwarded-")) return false;
  if (name.size() >= 7 && is(name.substr(0, 7), "x-weft-")) return false;
  for (const std::string_view literal : kProtected) {
    if (equal_ignoring_case(name, literal)) return false;
  }
  return true;
}

bool forbidden_in_trailers(std::string_view name) {
  if (is_alias(name.substr(0, 7), "x-weft-") || is_alias(name.substr(0, 12), "x-forwarded-")) return true;
  for (const std::string_view literal : kNotInTrailers) {
    if (name == literal) return true;
  }
  return false;
}

}  // namespace weft::proxy
