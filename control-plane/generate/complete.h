// From a key and a spec to a resource that can be stored, with the labels that a write by a person would have had, and
// the write that creates it. Pure functions.
#pragma once

#include <memory>

#include "base/status.h"
#include "control-plane/resource/labels.h"
#include "control-plane/resource/place.h"
#include "control-plane/store/store.h"

namespace weft::cp {

inline ResourcePtr complete(ResourceKey key, std::shared_ptr<google::protobuf::Message> spec, const Place& place) {
  auto resource = std::make_shared<Resource>();
  resource->labels = computed_labels(*find_kind(key.type), key, {}, place, spec.get());
  resource->key = std::move(key);
  resource->spec = std::move(spec);
  return resource;
}

inline Write create(ResourcePtr resource) {
  return {.kind = Write::Kind::kPut, .key = resource->key, .resource = std::move(resource), .expected_revision = 0};
}

// A create that lost to another one has nothing left to do.
inline Status unless_there(const Result<uint64_t>& written) {
  return written.ok() || is_conflict(written.status()) ? ok() : written.status();
}

}  // namespace weft::cp
