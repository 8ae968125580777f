#include "control-plane/engine/overridden.h"

#include <algorithm>

#include <google/protobuf/util/message_differencer.h>

#include "base/text.h"
#include "policies/inbound_rules.h"
#include "policies/order.h"
#include "policies/policy.h"
#include "weft/v1/options.pb.h"

namespace weft::cp {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

bool same_target(const v1::TargetRef& a, const v1::TargetRef& b) { return MessageDifferencer::Equals(a, b); }

// Every proxy that `policy` is for, `other` is for too.
bool covers_proxies(const PolicyResource& other, const PolicyResource& policy) {
  if (other.meta.shadow || other.meta.zone != policy.meta.zone) return false;
  const bool own_namespace_only = other.meta.role == Role::kConsumer || other.meta.role == Role::kWorkloadOwner;
  if (own_namespace_only && other.meta.name_space != policy.meta.name_space) return false;
  return other.spec.target_ref().kind() == "Mesh" || same_target(other.spec.target_ref(), policy.spec.target_ref());
}

bool is_one_value(const FieldDescriptor& field) {
  if (field.is_repeated() || field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return true;
  const std::string& type = field.message_type()->full_name();
  return type == "google.protobuf.Duration" || type == "weft.v1.IntOrString";
}

// Lists that are put together from all policies override nothing.
bool adds_up(const FieldDescriptor& field) {
  const v1::FieldRules& rules = field.options().GetExtension(v1::schema);
  return rules.append() || !rules.keyed_by().empty();
}

// One field alone, to compare it.
bool equal_field(const Message& a, const Message& b, const FieldDescriptor& field) {
  MessageDifferencer differencer;
  return differencer.CompareWithFields(a, b, {&field}, {&field});
}

// Paths of the values that both set, to different values.
void collect(const Message& weaker, const Message& stronger, const std::string& path, std::vector<std::string>& out) {
  std::vector<const FieldDescriptor*> fields;
  weaker.GetReflection()->ListFields(weaker, &fields);
  std::vector<const FieldDescriptor*> theirs;
  stronger.GetReflection()->ListFields(stronger, &theirs);
  for (const FieldDescriptor* field : fields) {
    if (adds_up(*field) || std::find(theirs.begin(), theirs.end(), field) == theirs.end()) continue;
    const std::string here = path.empty() ? field->json_name() : cat(path, ".", field->json_name());
    if (!is_one_value(*field)) {
      collect(weaker.GetReflection()->GetMessage(weaker, field), stronger.GetReflection()->GetMessage(stronger, field),
              here, out);
    } else if (!equal_field(weaker, stronger, *field)) {
      out.push_back(here);
    }
  }
}

std::string why_stronger(const PolicyResource& other, const PolicyResource& policy) {
  if (compare_policies(policy, other) == 0 && policy.meta.display_name != other.meta.display_name) {
    return "of two equal policies the smaller name wins";
  }
  return "it is the more specific one";
}

void compare(const PolicyResource& policy, const std::string& where, const Message* conf, const PolicyResource& other,
             const Message* other_conf, std::vector<std::string>& out) {
  if (conf == nullptr || other_conf == nullptr) return;
  std::vector<std::string> paths;
  collect(*conf, *other_conf, "", paths);
  if (paths.empty()) return;
  out.push_back(cat(where, ": ", join(paths, ", "), paths.size() == 1 ? " has" : " have",
                    " no effect: ", other.meta.type, " '", other.meta.display_name, "' sets the same and wins (",
                    why_stronger(other, policy), ")"));
}

bool is_other(const ConfOrigin& origin, const PolicyPtr& policy) {
  return origin.policy->meta.name != policy->meta.name;
}

void compare_to(const PolicyPtr& policy, const std::vector<PolicyPtr>& all, std::vector<std::string>& out) {
  const std::vector<ToEntry> entries = sorted_to_entries(all);
  for (auto own = entries.begin(); own != entries.end(); ++own) {
    if (own->policy != policy) continue;
    for (auto other = own + 1; other != entries.end(); ++other) {
      const v1::TargetRef& to = other->target();
      const bool covers = to.kind() == "Mesh" || same_target(to, own->target());
      if (!covers || !is_other({other->policy, 0}, policy) || !covers_proxies(*other->policy, *policy)) continue;
      compare(*policy, cat("spec.to[", own->index, "].default"), own->conf(), *other->policy, other->conf(), out);
    }
  }
}

// To-items about the same destination for the same proxies, the strongest first.
std::vector<ToEntry> about_the_same(const std::vector<ToEntry>& entries, const ToEntry& own) {
  std::vector<ToEntry> same;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (entry->conf() == nullptr || !same_target(entry->target(), own.target())) continue;
    const bool is_own = entry->policy == own.policy;
    if (is_own || covers_proxies(*entry->policy, *own.policy)) same.push_back(*entry);
  }
  return same;
}

// Rules that are never reached, of kinds whose confs are rules.
void compare_order(const PolicyPtr& policy, const std::vector<PolicyPtr>& all, std::vector<std::string>& out) {
  const PolicyKind* kind = find_policy_kind(policy->meta.type);
  if (kind == nullptr || kind->hidden_rules == nullptr) return;
  const std::vector<ToEntry> entries = sorted_to_entries(all);
  for (const ToEntry& own : entries) {
    if (own.policy != policy || own.conf() == nullptr) continue;
    const std::vector<ToEntry> same = about_the_same(entries, own);
    std::vector<const Message*> confs;
    size_t at = 0;
    for (size_t i = 0; i < same.size(); ++i) {
      confs.push_back(same[i].conf());
      if (same[i].policy == policy && same[i].index == own.index) at = i;
    }
    for (const HiddenRule& hidden : kind->hidden_rules(confs, at)) {
      const ToEntry& by = same[hidden.conf];
      const std::string whose =
          by.policy == policy ? "" : cat(" of ", policy->meta.type, " '", by.policy->meta.display_name, "'");
      out.push_back(cat("spec.to[", own.index, "].rules[", hidden.rule, "] is never reached: spec.to[", by.index,
                        "].rules[", hidden.by, "]", whose, " comes first and takes all it would take"));
    }
  }
}

void compare_single(const PolicyPtr& policy, const std::vector<PolicyPtr>& all, std::vector<std::string>& out) {
  const auto own = std::find(all.begin(), all.end(), policy);
  for (auto other = own + 1; other != all.end(); ++other) {
    if (!covers_proxies(**other, *policy)) continue;
    compare(*policy, "spec.default", policy->spec.single_conf(), **other, (*other)->spec.single_conf(), out);
  }
}

void compare_rules(const PolicyPtr& policy, const std::vector<PolicyPtr>& all, std::vector<std::string>& out) {
  if (PolicySpec::rules_of(policy->spec.message()).rules_add_up()) return;
  const std::vector<InboundRule> rules = inbound_rules(all);
  for (auto own = rules.begin(); own != rules.end(); ++own) {
    if (own->origin.policy != policy || own->match != nullptr) continue;
    for (auto other = own + 1; other != rules.end(); ++other) {
      if (!is_other(other->origin, policy) || !covers_proxies(*other->origin.policy, *policy)) continue;
      compare(*policy, cat("spec.rules[", own->origin.index, "].default"), own->conf, *other->origin.policy,
              other->conf, out);
    }
  }
}

}  // namespace

std::vector<std::string> overridden_values(const PolicyPtr& policy, const std::vector<PolicyPtr>& others) {
  std::vector<std::string> out;
  if (policy->meta.shadow) return out;
  std::vector<PolicyPtr> all = {policy};
  for (const PolicyPtr& other : others) {
    if (other->meta.name != policy->meta.name) all.push_back(other);
  }
  sort_policies(all);
  compare_order(policy, all, out);
  compare_single(policy, all, out);
  compare_to(policy, all, out);
  compare_rules(policy, all, out);
  return out;
}

}  // namespace weft::cp
