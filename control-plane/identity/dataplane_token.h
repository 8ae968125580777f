// Dataplane tokens: what a proxy shows to be let in. A token may be bound to a name, a mesh, label values and a
// workload; what it leaves open, it allows. Pure functions, any thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/status.h"
#include "control-plane/identity/signing_key.h"

namespace weft::cp {

struct DataplaneToken {
  std::string name;
  std::string mesh;
  // Label -> the values it may have.
  std::map<std::string, std::set<std::string>> tags;
  std::string type;  // empty or "dataplane"
  std::string workload;
  std::string id;  // jti; revocation lists name it
};

// Signed by the highest serial. `id` is drawn when empty.
Result<std::string> issue_dataplane_token(DataplaneToken token, std::chrono::seconds valid_for, const KeyRing& keys,
                                          std::chrono::sys_seconds now);

// Signature, times and revocation. `mesh` is the one whose keys are in `keys`; it only makes the error clearer.
Result<DataplaneToken> verify_dataplane_token(std::string_view text, std::string_view mesh, const KeyRing& keys,
                                              const std::set<std::string, std::less<>>& revoked,
                                              std::chrono::sys_seconds now, const ForeignKeys& foreign = {});

// May the holder speak for a dataplane of that name in that mesh? (What is known before the Dataplane has been looked
// up.)
Status check_token_name(const DataplaneToken& token, std::string_view mesh, std::string_view name);
// May it speak for one with these labels?
Status check_token_labels(const DataplaneToken& token, const std::map<std::string, std::string>& labels);

// The ids in a revocation list: separated by commas, spaces around them ignored.
std::set<std::string, std::less<>> parse_revocations(std::string_view text);

}  // namespace weft::cp
