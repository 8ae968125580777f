#include "control-plane/engine/inspect/route_rules.h"

#include "control-plane/resource/encode.h"

namespace weft::cp {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Null when the message has no such list.
const FieldDescriptor* list_of(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  return field != nullptr && field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE ? field
                                                                                                           : nullptr;
}

// What the rule says under `default`; a message without it is all conf.
const Message* conf_of(const Message& rule) {
  const FieldDescriptor* field = rule.GetDescriptor()->FindFieldByName("default");
  if (field == nullptr) return &rule;
  return rule.GetReflection()->HasField(rule, field) ? &rule.GetReflection()->GetMessage(rule, field) : nullptr;
}

}  // namespace

bool is_route_kind(const PolicyKind& kind) { return kind.name == "MeshHTTPRoute" || kind.name == "MeshTCPRoute"; }

std::vector<RouteRule> route_rules(const PolicyKind& kind, const ToRule& rule) {
  std::vector<RouteRule> rules;
  const Message* conf = rule.effective.conf.get();
  if (!is_route_kind(kind) || conf == nullptr) return rules;
  const FieldDescriptor* list = list_of(*conf, "rules");
  if (list == nullptr) return {{conf, conf_of(*conf), "", ""}};
  const std::vector<std::string> hashes =
      kind.match_hashes == nullptr ? std::vector<std::string>() : kind.match_hashes(*conf);
  for (int i = 0; i < conf->GetReflection()->FieldSize(*conf, list); ++i) {
    const Message& one = conf->GetReflection()->GetRepeatedMessage(*conf, list, i);
    RouteRule& added = rules.emplace_back(RouteRule{&one, conf_of(one), "", ""});
    if (static_cast<size_t>(i) >= hashes.size()) continue;
    added.hash = hashes[static_cast<size_t>(i)];
    const auto origin = rule.origin_by_matches.find(added.hash);
    if (origin != rule.origin_by_matches.end()) added.origin = origin->second.policy->meta.kri;
  }
  return rules;
}

void write_matches(JsonWriter& out, const Message& rule) {
  const FieldDescriptor* list = list_of(rule, "matches");
  if (list == nullptr) return out.null();
  out.begin_list();
  for (int i = 0; i < rule.GetReflection()->FieldSize(rule, list); ++i) {
    write_message(out, rule.GetReflection()->GetRepeatedMessage(rule, list, i), v1::SPEC);
  }
  out.end_list();
}

}  // namespace weft::cp
