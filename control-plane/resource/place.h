// Where a control plane stands among others: what the labels of what is written here say of it, and what may be written
// here at all. Plain data.
#pragma once

#include <string>
#include <string_view>

#include "control-plane/resource/kind.h"

namespace weft::cp {

struct Place {
  // The global control plane of several zones: it has no proxies and no zone of its own.
  bool is_global = false;
  // A zone below a global control plane.
  bool is_federated = false;
  std::string zone = "default";
  // A federated zone asks authors to say kuma.io/origin: zone.
  bool checks_origin = true;

  std::string_view origin() const { return is_global ? "global" : "zone"; }
};

// Whether resources of the kind are made somewhere else, and only copied to here: a federated zone does not write what
// belongs to the global control plane, nor that what belongs to zones.
inline bool is_written_elsewhere(const Kind& kind, const Place& place) {
  if (kind.rules.read_only()) return true;
  if (place.is_federated) return kind.rules.global_only();
  return place.is_global && !kind.rules.include_in_federation() && !kind.rules.global_only();
}

}  // namespace weft::cp
