#include "control-plane/engine/service_plan.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "control-plane/engine/hostnames.h"
#include "control-plane/engine/service_status.h"
#include "control-plane/engine/workload_identity.h"
#include "control-plane/engine/workloads.h"
#include "control-plane/resource/labels.h"

namespace weft::cp {
namespace {

// What the plan of a mesh depends on; HostnameGenerators are global.
constexpr std::array<std::string_view, 8> kTables = {
    "Dataplane", "MeshService", "MeshExternalService", "MeshMultiZoneService", "MeshIdentity",
    "MeshTrust", "Workload",    "HostnameGenerator"};
// Proxies that are about to get their certificates are looked at again this soon.
constexpr std::chrono::milliseconds kCertificatesSoon{100};

using Tables = std::array<std::shared_ptr<const World::Table>, kTables.size()>;

Tables tables_of(const World& world, const std::string& mesh) {
  Tables tables;
  for (size_t i = 0; i < kTables.size(); ++i) {
    tables[i] = world.table(kTables[i], kTables[i] == "HostnameGenerator" ? "" : mesh);
  }
  return tables;
}

std::optional<Time> earlier(std::optional<Time> a, std::optional<Time> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

template <typename D>
std::map<std::string, D> drafts_of(const World& world, std::string_view type, const std::string& mesh) {
  std::map<std::string, D> drafts;
  const std::shared_ptr<const World::Table> table = world.table(type, mesh);
  for (const auto& [name, resource] : *table) drafts.emplace(name, D::of(resource));
  return drafts;
}

// Addresses that services of one type hold, in any mesh.
TakenVips taken_vips(const World& world, std::string_view type) {
  TakenVips taken;
  for (const ResourcePtr& resource : world.list(type)) {
    for (const std::string& ip : vips_of(*resource)) {
      if (const std::optional<uint32_t> address = parse_ipv4(ip)) taken.insert(*address);
    }
  }
  return taken;
}

}  // namespace

struct ServicePlanner::Mesh {
  Tables tables;
  MeshCensus census;
  std::optional<Time> again_at;
};

// The plan of one mesh.
class ServicePlanner::MeshPlan {
 public:
  MeshPlan(const World& world, const std::string& mesh, const ServicePlanOptions& options, const MeshCensus& census)
      : world_(world),
        mesh_(mesh),
        options_(options),
        census_(census),
        services_(drafts_of<MeshServiceDraft>(world, "MeshService", mesh)),
        external_(drafts_of<MeshExternalServiceDraft>(world, "MeshExternalService", mesh)),
        multi_zone_(drafts_of<MeshMultiZoneServiceDraft>(world, "MeshMultiZoneService", mesh)) {}

  // Returns when there is something to do even if nothing changes.
  std::optional<Time> make(Time now, VipRanges& ranges, ServicePlan& plan) {
    std::optional<Time> again;
    if (options_.generates) {
      const auto workloads = census_.workloads();
      again = generate_mesh_services(mesh_, workloads, options_.generate, now, services_);
      plan_workloads(world_, mesh_, workloads, options_.generate.zone, plan.writes);
    }
    if (describe_instances()) again = earlier(again, now + kCertificatesSoon);
    for (auto& [name, draft] : multi_zone_) match_members(services_, draft);
    name_services();
    give_vips(services_, ranges.mesh_services, plan);
    give_vips(external_, ranges.mesh_external_services, plan);
    give_vips(multi_zone_, ranges.mesh_multi_zone_services, plan);
    write(services_, plan);
    write(external_, plan);
    write(multi_zone_, plan);
    return again;
  }

 private:
  // True: a service waits for certificates of its instances.
  bool describe_instances() {
    const std::string& zone = options_.generate.zone;
    const IdentityFacts facts(*world_.table("MeshIdentity", mesh_), *world_.table("MeshTrust", mesh_), zone);
    std::optional<std::set<std::string>> uncertified;
    bool waits = false;
    for (auto& [name, draft] : services_) {
      if (draft.unwanted || !is_local(draft.labels)) continue;
      const bool was_ready = draft.status.tls().status() == "Ready";
      const auto instances = census_.selected_by(draft.spec);
      describe(instances, facts, draft);
      if (was_ready || draft.status.tls().status() != "Ready" || !options_.without_certificate) continue;
      if (!uncertified) uncertified = options_.without_certificate(world_, mesh_);
      if (std::none_of(instances.begin(), instances.end(),
                       [&](const auto& instance) { return uncertified->contains(instance->resource->key.name); })) {
        continue;
      }
      draft.status.mutable_tls()->set_status("NotReady");
      waits = true;
    }
    return waits;
  }

