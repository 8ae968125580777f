// Weft's own question: is what was stored active on every proxy yet?
#include <algorithm>
#include <cmath>

#include "base/document/json_writer.h"
#include "base/duration.h"
#include "base/text.h"
#include "control-plane/source/endpoints.h"

namespace weft::cp {
namespace {

constexpr std::chrono::milliseconds kMaxWait = std::chrono::seconds(60);

HttpResponse progress_response(const DeliveryProgress& progress) {
  JsonWriter out;
  out.begin_object();
  out.key("revision");
  out.number(progress.revision);
  out.key("total");
  out.number(progress.total);
  out.key("active");
  out.number(progress.active);
  out.key("elapsedMs");
  out.number(std::isfinite(progress.elapsed_ms) ? std::round(progress.elapsed_ms * 1000) / 1000 : 0.0);
  out.key("late");
  out.begin_list();
  for (const std::string& proxy : progress.late) out.string(proxy);
  out.end_list();
  out.key("refused");
  out.begin_list();
  for (const DeliveryProgress::Refused& refused : progress.refused) {
    out.begin_object();
    out.member("proxy", refused.proxy);
    out.member("item", refused.item);
    out.member("reason", refused.reason);
    out.end_object();
  }
  out.end_list();
  out.end_object();
  return {200, out.take() + "\n", "application/json", {}};
}

void delivery(const Call& call, const ApiContext& api, const Respond& respond) {
  constexpr std::string_view title = "Could not retrieve the delivery";
  const WorldPtr world = api.world.current();
  const std::string& mesh = call.parameter("mesh");
  if (world->find({"Mesh", "", mesh}) == nullptr) return respond(to_response(missing("Failed to retrieve Mesh")));
  uint64_t revision = world->revision();
  const std::string_view wanted = call.query.get("revision");
  if (!wanted.empty() && !parse_number(wanted, revision)) {
    return respond(to_response(not_valid(title, "revision", "must be a number")));
  }
  std::chrono::milliseconds wait{0};
  if (const std::string_view text = call.query.get("wait"); !text.empty()) {
    const Result<Nanoseconds> duration = parse_duration(text);
    if (!duration.ok() || duration->count() < 0) {
      return respond(to_response(not_valid(title, "wait", "must be a duration that is not negative, such as 5s")));
    }
    wait = std::min(std::chrono::duration_cast<std::chrono::milliseconds>(*duration), kMaxWait);
  }
  api.hooks.delivery(mesh, revision, wait,
                     [respond](const DeliveryProgress& progress) { respond(progress_response(progress)); });
}

}  // namespace

void add_delivery_endpoint(Router& router, ApiContext& api) {
  if (!api.hooks.delivery) return;
  router.add_late("GET", "/meshes/{mesh}/_delivery",
                  [&api](const Call& call, const Respond& respond) { delivery(call, api, respond); });
}

}  // namespace weft::cp
