#include "tools/sample/behaviour.h"

#include "base/text.h"

namespace weft::sample {
namespace {

constexpr uint64_t kMaxBytes = 64ull << 20;

struct Pair {
  std::string_view key;
  std::string_view value;
};

Pair pair_of(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == text.npos) return {text, {}};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Status wrong(const Pair& pair) { return invalid(cat(pair.key, ": \"", pair.value, "\" is not a valid value")); }

Status set_status(const Pair& pair, int& out) {
  int status = 0;
  if (!parse_number(pair.value, status) || status < 200 || status > 599) return wrong(pair);
  out = status;
  return ok();
}

Status set_delay(const Pair& pair, Nanoseconds& out) {
  const auto delay = parse_duration(pair.value);
  if (!delay.ok() || delay->count() < 0) return wrong(pair);
  out = *delay;
  return ok();
}

Status set_count(const Pair& pair, uint64_t limit, uint64_t& out) {
  uint64_t count = 0;
  if (!parse_number(pair.value, count) || count > limit) return wrong(pair);
  out = count;
  return ok();
}

// What the last two path segments ask for: /bytes/65536.
Pair path_order(std::string_view path) {
  const auto segments = split(path, '/');
  if (segments.size() < 3) return {};
  return {segments[segments.size() - 2], segments.back()};
}

Status order(const Pair& pair, Answer& answer) {
  if (pair.key == "status") return set_status(pair, answer.status);
  if (pair.key == "delay") return set_delay(pair, answer.delay);
  if (pair.key == "bytes") return set_count(pair, kMaxBytes, answer.bytes);
  if (pair.key == "close") answer.close = true;
  return ok();
}

}  // namespace

Status Behaviour::set(std::string_view query) {
  Settings settings = settings_;
  for (const std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    const Pair pair = pair_of(part);
    Status status =
        invalid(cat(pair.key, ": there is no such setting (fail-every, close-every, status, delay, bytes, reset)"));
    if (pair.key == "reset") {
      settings = {};
      status = ok();
    }
    if (pair.key == "fail-every") status = set_count(pair, ~0ull, settings.fail_every);
    if (pair.key == "close-every") status = set_count(pair, ~0ull, settings.close_every);
    if (pair.key == "status") status = set_status(pair, settings.status);
    if (pair.key == "delay") status = set_delay(pair, settings.delay);
    if (pair.key == "bytes") status = set_count(pair, kMaxBytes, settings.bytes);
    if (!status.ok()) return status;
  }
  settings_ = settings;
  return ok();
}

Result<Answer> Behaviour::next(std::string_view target) {
  ++requests_;
  Answer answer{.delay = settings_.delay, .bytes = settings_.bytes};
  if (settings_.fail_every != 0 && requests_ % settings_.fail_every == 0) answer.status = settings_.status;
  if (settings_.close_every != 0 && requests_ % settings_.close_every == 0) answer.close = true;
  const size_t question = target.find('?');
  if (Status status = order(path_order(target.substr(0, question)), answer); !status.ok()) return status;
  if (question != target.npos) {
    for (const std::string_view part : split(target.substr(question + 1), '&')) {
      if (Status status = order(pair_of(part), answer); !status.ok()) return status;
    }
  }
  if (answer.close || answer.status >= 500) ++failed_;
  return answer;
}

std::string Behaviour::json() const {
  return cat("{\"failEvery\":", settings_.fail_every, ",\"closeEvery\":", settings_.close_every,
             ",\"status\":", settings_.status, ",\"delay\":\"", format_duration(settings_.delay),
             "\",\"bytes\":", settings_.bytes, "}\n");
}

}  // namespace weft::sample
