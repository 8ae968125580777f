// Every resource kind the programs know, read once from the schema's options by reflection. Nothing here is written per
// kind.
#pragma once

#include <span>
#include <string_view>

#include <google/protobuf/message.h>

#include "weft/v1/options.pb.h"

namespace weft::cp {

struct Kind {
  v1::ResourceRules rules;                            // the options of the schema
  const google::protobuf::Message* spec = nullptr;    // prototype: spec->New()
  const google::protobuf::Message* status = nullptr;  // prototype; null when the kind has no status

  std::string_view type() const { return rules.type(); }
  bool is_global() const { return rules.scope() == v1::GLOBAL; }
  bool is_inline() const { return rules.shape() == v1::INLINE; }
  bool is_policy() const { return rules.has_policy(); }
};

// Sorted by type.
std::span<const Kind> kinds();
// By type name ("MeshRetry"), REST path ("meshretries"), CLI name ("meshretry") or KRI short name ("mr"); null when
// there is none.
const Kind* find_kind(std::string_view type);
const Kind* find_kind_by_path(std::string_view path);
const Kind* find_kind_by_cli_name(std::string_view word);  // singular or plural
const Kind* find_kind_by_short_name(std::string_view short_name);

}  // namespace weft::cp
