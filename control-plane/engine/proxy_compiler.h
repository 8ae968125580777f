// Puts a proxy's items together from what was gathered for it. Every item comes out of a memo table whose key is what
// the item depends on, so proxies share them and a change makes only those anew that it reaches. On the Memo's thread.
#pragma once

#include <vector>

#include "control-plane/engine/compile_items.h"
#include "control-plane/engine/compile_proxy.h"
#include "control-plane/engine/gather.h"

namespace weft::cp {

struct ProxyInputs {
  DataplaneViewPtr dataplane;
  bool mesh_visible = false;
  ProxyPolicies policies;
  std::vector<OutboundTarget> outbounds;
  ProxyIdentity identity;
  TrustViews trusts;
  bool operator==(const ProxyInputs&) const = default;
};

struct ItemTables {
  MemoTable<v1::PolicyUnit> units;
  MemoTable<CompiledItem> listeners;
  MemoTable<CompiledItem> destinations;
  MemoTable<CompiledItem> endpoints;
  MemoTable<CompiledItem> identities;
  MemoTable<CompiledItem> trusts;
};

ProxyItemsPtr compile_items(const ProxyInputs& inputs, ItemTables& tables, CompileCounters& counters);

}  // namespace weft::cp