  void name_services() {
    const std::vector<HostnameRule> rules = hostname_rules(*world_.table("HostnameGenerator", ""));
    std::vector<ResourcePtr> outlines;
    const auto add = [&](const auto& drafts) {
      for (const auto& [name, draft] : drafts) {
        if (!draft.unwanted) outlines.push_back(draft.outline());
      }
    };
    add(services_);
    add(external_);
    add(multi_zone_);
    const auto outcomes = assign_hostnames(rules, std::move(outlines), options_.generate.zone);
    const auto set = [&](auto& drafts) {
      for (auto& [name, draft] : drafts) {
        const auto found = outcomes.find(draft.key);
        set_hostnames(found == outcomes.end() ? std::vector<HostnameOutcome>() : found->second, draft.status);
      }
    };
    set(services_);
    set(external_);
    set(multi_zone_);
  }

  template <typename Drafts>
  void give_vips(Drafts& drafts, VipRange& range, ServicePlan& plan) {
    std::optional<TakenVips> taken;
    for (auto& [name, draft] : drafts) {
      if (draft.unwanted || has_vip(draft.status)) continue;
      if (!taken) {
        taken = taken_vips(world_, draft.key.type);
        // Given to another mesh by this very plan.
        for (const Write& write : plan.writes) add_vips(write, *taken);
      }
      const std::optional<std::string> vip = range.next(*taken);
      if (!vip) {
        plan.problems.push_back(
            cat("no virtual address is left for ", draft.key.type, " \"", name, "\" of mesh \"", mesh_, "\""));
        return;
      }
      set_vip(*vip, draft.status);
    }
  }

  static void add_vips(const Write& write, TakenVips& taken) {
    if (write.resource == nullptr) return;
    for (const std::string& ip : vips_of(*write.resource)) {
      if (const std::optional<uint32_t> address = parse_ipv4(ip)) taken.insert(*address);
    }
  }

  template <typename Drafts>
  static void write(Drafts& drafts, ServicePlan& plan) {
    for (auto& [name, draft] : drafts) {
      if (std::optional<Write> write = std::move(draft).write()) plan.writes.push_back(*std::move(write));
    }
  }

  const World& world_;
  const std::string& mesh_;
  const ServicePlanOptions& options_;
  const MeshCensus& census_;
  MeshServiceDrafts services_;
  std::map<std::string, MeshExternalServiceDraft> external_;
  std::map<std::string, MeshMultiZoneServiceDraft> multi_zone_;
};

ServicePlanner::ServicePlanner(ServicePlanOptions options, VipRanges ranges)
    : options_(std::move(options)), ranges_(std::move(ranges)) {}
ServicePlanner::~ServicePlanner() = default;

ServicePlan ServicePlanner::plan(const World& world, Time now) {
  ServicePlan plan;
  const std::vector<std::string> names = world.meshes();
  for (const std::string& name : names) {
    std::unique_ptr<Mesh>& mesh = meshes_[name];
    if (mesh == nullptr) mesh = std::make_unique<Mesh>();
    Tables tables = tables_of(world, name);
    const bool is_due = mesh->again_at && now >= *mesh->again_at;
    if (tables != mesh->tables || is_due) {
      ++meshes_planned_;
      mesh->census.follow(world, name);
      const size_t before = plan.writes.size();
      mesh->again_at = MeshPlan(world, name, options_, mesh->census).make(now, ranges_, plan);
      // While there is something to write it is looked at again: the write may fail.
      mesh->tables = plan.writes.size() > before ? Tables() : std::move(tables);
    }
    plan.again_at = earlier(plan.again_at, mesh->again_at);
  }
  std::erase_if(meshes_, [&](const auto& mesh) { return !std::binary_search(names.begin(), names.end(), mesh.first); });
  return plan;
}

}  // namespace weft::cp
