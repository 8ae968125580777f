#include "policies/policy_resource.h"

#include <utility>

#include "policies/policy.h"

namespace weft {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const v1::TargetRef& whole_mesh() {
  static const v1::TargetRef ref = [] {
    v1::TargetRef mesh;
    mesh.set_kind("Mesh");
    return mesh;
  }();
  return ref;
}

// Null when the message has no such field or it is absent.
const Message* child(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return nullptr;
  const auto* reflection = message.GetReflection();
  return reflection->HasField(message, field) ? &reflection->GetMessage(message, field) : nullptr;
}

std::vector<const Message*> children(const Message& message, const char* name) {
  std::vector<const Message*> out;
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || !field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return out;
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    out.push_back(&reflection->GetRepeatedMessage(message, field, i));
  }
  return out;
}

Origin origin_of(std::string_view text) {
  if (text == "global") return Origin::kGlobal;
  if (text == "zone") return Origin::kZone;
  return Origin::kUnknown;
}

Role role_of(std::string_view text) {
  if (text == "producer") return Role::kProducer;
  if (text == "consumer") return Role::kConsumer;
  if (text == "workload-owner") return Role::kWorkloadOwner;
  return Role::kSystem;
}

}  // namespace

std::string_view label_value(const Labels& labels, std::string_view key) {
  const auto found = labels.find(std::string(key));
  return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

bool has_labels(const Labels& labels, const google::protobuf::Map<std::string, std::string>& wanted) {
  for (const auto& [key, value] : wanted) {
    const auto found = labels.find(key);
    if (found == labels.end() || found->second != value) return false;
  }
  return true;
}

bool PolicySpec::is_policy(const Message& spec) {
  const auto& options = spec.GetDescriptor()->options();
  return options.HasExtension(v1::resource) && options.GetExtension(v1::resource).has_policy();
}

const v1::PolicyRules& PolicySpec::rules_of(const Message& spec) {
  return spec.GetDescriptor()->options().GetExtension(v1::resource).policy();
}

PolicySpec::PolicySpec(std::shared_ptr<const Message> spec) : spec_(std::move(spec)) {
  const Message* target = child(*spec_, "target_ref");
  target_ref_ = target != nullptr ? static_cast<const v1::TargetRef*>(target) : &whole_mesh();
  const PolicyKind* kind = find_policy_kind(spec_->GetDescriptor()->options().GetExtension(v1::resource).type());
  const auto conf_of_item = kind == nullptr ? nullptr : kind->conf_of_item;
  for (const Message* item : children(*spec_, "to")) {
    const Message* to = child(*item, "target_ref");
    if (conf_of_item != nullptr) made_.push_back(conf_of_item(*item));
    to_.push_back({item, to != nullptr ? static_cast<const v1::TargetRef*>(to) : &v1::TargetRef::default_instance(),
                   conf_of_item != nullptr ? made_.back().get() : child(*item, "default")});
  }
  for (const Message* item : children(*spec_, "rules")) {
    Rule rule{{}, child(*item, "default")};
    for (const Message* match : children(*item, "matches"))
      rule.matches.push_back(static_cast<const v1::Match*>(match));
    rules_.push_back(std::move(rule));
  }
  single_ = child(*spec_, "default");
}

PolicyPtr make_policy_resource(std::string_view mesh, std::string_view name, std::string_view kri, const Labels& labels,
                               std::shared_ptr<const Message> spec) {
  PolicyMeta meta;
  meta.type = spec->GetDescriptor()->options().GetExtension(v1::resource).type();
  meta.mesh = mesh;
  meta.name = name;
  meta.kri = kri;
  meta.labels = labels;
  const std::string_view display_name = label_value(labels, label::kDisplayName);
  meta.display_name = display_name.empty() ? name : display_name;
  meta.origin = origin_of(label_value(labels, label::kOrigin));
  meta.role = role_of(label_value(labels, label::kRole));
  meta.name_space = label_value(labels, label::kNamespace);
  meta.zone = label_value(labels, label::kZone);
  meta.shadow = label_value(labels, label::kEffect) == "shadow";
  return std::make_shared<const PolicyResource>(PolicyResource{std::move(meta), PolicySpec(std::move(spec))});
}

}  // namespace weft
