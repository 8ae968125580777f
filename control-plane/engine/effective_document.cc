#include "control-plane/engine/effective_document.h"

#include "base/document/print.h"
#include "control-plane/resource/encode.h"

namespace weft::cp {
namespace {

void write_fields(JsonWriter& out, const PlacedConf& placed, const Node& conf) {
  out.key("fields");
  out.begin_list();
  for (const FieldOrigin& field : placed.fields) {
    const Node* value = value_at(conf, field.path);
    if (value == nullptr) continue;
    out.begin_object();
    out.member("path", field.path);
    out.key("value");
    out.raw(compact_json(*value));
    out.key("origin");
    out.number(field.conf);
    out.end_object();
  }
  out.end_list();
}

void write_origins(JsonWriter& out, const PlacedConf& placed) {
  out.key("origins");
  out.begin_list();
  for (const ConfOrigin& origin : placed.origins) {
    out.begin_object();
    out.member("kri", origin.policy->meta.kri);
    out.member("mesh", origin.policy->meta.mesh);
    out.member("name", origin.policy->meta.name);
    out.key("index");
    out.number(origin.index);
    out.end_object();
  }
  out.end_list();
}

void write_place(JsonWriter& out, const PlacedConf& placed) {
  const std::string text = placed.conf == nullptr ? "{}" : encode_message(*placed.conf);
  const Result<Node> conf = parse_json(text);
  out.begin_object();
  out.member("side", side_name(placed.side));
  out.member("place", placed.place);
  out.member("type", placed.type);
  out.member("name", placed.name);
  if (!placed.section.empty()) out.member("section", placed.section);
  if (!placed.match.empty()) {
    out.key("match");
    out.raw(placed.match);
  }
  out.member("kind", placed.kind);
  out.key("conf");
  out.raw(text);
  write_fields(out, placed, conf.ok() ? *conf : Node());
  write_origins(out, placed);
  out.end_object();
}

}  // namespace

Result<std::string> effective_document(const World& world, const ResourceKey& dataplane, RuleIndexes& indexes,
                                       Shadow shadow) {
  const Result<EffectiveRules> rules = effective_rules(world, dataplane, indexes, shadow);
  if (!rules.ok()) return rules.status();
  JsonWriter out;
  out.begin_object();
  out.member("type", dataplane.type);
  out.member("mesh", dataplane.mesh);
  out.member("name", dataplane.name);
  out.key("confs");
  out.begin_list();
  for (const PlacedConf& placed : placed_confs(*rules)) write_place(out, placed);
  out.end_list();
  out.end_object();
  return out.take();
}

}  // namespace weft::cp
