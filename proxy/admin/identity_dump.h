// Who the proxy is and whom it believes, for people: /certs, and the part of /config_dump that says the same of the
// items. Certificates by number, fingerprint and validity; keys never. Pure functions; control thread.
#pragma once

#include <optional>
#include <string>

#include "base/document/json_writer.h"
#include "proxy/admin/certification_report.h"
#include "proxy/config/snapshot_builder.h"

namespace weft::proxy {

// "identity" and "trustDomains" as members of the object that is open.
void write_identity(JsonWriter& out, const Configuration& configuration);

// `report`: nothing when this proxy has no identity.
std::string certificates_json(const Configuration& configuration, const std::optional<CertificationReport>& report);

}  // namespace weft::proxy
