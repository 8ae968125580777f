// The two faces of a policy kind. PolicyKind is the kind itself (one line in registry.cc): what the control plane and
// the CLI check and compile with. Policy is one compiled configuration of it in a proxy's snapshot: immutable, shared
// by all workers, const methods, atomics for state. Neither does I/O, waits, or knows of sockets, threads, YAML or
// gRPC.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "policies/outcome.h"
#include "policies/plan.h"
#include "policies/request.h"
#include "policies/violations.h"

namespace google::protobuf {
class Message;
}

namespace weft {

// A policy's "no".
struct Refusal {
  uint16_t status = 403;
  Reason reason = Reason::kDenied;
  std::string_view kind;    // "MeshTrafficPermission"
  std::string_view origin;  // KRI of the policy that decided
  std::string_view detail;  // a sentence; lives as long as the snapshot
};

// The kind that says who may talk.
inline constexpr std::string_view kPermissionKind = "MeshTrafficPermission";
// Its "no" when no policy decided.
Refusal denied_by_default();

class Policy {
 public:
  virtual ~Policy() = default;

  // Writes what does not depend on a request. Called once per route when a snapshot is built.
  virtual void prepare(Plan&) const {}
  // The same for the listener that leads here.
  virtual void prepare_connection(ConnectionPlan&) const {}

  // True: decide() must be asked for every request. Most kinds say all they have to say in prepare().
  virtual bool judges_requests() const { return false; }
  // Refuses, or edits the plan. Never waits.
  virtual std::optional<Refusal> decide(const Request&, Plan&) const { return std::nullopt; }
  // False: decide() looks at no header, and Request::headers may be left empty.
  virtual bool reads_headers() const { return true; }
  // True: decide() looks at Request::source or Request::lot.
  virtual bool reads_source() const { return false; }

  // True: decide_connection() must be asked for every authenticated connection, and again for the open ones when the
  // configuration changes. HTTP is judged by decide() instead.
  virtual bool judges_connections() const { return false; }
  virtual std::optional<Refusal> decide_connection(const Peer&, Plan&) const { return std::nullopt; }

  // True: observe() must be told how every request ended.
  virtual bool observes_outcomes() const { return false; }
  virtual void observe(const Outcome&) const {}
};

// A rule that never gets its turn, and the one that always comes before it.
struct HiddenRule {
  int rule = 0;     // index in its conf
  size_t conf = 0;  // which of the confs has the other
  int by = 0;       // index of the other in its conf
  bool operator==(const HiddenRule&) const = default;
};

struct PolicyKind {
  // "MeshRetry"; the resource's type.
  std::string_view name;

  // Semantic checks of a whole spec (after the schema's). Field paths start at "spec".
  void (*validate)(const google::protobuf::Message& spec, Violations& violations);

  // What a valid spec says that its author may not have meant: full sentences that name the field. Null: nothing.
  void (*remark)(const google::protobuf::Message& spec, std::vector<std::string>& remarks) = nullptr;

  // Makes the enforceable object of a merged conf (the bytes of the kind's conf message). Error: says which field and
  // why; the proxy then refuses the item. `inbound` tells which defaults hold.
  // Null: the kind is checked, matched, merged and shown, and no proxy acts on it yet.
  Result<std::unique_ptr<const Policy>> (*make)(std::string_view conf, bool inbound) = nullptr;

  // It has something to say in prepare_connection() too.
  bool speaks_of_connections = false;

  // What one item of to[] says, for kinds that do not keep it in the item's `default`. Null: they do.
  std::shared_ptr<const google::protobuf::Message> (*conf_of_item)(const google::protobuf::Message& item) = nullptr;

  // For kinds whose conf is a list of rules that come from several policies: what each rule is called where its origin
  // is told (the hash of its matches). Null: the conf has one list of origins.
  std::vector<std::string> (*match_hashes)(const google::protobuf::Message& conf) = nullptr;

  // The conf of an inbound for which policies were written, but all of them for named callers only. Null: the kind has
  // nothing to say there.
  std::string (*conf_beside_matches)() = nullptr;

  // Kinds whose confs are rules of which the first that fits decides: rules of confs[own] that nothing gets to. The
  // confs are about one destination, the strongest first. Null: the kind has no such rules.
  std::vector<HiddenRule> (*hidden_rules)(std::span<const google::protobuf::Message* const> confs,
                                          size_t own) = nullptr;

  // Rules for traffic that arrives add up instead of overriding each other: the conf that make() gets of an inbound is
  // a v1::RuleList.
  bool keeps_rules_apart = false;

  // Where nobody said anything, the kind says no: a workload with an identity has a unit of it on every inbound,
  // without rules if need be. This tells whether a rule's conf lets anybody in. Null: the kind keeps nobody out.
  bool (*lets_anybody_in)(const google::protobuf::Message& conf) = nullptr;

  // It says who may talk, so a proxy refuses a unit of which it does not understand everything, instead of enforcing
  // the rest.
  bool guards = false;

  // Its objects keep nothing of the requests they meet: one of them serves every place that has the same conf.
  // Otherwise (a bucket) each place has one of its own, which goes on while the conf stays.
  bool remembers_nothing = false;

  bool is_enforced() const { return make != nullptr; }
  bool denies_by_default() const { return lets_anybody_in != nullptr; }
};

// All kinds, in the order in which a request meets them.
std::span<const PolicyKind> policy_kinds();
// Null when there is no such kind.
const PolicyKind* find_policy_kind(std::string_view name);

}  // namespace weft
