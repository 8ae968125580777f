// One stored thing: what the author wrote, as a protobuf message, with what the control plane knows of it. Immutable
// once it is in a World; shared by pointer.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include <google/protobuf/message.h>

namespace weft::cp {

// Microseconds of UTC, as stored.
using Time = std::chrono::sys_time<std::chrono::microseconds>;
using Labels = std::map<std::string, std::string>;

// What names a resource. `mesh` is empty for global kinds.
struct ResourceKey {
  std::string type;  // "MeshRetry"
  std::string mesh;
  std::string name;
  auto operator<=>(const ResourceKey&) const = default;
};

struct Resource {
  ResourceKey key;
  Labels labels;
  Time created{};
  Time modified{};
  // The store revision of its last write; 0: not stored yet.
  uint64_t revision = 0;
  // The kind's message (MeshRetry, Dataplane, ...); never null.
  std::shared_ptr<const google::protobuf::Message> spec;
  // The kind's status message; null when the kind has none or it was never computed.
  std::shared_ptr<const google::protobuf::Message> status;

  // Label kuma.io/display-name, or the name.
  std::string_view display_name() const;
};

using ResourcePtr = std::shared_ptr<const Resource>;

// "kri_mr_default_zone__name_section"; empty when the kind has no short name.
std::string kri(const Resource& resource, std::string_view section = "");

}  // namespace weft::cp
