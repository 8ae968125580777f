// What the REST API says and does about identity, joined from the watch, the store and the state machine of
// authorities. Without state of its own.
#pragma once

#include "control-plane/identity_watch.h"
#include "control-plane/resource/place.h"
#include "control-plane/source/api_server.h"
#include "control-plane/store/store.h"

namespace weft::cp {

// Sets hooks.identities, hooks.trust and hooks.change_trust. Everything must outlive the hooks.
void add_trust_hooks(ApiHooks& hooks, const IdentityWatch& watch, const Place& place, Store& store,
                     const WorldPublisher& worlds);

// Asks for the change by writing it into the identities' status, where the chore finds it. Errors: not_found, invalid,
// conflict.
Status change_trust(const TrustRequest& request, const Place& place, Store& store, const World& world,
                    std::chrono::sys_seconds now);

}  // namespace weft::cp
