// What overviews (a resource together with its insight) come to in one line: connected since when, how many updates,
// which certificate, which version. Derived here, as the contract's clients do. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/document/document.h"
#include "tools/weftctl/table.h"

namespace weft::ctl {

enum class Health { kOnline, kOffline, kPartlyDegraded };
std::string_view health_text(Health health);  // "Partially degraded"

// A subscription is open, and the inbounds and listeners that count are ready.
Health dataplane_health(const Node& overview);
// A subscription is open, and the zone is not disabled.
Health zone_health(const Node& overview);
// What is not ready, joined by ";"; empty when all is.
std::string dataplane_notes(const Node& overview);

Row dataplane_header();
Row dataplane_row(const Node& overview, UtcSeconds now);
Row zone_header();
Row zone_row(const Node& overview, UtcSeconds now);
Row mesh_header();
Row mesh_row(const Node& insight);

}  // namespace weft::ctl
