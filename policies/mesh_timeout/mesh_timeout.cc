#include "policies/mesh_timeout/mesh_timeout.h"

#include "base/text.h"
#include "policies/conf_times.h"
#include "policies/mesh_timeout/validate.h"
#include "weft/v1/mesh_timeout.pb.h"

namespace weft {
namespace {

using google::protobuf::Duration;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class MeshTimeoutPolicy final : public Policy {
 public:
  MeshTimeoutPolicy(const v1::MeshTimeoutConf& conf, bool inbound) {
    const v1::MeshTimeoutConf::Http& http = conf.http();
    plan_.connect_timeout = value(conf.has_connection_timeout(), conf.connection_timeout(), seconds(5));
    plan_.idle_timeout = value(conf.has_idle_timeout(), conf.idle_timeout(), hours(1));
    plan_.request_timeout = value(http.has_request_timeout(), http.request_timeout(), seconds(15));
    plan_.stream_idle_timeout = value(http.has_stream_idle_timeout(), http.stream_idle_timeout(), minutes(30));
    plan_.max_stream_duration = nanoseconds(http.max_stream_duration());
    plan_.max_connection_duration = nanoseconds(http.max_connection_duration());
    connection_.request_headers_timeout = nanoseconds(http.request_headers_timeout());
    // An application may keep its connection to its own sidecar as long as it likes; a peer may not.
    if (!inbound) return;
    connection_.idle_timeout = plan_.idle_timeout;
    connection_.max_connection_duration = plan_.max_connection_duration;
  }

  void prepare(Plan& plan) const override {
    plan.connect_timeout = plan_.connect_timeout;
    plan.idle_timeout = plan_.idle_timeout;
    plan.request_timeout = plan_.request_timeout;
    plan.stream_idle_timeout = plan_.stream_idle_timeout;
    plan.max_stream_duration = plan_.max_stream_duration;
    plan.max_connection_duration = plan_.max_connection_duration;
  }

  void prepare_connection(ConnectionPlan& plan) const override {
    plan.request_headers_timeout = connection_.request_headers_timeout;
    plan.idle_timeout = connection_.idle_timeout;
    plan.max_connection_duration = connection_.max_connection_duration;
  }

 private:
  static Nanoseconds value(bool present, const Duration& duration, Nanoseconds fallback) {
    return present ? nanoseconds(duration) : fallback;
  }

  Plan plan_;
  ConnectionPlan connection_;
};

// The first negative time of a conf; a control plane never sends one.
const char* negative_field(const v1::MeshTimeoutConf& conf) {
  const auto negative = [](const Duration& duration) { return nanoseconds(duration).count() < 0; };
  const v1::MeshTimeoutConf::Http& http = conf.http();
  if (conf.has_connection_timeout() && nanoseconds(conf.connection_timeout()).count() <= 0) return "connectionTimeout";
  if (negative(conf.idle_timeout())) return "idleTimeout";
  if (negative(http.request_timeout())) return "http.requestTimeout";
  if (negative(http.stream_idle_timeout())) return "http.streamIdleTimeout";
  if (negative(http.max_stream_duration())) return "http.maxStreamDuration";
  if (negative(http.max_connection_duration())) return "http.maxConnectionDuration";
  if (negative(http.request_headers_timeout())) return "http.requestHeadersTimeout";
  return nullptr;
}

Result<std::unique_ptr<const Policy>> make(std::string_view bytes, bool inbound) {
  v1::MeshTimeoutConf conf;
  if (!conf.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return invalid("MeshTimeout: the conf cannot be read");
  }
  if (const char* field = negative_field(conf)) return invalid(cat("MeshTimeout: ", field, " is out of range"));
  return std::unique_ptr<const Policy>(std::make_unique<MeshTimeoutPolicy>(conf, inbound));
}

// Callers that no rule names must not inherit the runtime defaults of a mesh without policies: a request that the
// caller's own side allows to last must not be cut here.
std::string conf_beside_matches() {
  v1::MeshTimeoutConf conf;
  *conf.mutable_connection_timeout() = proto_duration(seconds(10));
  *conf.mutable_idle_timeout() = proto_duration(hours(2));
  *conf.mutable_http()->mutable_request_timeout() = proto_duration(seconds(0));
  *conf.mutable_http()->mutable_stream_idle_timeout() = proto_duration(hours(1));
  return conf.SerializeAsString();
}

}  // namespace

PolicyKind mesh_timeout_kind() {
  return {.name = "MeshTimeout",
          .validate = mesh_timeout::validate,
          .make = make,
          .speaks_of_connections = true,
          .conf_beside_matches = conf_beside_matches,
          .remembers_nothing = true};
}

}  // namespace weft
