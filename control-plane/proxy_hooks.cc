#include "control-plane/proxy_hooks.h"

#include <utility>

namespace weft::cp {
namespace {

v1::ProxyTopic on_the_wire(ProxyTopic topic) {
  switch (topic) {
    case ProxyTopic::kConfiguration: return v1::CONFIGURATION;
    case ProxyTopic::kStatistics: return v1::STATISTICS;
    case ProxyTopic::kEndpoints: return v1::ENDPOINT_STATES;
  }
  return v1::PROXY_TOPIC_UNSPECIFIED;
}

DeliveryProgress progress_of(const DeliveryReport& report) {
  DeliveryProgress progress{.revision = report.revision,
                            .total = report.total,
                            .active = report.active,
                            .elapsed_ms = report.elapsed_ms,
                            .late = report.late};
  for (const DeliveryReport::Refused& refused : report.refused) {
    progress.refused.push_back({refused.proxy, refused.item, refused.reason});
  }
  return progress;
}

}  // namespace

void add_proxy_hooks(ApiHooks& hooks, DeliveryThread& delivery) {
  hooks.delivery = [&delivery](std::string_view mesh, uint64_t revision, std::chrono::milliseconds wait,
                               std::function<void(const DeliveryProgress&)> answer) {
    delivery.post([mesh = std::string(mesh), revision, wait, answer = std::move(answer)](Delivery& d,
                                                                                         SteadyTime now) mutable {
      const auto convert = [answer = std::move(answer)](const DeliveryReport& report) { answer(progress_of(report)); };
      d.wait_until_active(std::move(mesh), revision, now + wait, convert, now);
    });
  };
  hooks.ask_proxy = [&delivery](const ResourceKey& dataplane, ProxyTopic topic, std::chrono::milliseconds wait,
                                std::function<void(Result<std::string>)> answer) {
    delivery.post([dataplane, topic = on_the_wire(topic), wait, answer = std::move(answer)](
                      Delivery& d, SteadyTime now) { d.ask(dataplane, topic, now + wait, answer); });
  };
}

}  // namespace weft::cp
