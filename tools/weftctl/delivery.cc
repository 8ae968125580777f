#include "tools/weftctl/delivery.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/text.h"
#include "tools/weftctl/api_error.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

// The longest wait the control plane takes in one request.
constexpr Nanoseconds kLongestStep = std::chrono::seconds(60);
constexpr Nanoseconds kTransport = std::chrono::seconds(10);

std::string in_milliseconds(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return text;
  return value < 10 ? cat(std::round(value * 10) / 10) : cat(static_cast<int64_t>(std::llround(value)));
}

// What is still missing, one line a proxy; empty when nothing is.
std::string missing(const Node& progress) {
  std::string out;
  if (const Node* refused = progress.find("refused")) {
    for (const Node& item : refused->items) {
      append(out, "\n* ", text_at(item, "proxy"), " refused ", text_at(item, "item"), ": ", text_at(item, "reason"));
    }
  }
  if (const Node* late = progress.find("late")) {
    for (const Node& item : late->items) append(out, "\n* ", item.text, " has not answered yet");
  }
  return out;
}

bool refused(const Node& progress) {
  const Node* list = progress.find("refused");
  return list != nullptr && !list->items.empty();
}

Result<Node> ask(Client& client, const std::string& mesh, uint64_t revision, Nanoseconds wait) {
  client.set_timeout(wait + kTransport);
  const auto answer =
      client.get(cat("/meshes/", url_part(mesh), "/_delivery?revision=", revision, "&wait=", format_duration(wait)));
  if (!answer.ok()) return answer.status();
  if (!answer->ok()) return error_status(*answer);
  return parse_json(answer->body);
}

Status wait_for_mesh(Client& client, const std::string& mesh, uint64_t revision, Nanoseconds longest) {
  const auto end = std::chrono::steady_clock::now() + longest;
  for (;;) {
    const Nanoseconds left = std::max(Nanoseconds(end - std::chrono::steady_clock::now()), Nanoseconds(0));
    const auto whole = std::chrono::floor<std::chrono::milliseconds>(std::min(left, kLongestStep));
    const auto progress = ask(client, mesh, revision, whole);
    if (!progress.ok()) return progress.status();
    const std::string counts = cat(text_at(*progress, "active"), "/", text_at(*progress, "total"), " proxies");
    const std::string open = missing(*progress);
    if (open.empty()) {
      if (text_at(*progress, "total") == "0") {
        print(cat("no proxy of mesh ", mesh, " is connected\n"));
      } else {
        print(cat("active on ", counts, " after ", in_milliseconds(text_at(*progress, "elapsedMs")), " ms\n"));
      }
      return ok();
    }
    if (refused(*progress)) return invalid(cat("active on ", counts, " of mesh ", mesh, open));
    if (whole == left || left.count() == 0 || left < std::chrono::milliseconds(1)) {
      return deadline(cat("active on ", counts, " of mesh ", mesh, " after ", format_duration(longest), open));
    }
  }
}

}  // namespace

Result<Nanoseconds> parse_wait(std::string_view text) {
  const auto time = parse_duration(text);
  if (!time.ok()) return annotate(time.status(), "--wait");
  if (time->count() < 0) return invalid("--wait: must not be negative");
  return time;
}

Status wait_for_delivery(Client& client, const Written& written, Nanoseconds longest) {
  for (const auto& [mesh, revision] : written) {
    if (revision == 0) return invalid("--wait: this control plane does not say when a write is active");
    if (Status status = wait_for_mesh(client, mesh, revision, longest); !status.ok()) return status;
  }
  return ok();
}

}  // namespace weft::ctl
