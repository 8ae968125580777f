// A policy as its author wrote it, seen without knowing its kind: who it is (PolicyMeta) and what it says (PolicySpec,
// read by reflection from the fields target_ref, to, rules and default). Immutable; any thread. Matching, ordering and
// merging work on these alone, so a new kind needs no code there.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

#include "weft/v1/common.pb.h"
#include "weft/v1/options.pb.h"

namespace weft {

using Labels = std::map<std::string, std::string>;

namespace label {
inline constexpr std::string_view kDisplayName = "kuma.io/display-name";
inline constexpr std::string_view kEffect = "kuma.io/effect";
inline constexpr std::string_view kNamespace = "k8s.kuma.io/namespace";
inline constexpr std::string_view kOrigin = "kuma.io/origin";
inline constexpr std::string_view kRole = "kuma.io/policy-role";
inline constexpr std::string_view kZone = "kuma.io/zone";
}  // namespace label

// The value of a label; empty when it is absent.
std::string_view label_value(const Labels& labels, std::string_view key);
// Every pair of `wanted` is in `labels`.
bool has_labels(const Labels& labels, const google::protobuf::Map<std::string, std::string>& wanted);

// Where a resource was first created; the order is the order of priority.
enum class Origin : uint8_t { kGlobal = 1, kUnknown = 2, kZone = 3 };
// Whom a policy speaks for; the order is the order of priority.
enum class Role : uint8_t { kSystem = 1, kProducer = 2, kConsumer = 3, kWorkloadOwner = 4 };

struct PolicyMeta {
  std::string type;
  std::string mesh;
  std::string name;
  std::string kri;
  Labels labels;
  // The rest is read from the labels.
  std::string display_name;
  Origin origin = Origin::kUnknown;
  Role role = Role::kSystem;
  std::string name_space;
  std::string zone;
  bool shadow = false;
};

class PolicySpec {
 public:
  // `spec` is a message with the option (resource).policy.
  explicit PolicySpec(std::shared_ptr<const google::protobuf::Message> spec);

  static bool is_policy(const google::protobuf::Message& spec);
  static const v1::PolicyRules& rules_of(const google::protobuf::Message& spec);

  // {kind: Mesh} when the author wrote none.
  const v1::TargetRef& target_ref() const { return *target_ref_; }
  const google::protobuf::Message& message() const { return *spec_; }

  int to_size() const { return static_cast<int>(to_.size()); }
  const v1::TargetRef& to_target(int index) const { return *to_[static_cast<size_t>(index)].target; }
  // The whole item, as written.
  const google::protobuf::Message& to_item(int index) const { return *to_[static_cast<size_t>(index)].item; }
  // Null when the item has no conf.
  const google::protobuf::Message* to_conf(int index) const { return to_[static_cast<size_t>(index)].conf; }

  int rule_size() const { return static_cast<int>(rules_.size()); }
  const std::vector<const v1::Match*>& matches(int index) const { return rules_[static_cast<size_t>(index)].matches; }
  const google::protobuf::Message* rule_conf(int index) const { return rules_[static_cast<size_t>(index)].conf; }
  // It says something about traffic that arrives.
  bool is_inbound() const { return !rules_.empty(); }

  // The one `default` at the top; null when there is none.
  const google::protobuf::Message* single_conf() const { return single_; }

 private:
  struct To {
    const google::protobuf::Message* item;
    const v1::TargetRef* target;
    const google::protobuf::Message* conf;
  };
  struct Rule {
    std::vector<const v1::Match*> matches;
    const google::protobuf::Message* conf;
  };
  std::shared_ptr<const google::protobuf::Message> spec_;
  const v1::TargetRef* target_ref_;
  // Confs that do not stand in the spec as such.
  std::vector<std::shared_ptr<const google::protobuf::Message>> made_;
  std::vector<To> to_;
  std::vector<Rule> rules_;
  const google::protobuf::Message* single_ = nullptr;
};

struct PolicyResource {
  PolicyMeta meta;
  PolicySpec spec;
};

using PolicyPtr = std::shared_ptr<const PolicyResource>;

// Reads what the labels say. `spec` has the option (resource).policy.
PolicyPtr make_policy_resource(std::string_view mesh, std::string_view name, std::string_view kri, const Labels& labels,
                               std::shared_ptr<const google::protobuf::Message> spec);

}  // namespace weft
