// What the parts of a control plane need of its options, in their own terms, and what is kept of an installation.
// Functions of their arguments.
#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "control-plane/engine/service_plan.h"
#include "control-plane/engine/vips.h"
#include "control-plane/identity/ca.h"
#include "control-plane/options.h"
#include "control-plane/source/api_server.h"

namespace weft::cp {

ServicePlanOptions service_plan_of(const Options& options);

// The options were checked when they were read.
VipRanges vip_ranges_of(const Options& options);

// Of this machine; "localhost" when it has none.
std::string host_name();

// A name for this installation, drawn once and kept in the folder.
Result<std::string> cluster_id(const std::string& work_dir);

// The REST API over TLS, with a certificate of its own or that of the proxies' port; nullopt: it is off. Logs the
// fingerprint that a client is to compare.
Result<std::optional<ApiOptions::Https>> https_options(const Options& options, const ServerCertificate& certificate);

}  // namespace weft::cp
