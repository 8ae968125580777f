#include "tools/bench/rules/made_mesh.h"

#include <memory>
#include <utility>
#include <vector>

#include "base/text.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/mesh_retry.pb.h"
#include "weft/v1/mesh_service.pb.h"
#include "weft/v1/mesh_timeout.pb.h"

namespace weft::bench {
namespace {

const std::string kMesh = "default";
constexpr int kTeams = 20;
constexpr int kOutbounds = 5;

template <typename Spec>
cp::ResourcePtr resource(const std::string& name, Spec spec, cp::Labels labels) {
  const auto& rules = Spec::descriptor()->options().GetExtension(v1::resource);
  auto made = std::make_shared<cp::Resource>();
  made->key = {rules.type(), rules.scope() == v1::GLOBAL ? "" : kMesh, name};
  made->labels = std::move(labels);
  made->labels.insert({{"kuma.io/display-name", name}, {"kuma.io/origin", "zone"}, {"kuma.io/zone", "east"}});
  made->spec = std::make_shared<const Spec>(std::move(spec));
  made->revision = 1;
  return made;
}

std::string service_name(int number) { return cat("service-", number); }
std::string team(int number) { return cat("team-", number % kTeams); }

cp::ResourcePtr service(int number) {
  v1::MeshService spec;
  (*spec.mutable_selector()->mutable_dataplane_labels()->mutable_match_labels())["app"] = service_name(number);
  v1::MeshService::Port& port = *spec.add_ports();
  port.set_port(8080);
  port.set_name("http");
  port.set_app_protocol("http");
  return resource(service_name(number), std::move(spec), {{"team", team(number)}});
}

cp::ResourcePtr dataplane(int number, const MeshSize& size) {
  const int own = number % size.services;
  v1::Dataplane spec;
  spec.mutable_networking()->set_address(cat("10.", number / 62500, ".", number / 250 % 250, ".", number % 250 + 1));
  auto& inbound = *spec.mutable_networking()->add_inbound();
  inbound.set_port(8080);
  inbound.set_name("http");
  inbound.set_protocol("http");
  for (int i = 1; i <= kOutbounds; ++i) {
    auto& outbound = *spec.mutable_networking()->add_outbound();
    outbound.set_port(static_cast<uint32_t>(10000 + i));
    outbound.mutable_backend_ref()->set_kind("MeshService");
    outbound.mutable_backend_ref()->set_name(service_name((own + i) % size.services));
    outbound.mutable_backend_ref()->set_port(8080);
  }
  return resource(dataplane_key(number).name, std::move(spec), {{"app", service_name(own)}, {"team", team(own)}});
}

// Of five policies one is for the whole mesh, two for a team, two for one service; half of them name destinations by
// the label of a team, the others by name.
template <typename Spec, typename Fill>
cp::ResourcePtr policy(const std::string& name, int number, const MeshSize& size, Fill fill) {
  Spec spec;
  if (number % 5 != 0) {
    v1::TargetRef& target = *spec.mutable_target_ref();
    target.set_kind("Dataplane");
    const bool narrow = number % 5 > 2;
    (*target.mutable_labels())[narrow ? "app" : "team"] =
        narrow ? service_name(number * 7 % size.services) : team(number);
  }
  auto& everywhere = *spec.add_to();
  everywhere.mutable_target_ref()->set_kind("Mesh");
  fill(*everywhere.mutable_default_(), number);
  auto& some = *spec.add_to();
  some.mutable_target_ref()->set_kind("MeshService");
  auto& labels = *some.mutable_target_ref()->mutable_labels();
  if (number % 2 == 0) {
    labels["team"] = team(number + 1);
  } else {
    labels["kuma.io/display-name"] = service_name(number * 11 % size.services);
  }
  fill(*some.mutable_default_(), number + 1);
  return resource(name, std::move(spec), {});
}

}  // namespace

cp::ResourceKey dataplane_key(int number) { return {"Dataplane", kMesh, cat("proxy-", number)}; }

cp::ResourcePtr narrow_policy(int service, int seconds) {
  v1::MeshTimeout spec;
  spec.mutable_target_ref()->set_kind("Dataplane");
  (*spec.mutable_target_ref()->mutable_labels())["app"] = service_name(service);
  auto& to = *spec.add_to();
  to.mutable_target_ref()->set_kind("Mesh");
  to.mutable_default_()->mutable_idle_timeout()->set_seconds(seconds);
  return resource("narrow", std::move(spec), {});
}

cp::WorldPtr make_world(const MeshSize& size) {
  std::vector<cp::ResourcePtr> resources = {resource("default", v1::Mesh(), {})};
  for (int i = 0; i < size.services; ++i) resources.push_back(service(i));
  for (int i = 0; i < size.dataplanes; ++i) resources.push_back(dataplane(i, size));
  for (int i = 0; i < size.policies / 2; ++i) {
    resources.push_back(policy<v1::MeshTimeout>(cat("timeout-", i), i, size, [](v1::MeshTimeoutConf& conf, int number) {
      conf.mutable_idle_timeout()->set_seconds(number + 1);
      if (number % 3 == 0) conf.mutable_http()->mutable_request_timeout()->set_seconds(number + 2);
    }));
    resources.push_back(policy<v1::MeshRetry>(cat("retry-", i), i, size, [](v1::MeshRetryConf& conf, int number) {
      conf.mutable_http()->set_num_retries(static_cast<uint32_t>(number % 9 + 1));
      if (number % 3 == 0) conf.mutable_http()->add_retry_on("5xx");
    }));
  }
  return std::make_shared<const cp::World>(1, resources);
}

}  // namespace weft::bench
