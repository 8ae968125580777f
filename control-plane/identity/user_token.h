// User tokens: who calls the REST API, and the groups that access rules name. Pure functions, any thread.
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "control-plane/identity/signing_key.h"

namespace weft::cp {

struct UserToken {
  std::string name;
  std::vector<std::string> groups;
  std::string id;  // jti
};

Result<std::string> issue_user_token(UserToken token, std::chrono::seconds valid_for, const KeyRing& keys,
                                     std::chrono::sys_seconds now);
Result<UserToken> verify_user_token(std::string_view text, const KeyRing& keys,
                                    const std::set<std::string, std::less<>>& revoked, std::chrono::sys_seconds now,
                                    const ForeignKeys& foreign = {});

}  // namespace weft::cp
