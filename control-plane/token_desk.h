// Tokens in and out: makes those that the API is asked for, and says who shows one. Joins the settings, the keys among
// the secrets and the keys of others. Owned by ControlPlane, after the World; thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "control-plane/options.h"
#include "control-plane/serve/token_keys.h"
#include "control-plane/source/api_server.h"
#include "control-plane/store/world_publisher.h"

namespace weft::cp {

class TokenDesk {
 public:
  // `wait_for_first_keys` returns when the keys of a first start are stored, or after a while. Error: a key of the
  // settings that cannot be read.
  static Result<std::unique_ptr<TokenDesk>> open(const Options& options, TokenKeys& keys, const WorldPublisher& worlds,
                                                 std::function<void()> wait_for_first_keys);

  Result<std::string> issue_for_dataplane(const DataplaneTokenRequest& request);
  Result<std::string> issue_for_user(const UserTokenRequest& request);
  Result<std::string> issue_for_zone(const ZoneTokenRequest& request);

  Result<Caller> authenticate(std::string_view token);

  const ForeignKeys& foreign_dataplane_keys() const { return foreign_dataplane_; }

 private:
  TokenDesk(TokenKeys& keys, const WorldPublisher& worlds) : keys_(keys), worlds_(worlds) {}
  // The ring that `read` finds; on a first start it may take a moment.
  template <typename Read>
  std::shared_ptr<const KeyRing> await_keys(const Read& read);

  TokenKeys& keys_;
  const WorldPublisher& worlds_;
  std::function<void()> wait_for_first_keys_;
  bool trust_user_secrets_ = true;
  ForeignKeys foreign_users_;
  ForeignKeys foreign_dataplane_;
};

}  // namespace weft::cp
