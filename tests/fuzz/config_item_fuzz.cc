// What a control plane sends, into snapshots: no Update may crash the proxy, leave an item neither in use nor refused
// with a reason, or be judged differently the second time.
#include <cstdint>
#include <cstdlib>

#include <google/protobuf/stubs/logging.h>

#include "proxy/config/snapshot_builder.h"

namespace {

using weft::proxy::Configuration;

// It says something about every text that is not UTF-8.
[[maybe_unused]] auto* const kQuiet = google::protobuf::SetLogHandler(nullptr);

void must(bool holds) {
  if (!holds) std::abort();
}

void check(const Configuration& configuration, const weft::v1::Update& update) {
  must(configuration.snapshot != nullptr);
  for (const weft::v1::Item& item : update.changed()) {
    const weft::proxy::ItemKey key{item.type(), item.name()};
    must(configuration.accepted.contains(key) || configuration.refused.contains(key));
  }
  for (const auto& [key, refused] : configuration.refused) must(!refused.reason.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  weft::v1::Update update;
  if (!update.ParseFromArray(bytes, static_cast<int>(size))) return 0;
  weft::proxy::SnapshotBuilder builder(weft::proxy::make_tls_material);
  Configuration first = builder.stage(update);
  check(first, update);
  std::map<weft::proxy::ItemKey, std::string> refused;
  for (const auto& [key, item] : first.refused) refused[key] = item.reason;
  builder.commit(std::move(first));
  Configuration second = builder.stage(update);
  check(second, update);
  must(second.refused.size() == refused.size());
  for (const auto& [key, item] : second.refused) must(refused.contains(key));
  builder.commit(std::move(second));
  // And all of it taken away again.
  weft::v1::Update removal;
  for (const weft::v1::Item& item : update.changed()) {
    removal.add_removed()->set_type(item.type());
    removal.mutable_removed(removal.removed_size() - 1)->set_name(item.name());
  }
  must(builder.stage(removal).snapshot != nullptr);
  return 0;
}
