#include "control-plane/resource/validate/remarks.h"

#include <set>

#include "base/text.h"
#include "control-plane/resource/validate/words.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh_external_service.pb.h"
#include "weft/v1/mesh_identity.pb.h"
#include "weft/v1/mesh_service.pb.h"
#include "weft/v1/secret.pb.h"

namespace weft::cp {
namespace {

using google::protobuf::DynamicCastToGenerated;
using Remarks = std::vector<std::string>;

void of_service(const v1::MeshService& service, Remarks& out) {
  if (!service.selector().has_dataplane_ref() && !service.selector().has_dataplane_labels())
    out.push_back("spec.selector selects no dataplane; a MeshService without one is deprecated");
  std::set<uint32_t> ports;
  for (const auto& port : service.ports()) {
    if (!ports.insert(port.port()).second) out.push_back(cat("spec.ports has port ", port.port(), " more than once"));
  }
}

void of_external_service(const v1::MeshExternalService& service, Remarks& out) {
  if (service.endpoints().empty() && !service.has_extension())
    out.push_back("spec.endpoints is empty: calls of the service lead nowhere");
}

void of_identity(const v1::MeshIdentity& identity, Remarks& out) {
  if (!identity.selector().has_dataplane())
    out.push_back("spec.selector.dataplane is not set: the identity is nobody's; {} selects every dataplane");
  if (!identity.has_provider())
    out.push_back("spec.provider is not set: identities are made known, but no certificates are issued");
}

void of_secret(const std::string& data, Remarks& out) {
  if (data.empty()) out.push_back("data is empty");
}

// A name would have to be resolved again and again, here and by every proxy.
void of_dataplane(const v1::Dataplane& dataplane, Remarks& out) {
  const auto remark = [&](const std::string& field, const std::string& address) {
    if (address.empty() || is_ip(address)) return;
    out.push_back(cat(field, ": '", address,
                      "' is a name, and only IP addresses have effect here: nothing listens there and "
                      "no traffic is sent there"));
  };
  remark("networking.address", dataplane.networking().address());
  for (int i = 0; i < dataplane.networking().inbound_size(); ++i) {
    remark(cat("networking.inbound[", i, "].address"), dataplane.networking().inbound(i).address());
  }
}

}  // namespace

std::vector<std::string> remarks(const Resource& resource) {
  Remarks out;
  const google::protobuf::Message* spec = resource.spec.get();
  if (const auto* dataplane = DynamicCastToGenerated<const v1::Dataplane>(spec)) of_dataplane(*dataplane, out);
  if (const auto* service = DynamicCastToGenerated<const v1::MeshService>(spec)) of_service(*service, out);
  if (const auto* external = DynamicCastToGenerated<const v1::MeshExternalService>(spec))
    of_external_service(*external, out);
  if (const auto* identity = DynamicCastToGenerated<const v1::MeshIdentity>(spec)) of_identity(*identity, out);
  if (const auto* secret = DynamicCastToGenerated<const v1::Secret>(spec)) of_secret(secret->data(), out);
  if (const auto* secret = DynamicCastToGenerated<const v1::GlobalSecret>(spec)) of_secret(secret->data(), out);
  return out;
}

}  // namespace weft::cp
