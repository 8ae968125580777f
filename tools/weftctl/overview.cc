#include "tools/weftctl/overview.h"

#include "base/text.h"
#include "tools/weftctl/columns.h"
#include "tools/weftctl/terminal.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

constexpr std::string_view kAbsent = "-";

std::string or_dash(std::string text) { return text.empty() ? std::string(kAbsent) : text; }

// What all subscriptions of one kind of insight say; the last one is the present.
struct Subscriptions {
  bool online = false;
  uint64_t updates = 0, errors = 0;
  const Node* last = nullptr;

  std::string last_text(std::string_view path) const { return last == nullptr ? "" : text_at(*last, path); }
};

void add_count(const Node& subscription, std::string_view path, uint64_t& out) {
  uint64_t count = 0;
  if (parse_number(text_at(subscription, path), count)) out += count;
}

Subscriptions read_subscriptions(const Node& overview, std::string_view insight) {
  Subscriptions out;
  const Node* list = at(overview, cat(insight, ".subscriptions"));
  if (list == nullptr) return out;
  for (const Node& one : list->items) {
    out.online = out.online || (!text_at(one, "connectTime").empty() && text_at(one, "disconnectTime").empty());
    add_count(one, "status.total.responsesSent", out.updates);
    add_count(one, "status.total.responsesRejected", out.errors);
    out.last = &one;
  }
  return out;
}

enum class State { kReady, kNotReady, kIgnored };

// `state` is left out when it is Ready; older documents say `health` instead.
State state_of(const Node& part) {
  const std::string state = text_at(part, "state");
  if (state == "NotReady") return State::kNotReady;
  if (state == "Ignored") return State::kIgnored;
  const Node* health = part.find("health");
  return state.empty() && health != nullptr && !true_at(*health, "ready") ? State::kNotReady : State::kReady;
}

// Calls `each` with every inbound and listener, and which of the two it is.
template <typename Each>
void for_each_part(const Node& overview, Each each) {
  for (const std::string_view part : {"inbound", "listeners"}) {
    const Node* list = at(overview, cat("dataplane.networking.", part));
    if (list == nullptr) continue;
    for (const Node& one : list->items) each(part == "inbound" ? "inbound" : "listener", one);
  }
}

Colour colour_of(Health health) {
  switch (health) {
    case Health::kOnline: return Colour::kGreen;
    case Health::kPartlyDegraded: return Colour::kYellow;
    case Health::kOffline: break;
  }
  return Colour::kRed;
}

std::string health_cell(Health health) { return paint(health_text(health), colour_of(health), stdout); }

std::string texts_of(const Node* list) {
  std::vector<std::string> out;
  if (list != nullptr) {
    for (const Node& item : list->items) out.push_back(item.text);
  }
  return join(out, ",");
}

std::string dependencies_text(const Node* dependencies) {
  std::vector<std::string> out;
  if (dependencies != nullptr) {
    for (const Member& one : dependencies->members) out.push_back(cat(one.key, "=", one.value.text));
  }
  return join(out, ",");
}

}  // namespace

std::string_view health_text(Health health) {
  switch (health) {
    case Health::kOnline: return "Online";
    case Health::kPartlyDegraded: return "Partially degraded";
    case Health::kOffline: break;
  }
  return "Offline";
}

Health dataplane_health(const Node& overview) {
  if (!read_subscriptions(overview, "dataplaneInsight").online) return Health::kOffline;
  size_t ready = 0, down = 0;
  for_each_part(overview, [&](std::string_view, const Node& part) {
    const State state = state_of(part);
    ready += state == State::kReady ? 1 : 0;
    down += state == State::kNotReady ? 1 : 0;
  });
  if (down == 0) return Health::kOnline;
  return ready == 0 ? Health::kOffline : Health::kPartlyDegraded;
}

Health zone_health(const Node& overview) {
  const Node* enabled = at(overview, "zone.enabled");
  if (enabled != nullptr && !enabled->boolean) return Health::kOffline;
  return read_subscriptions(overview, "zoneInsight").online ? Health::kOnline : Health::kOffline;
}

std::string dataplane_notes(const Node& overview) {
  std::vector<std::string> notes;
  for_each_part(overview, [&](std::string_view what, const Node& part) {
    if (state_of(part) != State::kNotReady) return;
    const std::string name = text_at(part, "name");
    notes.push_back(cat(what, "[port=", text_at(part, "port"), name.empty() ? "" : ",name=", name, "] is not ready"));
  });
  return join(notes, ";");
}

Row dataplane_header() {
  return {"MESH",
          "NAME",
          "TAGS",
          "STATUS",
          "LAST CONNECTED AGO",
          "LAST UPDATED AGO",
          "TOTAL UPDATES",
          "TOTAL ERRORS",
          "CERT REGENERATED AGO",
          "CERT EXPIRATION",
          "CERT REGENERATIONS",
          "CERT BACKEND",
          "SUPPORTED CERT BACKENDS",
          "KUMA-DP VERSION",
          "ENVOY VERSION",
          "DEPENDENCIES VERSIONS",
          "NOTES"};
}

Row dataplane_row(const Node& overview, UtcSeconds now) {
  const Subscriptions seen = read_subscriptions(overview, "dataplaneInsight");
  const Node* mtls = at(overview, "dataplaneInsight.mTLS");
  const Node none;
  const Node& certificate = mtls == nullptr ? none : *mtls;
  const std::string regenerations = text_at(certificate, "certificateRegenerations");
  return {text_at(overview, "mesh"),
          text_at(overview, "name"),
          tags_text(overview, at(overview, "dataplane.networking")),
          health_cell(dataplane_health(overview)),
          age(seen.last_text("connectTime"), now),
          age(seen.last_text("status.lastUpdateTime"), now),
          cat(seen.updates),
          cat(seen.errors),
          age(text_at(certificate, "lastCertificateRegeneration"), now),
          date(text_at(certificate, "certificateExpirationTime")),
          regenerations.empty() ? "0" : regenerations,
          or_dash(text_at(certificate, "issuedBackend")),
          or_dash(texts_of(certificate.find("supportedBackends"))),
          or_dash(seen.last_text("version.kumaDp.version")),
          or_dash(seen.last_text("version.envoy.version")),
          or_dash(dependencies_text(seen.last == nullptr ? nullptr : at(*seen.last, "version.dependencies"))),
          dataplane_notes(overview)};
}

Row zone_header() {
  return {"NAME",          "STATUS",       "LAST CONNECTED AGO", "LAST UPDATED AGO",
          "TOTAL UPDATES", "TOTAL ERRORS", "ZONE-CP VERSION",    "BACKEND"};
}

Row zone_row(const Node& overview, UtcSeconds now) {
  const Subscriptions seen = read_subscriptions(overview, "zoneInsight");
  // The zone's settings, JSON inside of JSON.
  const auto config = parse_json(seen.last_text("config"));
  return {text_at(overview, "name"),
          health_cell(zone_health(overview)),
          age(seen.last_text("connectTime"), now),
          age(seen.last_text("status.lastUpdateTime"), now),
          cat(seen.updates),
          cat(seen.errors),
          or_dash(seen.last_text("version.kumaCp.version")),
          or_dash(config.ok() ? text_at(*config, "store.type") : "")};
}

Row mesh_header() { return {"MESH", "DATAPLANES"}; }

Row mesh_row(const Node& insight) {
  const auto count = [&](std::string_view path) {
    const std::string text = text_at(insight, path);
    return text.empty() ? "0" : text;
  };
  return {text_at(insight, "name"), cat(count("dataplanes.online"), "/", count("dataplanes.total"))};
}

}  // namespace weft::ctl
