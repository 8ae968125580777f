#include "policies/mesh_load_balancing_strategy/request_hash.h"

#include <algorithm>
#include <bit>

#include "base/hash.h"
#include "base/key_hash.h"
#include "base/text.h"
#include "policies/conf_times.h"

namespace weft::mesh_load_balancing_strategy {
namespace {

using Conf = v1::MeshLoadBalancingStrategyConf;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Cuts what is before the next `separator` off `rest`.
std::string_view next_piece(std::string_view& rest, char separator) {
  const size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view piece = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return piece;
}

// "name=value"; nothing when the name is another.
std::optional<std::string_view> value_in(std::string_view pair, std::string_view name) {
  if (!pair.starts_with(name)) return std::nullopt;
  pair.remove_prefix(name.size());
  if (pair.empty()) return pair;
  if (pair[0] != '=') return std::nullopt;
  return pair.substr(1);
}

// In which order several values of a header come does not matter.
std::optional<uint64_t> header_hash(const Request& request, std::string_view name) {
  std::optional<uint64_t> single;
  std::vector<uint64_t> several;
  for (const Header& header : request.headers) {
    if (!equal_ignoring_case(header.name, name)) continue;
    if (single && several.empty()) several.push_back(*single);
    single = xx_hash64(header.value);
    if (!several.empty()) several.push_back(*single);
  }
  if (several.empty()) return single;
  std::sort(several.begin(), several.end());
  uint64_t hash = 0;
  for (const uint64_t one : several) hash = xx_hash64({reinterpret_cast<const char*>(&one), sizeof one}, hash);
  return hash;
}

std::string cookie_attributes(const Conf::HashPolicy::Cookie& cookie) {
  std::string out;
  const int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(nanoseconds(cookie.ttl())).count();
  if (seconds > 0) append(out, "; Max-Age=", seconds);
  // It stands in a header line.
  const bool clean = std::none_of(cookie.path().begin(), cookie.path().end(),
                                  [](char c) { return static_cast<unsigned char>(c) < ' ' || c == ';' || c == 127; });
  if (!cookie.path().empty() && clean) append(out, "; Path=", cookie.path());
  append(out, "; HttpOnly");
  return out;
}

// RFC 9110 section 5.6.2. A cookie of another name is read, but none is made.
bool is_token(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

}  // namespace

std::optional<std::string_view> cookie_value(const Request& request, std::string_view name) {
  for (const Header& header : request.headers) {
    if (!equal_ignoring_case(header.name, "cookie")) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::string_view pair = trim(next_piece(rest, ';'));
      const auto value = value_in(pair, name);
      if (!value || pair.size() == name.size()) continue;
      const bool quoted = value->size() >= 2 && value->front() == '"' && value->back() == '"';
      return quoted ? value->substr(1, value->size() - 2) : *value;
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> query_value(std::string_view path, std::string_view name) {
  const size_t question = path.find('?');
  if (question == std::string_view::npos) return std::nullopt;
  std::string_view rest = path.substr(question + 1);
  while (!rest.empty()) {
    if (const auto value = value_in(next_piece(rest, '&'), name)) return value;
  }
  return std::nullopt;
}

void RequestHash::add(const Conf::HashPolicy& policy) {
  Part part;
  part.terminal = policy.terminal();
  if (policy.type() == "Header") {
    part.type = Type::kHeader;
    part.name = policy.header().name();
  } else if (policy.type() == "Cookie") {
    part.type = Type::kCookie;
    part.name = policy.cookie().name();
    if (policy.cookie().has_ttl() && is_token(part.name)) part.attributes = cookie_attributes(policy.cookie());
  } else if (policy.type() == "Connection") {
    if (policy.connection().source_ip()) part.type = Type::kSource;
  } else if (policy.type() == "QueryParameter") {
    part.type = Type::kQueryParameter;
    part.name = policy.query_parameter().name();
  }
  // Nothing here leaves objects beside a request, so FilterState never has one; being terminal still counts.
  parts_.push_back(std::move(part));
}

bool RequestHash::reads_headers() const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [](const Part& part) { return part.type == Type::kHeader || part.type == Type::kCookie; });
}

bool RequestHash::reads_source() const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [](const Part& part) { return part.type == Type::kSource || !part.attributes.empty(); });
}

std::optional<uint64_t> RequestHash::hash_of(const Part& part, const Request& request, std::string& answer_line) {
  const auto of_text = [](std::optional<std::string_view> text) -> std::optional<uint64_t> {
    if (!text) return std::nullopt;
    return xx_hash64(*text);
  };
  switch (part.type) {
    case Type::kHeader: return header_hash(request, part.name);
    case Type::kQueryParameter: return of_text(query_value(request.path, part.name));
    case Type::kSource:
      if (request.source.empty()) return std::nullopt;
      return xx_hash64(request.source);
    case Type::kCookie: {
      if (const auto value = cookie_value(request, part.name)) return xx_hash64(*value);
      if (part.attributes.empty()) return std::nullopt;
      const std::string made = hex64(mix64(request.lot));
      append(answer_line, "set-cookie: ", part.name, "=", made, part.attributes, "\r\n");
      return xx_hash64(made);
    }
    case Type::kNothing: break;
  }
  return std::nullopt;
}

std::optional<uint64_t> RequestHash::of(const Request& request, std::string& answer_line) const {
  std::optional<uint64_t> hash;
  for (const Part& part : parts_) {
    if (const auto one = hash_of(part, request, answer_line)) hash = std::rotl(hash.value_or(0), 1) ^ *one;
    if (part.terminal && hash) break;
  }
  return hash;
}

}  // namespace weft::mesh_load_balancing_strategy
