#include "control-plane/engine/inspect/policy_json.h"

#include <set>

namespace weft::cp {

void write_resource_meta(JsonWriter& out, std::string_view type, std::string_view mesh, std::string_view name,
                         const Labels& labels) {
  out.begin_object();
  out.member("type", type);
  out.member("mesh", mesh);
  out.member("name", name);
  out.key("labels");
  out.begin_object();
  for (const auto& [key, value] : labels) out.member(key, value);
  out.end_object();
  out.end_object();
}

void write_resource_meta(JsonWriter& out, const PolicyMeta& meta) {
  write_resource_meta(out, meta.type, meta.mesh, meta.name, meta.labels);
}

void write_origins(JsonWriter& out, std::span<const ConfOrigin> origins) {
  std::set<std::string_view> written;
  out.key("origins");
  out.begin_list();
  for (const ConfOrigin& origin : origins) {
    if (!written.insert(origin.policy->meta.kri).second) continue;
    out.begin_object();
    out.member("kri", origin.policy->meta.kri);
    out.end_object();
  }
  out.end_list();
}

void write_conf(JsonWriter& out, const google::protobuf::Message* conf) {
  if (conf != nullptr) return write_message(out, *conf, v1::SPEC);
  out.begin_object();
  out.end_object();
}

}  // namespace weft::cp
