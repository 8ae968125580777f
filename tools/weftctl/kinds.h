// The resource types the control plane serves, as it lists them: weftctl has no list of its own, so it knows types that
// are newer than itself. Plain data.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tools/weftctl/client.h"

namespace weft::ctl {

struct Kind {
  std::string type;  // "MeshRetry"
  std::string path;  // "meshretries"
  bool global = false;
  bool read_only = false;
  bool policy = false;
  bool in_federation = false;  // goes from a global control plane to its zones

  std::string singular() const;  // "meshretry"
  // "/meshes/default/meshretries" or "/meshes".
  std::string collection(std::string_view mesh) const;
  std::string item(std::string_view mesh, std::string_view name) const;
};

class Kinds {
 public:
  static Result<Kinds> load(Client& client);
  explicit Kinds(std::vector<Kind> kinds) : kinds_(std::move(kinds)) {}

  std::span<const Kind> all() const;
  const Kind* by_type(std::string_view type) const;
  // Singular or plural as typed on the command line: meshretry, meshretries, global-secret, MeshRetry.
  const Kind* by_word(std::string_view word) const;
  // "unknown TYPE: meshretri (did you mean meshretry?). Allowed values: ..."
  Status unknown_word(std::string_view word) const;
  // The type that was meant; empty when none is close.
  std::string_view type_like(std::string_view type) const;

 private:
  std::vector<Kind> kinds_;  // sorted by type
};

}  // namespace weft::ctl
