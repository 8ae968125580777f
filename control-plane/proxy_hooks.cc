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

}  // namespace

void add_proxy_hooks(ApiHooks& hooks, DeliveryThread& delivery) {
  hooks.ask_proxy = [&delivery](const ResourceKey& dataplane, ProxyTopic topic, std::chrono::milliseconds wait,
                                std::function<void(Result<std::string>)> answer) {
    delivery.post([dataplane, topic = on_the_wire(topic), wait, answer = std::move(answer)](
                      Delivery& d, SteadyTime now) { d.ask(dataplane, topic, now + wait, answer); });
  };
}

}  // namespace weft::cp
