#include "control-plane/identity/jwt.h"

#include <openssl/rand.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <vector>

#include "base/text.h"
#include "control-plane/identity/base64url.h"
#include "control-plane/identity/openssl.h"

namespace weft::cp {
namespace {

namespace json = boost::json;

struct Parts {
  std::string_view signed_text;  // header.payload
  std::string header;
  std::string payload;
  std::string signature;
};

Result<Parts> take_apart(std::string_view token) {
  if (token.empty()) return unauthenticated("the token is empty");
  if (token.size() > kMaxTokenBytes) return unauthenticated(cat("the token is longer than ", kMaxTokenBytes, " bytes"));
  const std::vector<std::string_view> pieces = split(token, '.');
  if (pieces.size() != 3) return unauthenticated("not a JSON web token: it must have three parts, separated by dots");
  std::optional<std::string> header = base64url_decode(pieces[0]);
  std::optional<std::string> payload = base64url_decode(pieces[1]);
  std::optional<std::string> signature = base64url_decode(pieces[2]);
  if (!header || !payload || !signature) return unauthenticated("garbled token: a part is not base64url");
  return Parts{token.substr(0, pieces[0].size() + 1 + pieces[1].size()), std::move(*header), std::move(*payload),
               std::move(*signature)};
}

Result<json::object> parse_object(std::string_view text, std::string_view part) {
  json::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) return unauthenticated(cat("garbled token: its ", part, " is not a JSON object"));
  return std::move(value.as_object());
}

// The algorithm is fixed, so all a header can usefully say is which key.
Result<std::string> key_name(std::string_view header_text) {
  Result<json::object> header = parse_object(header_text, "header");
  if (!header.ok()) return header.status();
  const json::value* algorithm = header->if_contains("alg");
  if (algorithm == nullptr || !algorithm->is_string()) return unauthenticated("the token does not say its algorithm");
  const std::string_view name(algorithm->get_string().data(), algorithm->get_string().size());
  if (name != "RS256") return unauthenticated(cat("the token's algorithm \"", name, "\" is not accepted, only RS256"));
  if (header->contains("crit")) return unauthenticated("the token demands extensions (crit) that are not known here");
  const json::value* kid = header->if_contains("kid");
  if (kid == nullptr || !kid->is_string()) return unauthenticated("the token does not say which key signed it (kid)");
  return std::string(kid->get_string().data(), kid->get_string().size());
}

Result<SigningKey> find_key(std::string_view name, const KeyRing& keys, const ForeignKeys& foreign) {
  if (const auto agreed = foreign.find(name); agreed != foreign.end()) return agreed->second;
  uint64_t serial = 0;
  if (!parse_number(name, serial)) return unauthenticated("the token's kid is not a key serial");
  const auto key = keys.find(serial);
  if (key == keys.end()) return unauthenticated(cat("the token was signed by key ", serial, ", which is not known"));
  return key->second;
}

// nullopt: the claim is absent.
Result<std::optional<int64_t>> time_claim(const json::object& claims, std::string_view name) {
  const json::value* value = claims.if_contains(json::string_view(name.data(), name.size()));
  if (value == nullptr) return std::optional<int64_t>();
  // Differences of times fit, too.
  constexpr int64_t kFarthest = int64_t{1} << 62;
  if (value->is_int64()) return std::optional<int64_t>(std::clamp(value->get_int64(), -kFarthest, kFarthest));
  if (value->is_double() && value->get_double() > -4e18 && value->get_double() < 4e18) {
    return std::optional<int64_t>(static_cast<int64_t>(value->get_double()));
  }
  return unauthenticated(cat("garbled token: ", name, " is not a time"));
}

Status check_times(const json::object& claims, std::chrono::sys_seconds now) {
  const int64_t seconds = now.time_since_epoch().count();
  const auto expires = time_claim(claims, "exp");
  if (!expires.ok()) return expires.status();
  if (expires->has_value() && seconds >= **expires) {
    return unauthenticated(cat("the token expired ", seconds - **expires, " s ago"));
  }
  const auto not_before = time_claim(claims, "nbf");
  if (!not_before.ok()) return not_before.status();
  if (not_before->has_value() && seconds < **not_before) {
    return unauthenticated(
        cat("the token is not valid yet, but in ", **not_before - seconds, " s; are the clocks right?"));
  }
  return ok();
}

}  // namespace

Result<std::string> sign_jwt(std::string_view claims, const KeyRing& keys) {
  if (keys.empty()) return not_found("there is no signing key");
  const auto& [serial, key] = *keys.rbegin();
  const std::string header = cat(R"({"alg":"RS256","kid":")", serial, R"(","typ":"JWT"})");
  const std::string text = cat(base64url_encode(header), '.', base64url_encode(claims));
  const Result<std::string> signature = key.sign(text);
  if (!signature.ok()) return signature.status();
  return cat(text, '.', base64url_encode(*signature));
}

Result<std::string> verify_jwt(std::string_view token, const KeyRing& keys, std::chrono::sys_seconds now,
                               const ForeignKeys& foreign) {
  Result<Parts> parts = take_apart(token);
  if (!parts.ok()) return parts.status();
  const Result<std::string> name = key_name(parts->header);
  if (!name.ok()) return name.status();
  const Result<SigningKey> key = find_key(*name, keys, foreign);
  if (!key.ok()) return key.status();
  if (!key->verifies(parts->signed_text, parts->signature)) {
    return unauthenticated("the token's signature does not match its content");
  }
  const Result<json::object> claims = parse_object(parts->payload, "payload");
  if (!claims.ok()) return claims.status();
  if (const Status times = check_times(*claims, now); !times.ok()) return times;
  return std::move(parts->payload);
}

Result<std::string> unverified_claims(std::string_view token) {
  Result<Parts> parts = take_apart(token);
  if (!parts.ok()) return parts.status();
  return std::move(parts->payload);
}

Result<std::string> random_token_id() {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return openssl_error("draw random bytes");
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string id;
  for (size_t i = 0; i < sizeof bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += kDigits[bytes[i] >> 4];
    id += kDigits[bytes[i] & 15];
  }
  return id;
}

}  // namespace weft::cp
