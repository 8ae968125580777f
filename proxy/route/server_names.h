// The server names of one listener, compiled: where TLS goes that asks for one of them (SNI). Built by the snapshot
// builder, then immutable and shared by all workers. A lookup takes one step a label, however many names there are.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "proxy/route/route.h"

namespace weft::proxy {

class ServerNames {
 public:
  // "db.example.com", or "*.example.com" for whatever ends so; in the form of server_name(). `to` null: it is known,
  // and leads nowhere. False: it is there already, or no name.
  bool add(std::string_view name, std::shared_ptr<const Destination> to);

  // `name` is in the form of server_name(). Null: it is not known. The name itself comes before any wildcard, the
  // longest wildcard before the others.
  const std::shared_ptr<const Destination>* find(std::string_view name) const;

  size_t size() const { return places_.size(); }
  bool operator==(const ServerNames&) const = default;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  // A wildcard without its star, so with a dot in front, as no name has.
  std::unordered_map<std::string, std::shared_ptr<const Destination>, Hash, std::equal_to<>> places_;
};

}  // namespace weft::proxy
