#include "policies/mesh_traffic_permission/mesh_traffic_permission.h"

#include <algorithm>
#include <climits>
#include <deque>
#include <utility>

#include "base/text.h"
#include "policies/mesh_traffic_permission/callers.h"
#include "policies/mesh_traffic_permission/validate.h"
#include "policies/unknown_fields.h"
#include "weft/v1/config_item.pb.h"
#include "weft/v1/mesh_traffic_permission.pb.h"

namespace weft {
namespace {

using mesh_traffic_permission::Callers;
using Matches = google::protobuf::RepeatedPtrField<v1::Match>;

class TrafficPermission final : public Policy {
 public:
  Status add_rule(const v1::RuleList::Rule& rule);
  void seal();

  bool judges_requests() const override { return true; }
  bool reads_headers() const override { return false; }
  std::optional<Refusal> decide(const Request& request, Plan& plan) const override { return judge(request.peer, plan); }
  bool judges_connections() const override { return true; }
  std::optional<Refusal> decide_connection(const Peer& peer, Plan& plan) const override { return judge(peer, plan); }

 private:
  std::optional<Refusal> judge(const Peer& peer, Plan& plan) const;

  std::deque<std::string> policies_;  // KRIs; the lists point here
  Callers deny_;
  Callers allow_;
  Callers allow_with_shadow_deny_;
};

Status add_all(const Matches& matches, std::string_view field, const std::string& policy, Callers& into) {
  for (int i = 0; i < matches.size(); ++i) {
    if (Status status = into.add(matches[i], policy); !status.ok()) return annotate(status, cat(field, "[", i, "]"));
  }
  return ok();
}

Status TrafficPermission::add_rule(const v1::RuleList::Rule& rule) {
  v1::MeshTrafficPermissionConf conf;
  if (rule.conf().size() > INT_MAX || !conf.ParseFromString(rule.conf())) return invalid("conf: cannot be read");
  if (std::string unknown = unknown_field(conf); !unknown.empty()) return invalid(std::move(unknown));
  const std::string& policy = policies_.emplace_back(rule.origin());
  if (Status status = add_all(conf.deny(), "deny", policy, deny_); !status.ok()) return status;
  if (Status status = add_all(conf.allow(), "allow", policy, allow_); !status.ok()) return status;
  return add_all(conf.allow_with_shadow_deny(), "allowWithShadowDeny", policy, allow_with_shadow_deny_);
}

void TrafficPermission::seal() {
  deny_.seal();
  allow_.seal();
  allow_with_shadow_deny_.seal();
}

std::optional<Refusal> TrafficPermission::judge(const Peer& peer, Plan& plan) const {
  if (!peer.authenticated) return std::nullopt;
  if (const std::string* policy = deny_.find(peer)) {
    Refusal refusal = denied_by_default();
    refusal.origin = *policy;
    return refusal;
  }
  // Recorded beside an `allow` too: in earnest it would have come first.
  const std::string* shadow = allow_with_shadow_deny_.find(peer);
  if (shadow != nullptr) plan.shadow_denied_by = *shadow;
  if (shadow != nullptr || allow_.find(peer) != nullptr) return std::nullopt;
  return denied_by_default();
}

Result<std::unique_ptr<const Policy>> make(std::string_view bytes, bool inbound) {
  if (!inbound) return invalid("MeshTrafficPermission: is for traffic that arrives");
  v1::RuleList list;
  if (bytes.size() > INT_MAX || !list.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return invalid("MeshTrafficPermission: the conf cannot be read");
  }
  if (std::string unknown = unknown_field(list); !unknown.empty()) {
    return invalid(cat("MeshTrafficPermission: ", unknown));
  }
  auto permission = std::make_unique<TrafficPermission>();
  for (int i = 0; i < list.rules_size(); ++i) {
    if (Status status = permission->add_rule(list.rules(i)); !status.ok()) {
      return annotate(status, cat("MeshTrafficPermission: rules[", i, "]"));
    }
  }
  permission->seal();
  return std::unique_ptr<const Policy>(std::move(permission));
}

bool names_somebody(const Matches& matches) {
  return std::any_of(matches.begin(), matches.end(),
                     [](const v1::Match& match) { return match.has_spiffe_id() || match.has_sni(); });
}

bool lets_anybody_in(const google::protobuf::Message& message) {
  const auto& conf = static_cast<const v1::MeshTrafficPermissionConf&>(message);
  return names_somebody(conf.allow()) || names_somebody(conf.allow_with_shadow_deny());
}

}  // namespace

PolicyKind mesh_traffic_permission_kind() {
  return {.name = kPermissionKind,
          .validate = mesh_traffic_permission::validate,
          .make = make,
          .keeps_rules_apart = true,
          .lets_anybody_in = lets_anybody_in,
          .guards = true,
          .remembers_nothing = true};
}

}  // namespace weft
