// Who a request comes from and whether that is enough. Pure functions but for the token hook.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "base/status.h"
#include "control-plane/resource/kind.h"
#include "control-plane/source/caller.h"
#include "control-plane/source/http_message.h"
#include "control-plane/source/problem.h"

namespace weft::cp {

using Authenticate = std::function<Result<Caller>(std::string_view token)>;

// A request that comes from this machine is an administrator's when `localhost_is_admin`. A token that is presented
// must be valid, wherever it comes from. Error: unauthenticated.
Result<Caller> identify(const HttpRequest& request, bool localhost_is_admin, const Authenticate& authenticate);

// The refusal, when the caller may not touch resources of the kind.
std::optional<Problem> check_access(const Caller& caller, const Kind& kind, const AccessRules& rules);
// The refusal, when the caller is not on the list; `what` completes "cannot ...".
std::optional<Problem> check_listed(const Caller& caller, const AccessList& list, std::string_view what);

}  // namespace weft::cp
