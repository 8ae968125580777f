// What the policies for a dataplane cannot do there.
#include "base/document/json_writer.h"
#include "control-plane/engine/inspect/dataplane_documents.h"
#include "control-plane/engine/inspect/kind_order.h"
#include "control-plane/engine/policy_warnings.h"

namespace weft::cp {

std::string warnings_document(const World& world, const EffectiveRules& rules) {
  JsonWriter out;
  out.begin_object();
  out.key("rules");
  out.begin_list();
  for (const KindRules* kind : by_name(rules)) {
    const std::vector<std::string> warnings = proxy_warnings(world, rules.dataplane->resource, kind->policies);
    if (warnings.empty()) continue;
    out.begin_object();
    out.member("type", kind->kind->name);
    out.key("warnings");
    out.begin_list();
    for (const std::string& warning : warnings) out.string(warning);
    out.end_list();
    out.end_object();
  }
  out.end_list();
  out.end_object();
  return out.take();
}

}  // namespace weft::cp
