#include "control-plane/part_options.h"

#include <unistd.h>

#include <chrono>

#include "base/file.h"
#include "base/text.h"
#include "control-plane/identity/jwt.h"

namespace weft::cp {

ServicePlanOptions service_plan_of(const Options& options) {
  GenerateOptions generate{
      .zone = options.zone,
      .deletion_grace_period = std::chrono::duration_cast<std::chrono::seconds>(options.mesh_service_grace),
      .propagate_labels = options.propagate_labels};
  for (const std::string_view key : split(options.propagated_keys, ',')) {
    if (!trim(key).empty()) generate.propagated_keys.emplace_back(trim(key));
  }
  return {.generate = std::move(generate), .generates = options.mesh_service_interval > Nanoseconds::zero()};
}

VipRanges vip_ranges_of(const Options& options) {
  return {VipRange::parse(options.mesh_service_cidr).value(),
          VipRange::parse(options.mesh_external_service_cidr).value(),
          VipRange::parse(options.mesh_multi_zone_service_cidr).value()};
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

Result<std::string> cluster_id(const std::string& work_dir) {
  const std::string path = cat(work_dir, "/cluster-id");
  const Result<std::string> known = read_file(path);
  if (known.ok()) return std::string(trim(*known));
  Result<std::string> id = random_token_id();
  if (!id.ok()) return id;
  if (Status written = write_file(path, *id); !written.ok()) return written;
  return id;
}

}  // namespace weft::cp
