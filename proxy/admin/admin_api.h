// The admin socket's paths, for the operator beside the proxy: /ready /config_dump /certs /metrics /stats /clusters,
// and by POST /drain /healthcheck/fail /quitquitquit. Reads what main.cc owns; control thread.
#pragma once

#include <functional>
#include <string>

#include "proxy/admin/http_server.h"
#include "proxy/admin/metrics.h"
#include "proxy/admin/readiness.h"
#include "proxy/config/snapshot_builder.h"
#include "weft/v1/config_service.pb.h"

namespace weft::proxy {

struct AdminContext {
  Readiness& readiness;
  std::function<const Configuration&()> configuration;
  std::function<MetricsInput()> metrics;
  // Inbound connections only, or all.
  std::function<void(bool inbound_only)> drain;
  // As SIGTERM does.
  std::function<void()> quit;
};

// What the control plane may ask for an operator elsewhere: reading alone. Error: there is no such topic.
Result<std::string> answer_question(const Configuration& configuration, const MetricsInput& metrics,
                                    v1::ProxyTopic topic);

AdminReply answer_admin(const AdminContext& context, const AdminRequest& request);

}  // namespace weft::proxy
