#include "proxy/config/snapshot_builder.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/text.h"
#include "proxy/config/backend_parts.h"
#include "proxy/config/listener_ways.h"

namespace weft::proxy {
namespace {

const ItemKey kListenersKey{v1::LISTENERS, "listeners"};
const ItemKey kIdentityKey{v1::IDENTITY, "identity"};

ItemKey endpoints_key(const std::string& name) { return {v1::ENDPOINTS, name}; }
ItemKey destination_key(const std::string& name) { return {v1::DESTINATION, name}; }

const EndpointSet& endpoints_of(const Unit& unit) { return *std::get<DecodedEndpoints>(unit.content).set; }
const DecodedListeners& listeners_of(const Unit& unit) { return std::get<DecodedListeners>(unit.content); }

// The endpoints of sets in `of` that are not the same sets in `but_not`.
void for_each_endpoint(const Configuration& of, const Configuration& but_not, const auto& visit) {
  for (const auto& [key, unit] : of.accepted) {
    if (key.type != v1::ENDPOINTS) continue;
    const auto other = but_not.accepted.find(key);
    if (other != but_not.accepted.end() && other->second == unit) continue;
    for (const Endpoint& endpoint : endpoints_of(*unit).endpoints) visit(endpoint);
  }
}

}  // namespace

v1::Item item_of(const ItemKey& key, const Unit& unit) {
  v1::Item item;
  item.set_type(key.type);
  item.set_name(key.name);
  item.set_hash(unit.hash);
  item.set_payload(unit.payload);
  return item;
}

const DecodedIdentity* identity_of(const Configuration& configuration) {
  const auto unit = configuration.accepted.find(kIdentityKey);
  return unit == configuration.accepted.end() ? nullptr : &std::get<DecodedIdentity>(unit->second->content);
}

// One call of stage(): the next configuration while it is being worked out.
class Staging {
 public:
  Staging(SnapshotBuilder& builder, const std::optional<std::string>& listeners_refusal)
      : builder_(builder), before_(builder.current_), listeners_refusal_(listeners_refusal), next_(builder.current_) {}

  Configuration run(const v1::Update& update) {
    next_.revision = update.revision();
    take(update);
    while (!references_hold()) {
    }
    link_identity();
    suit_endpoints();
    link_destinations();
    link_listeners();
    return std::move(next_);
  }

 private:
  // What is wanted: everything refused so far, what changed, without what was removed.
  void take(const v1::Update& update) {
    std::map<ItemKey, v1::Item> wanted;
    for (const auto& [key, refused] : before_.refused) wanted[key] = refused.item;
    std::set<ItemKey> gone = before_.still_needed;
    for (const v1::HeldItem& removed : update.removed()) gone.insert({removed.type(), removed.name()});
    for (const ItemKey& key : gone) wanted.erase(key);
    for (const v1::Item& item : update.changed()) {
      const ItemKey key{item.type(), item.name()};
      gone.erase(key);
      wanted[key] = item;
    }
    next_.refused.clear();
    next_.still_needed.clear();
    for (const ItemKey& key : gone) next_.accepted.erase(key);
    for (auto& [key, item] : wanted) accept_or_refuse(key, std::move(item));
  }

  void accept_or_refuse(const ItemKey& key, v1::Item item) {
    const auto old = before_.accepted.find(key);
    if (old != before_.accepted.end() && old->second->hash == item.hash()) return;
    if (key == kListenersKey && listeners_refusal_) {
      next_.refused[key] = {std::move(item), *listeners_refusal_};
      return;
    }
    Result<std::shared_ptr<const Unit>> unit = decode(key, item);
    if (!unit.ok()) {
      next_.refused[key] = {std::move(item), reason(unit.status())};
      return;
    }
    next_.accepted[key] = *std::move(unit);
    fresh_.insert(key);
  }

  Result<std::shared_ptr<const Unit>> decode(const ItemKey& key, const v1::Item& item) {
    if (item.hash() != content_hash(item.payload())) return invalid("hash: is not the payload's");
    auto unit = std::make_shared<Unit>();
    unit->hash = item.hash();
    unit->payload = item.payload();
    const auto assign = [&](auto decoded) -> Result<std::shared_ptr<const Unit>> {
      if (!decoded.ok()) return decoded.status();
      unit->content = *std::move(decoded);
      return std::shared_ptr<const Unit>(std::move(unit));
    };
    const auto old = before_.accepted.find(key);
    switch (key.type) {
      case v1::LISTENERS:
        if (key.name != kListenersKey.name) return invalid("name: must be \"listeners\"");
        return assign(decode_listeners(item.payload()));
      case v1::DESTINATION: {
        auto decoded = decode_destination(key.name, item.payload(), builder_.shared_policies_);
        if (!decoded.ok()) return decoded.status();
        decoded_[key] = *std::move(decoded);
        return std::shared_ptr<const Unit>(std::move(unit));
      }
      case v1::ENDPOINTS:
        return assign(decode_endpoints(
            key.name, item.payload(), builder_.slots_, identity_counts(before_),
            old == before_.accepted.end() ? std::make_shared<Usage>() : endpoints_of(*old->second).usage));
      case v1::IDENTITY:
        if (key.name != kIdentityKey.name) return invalid("name: must be \"identity\"");
        return assign(decode_identity(item.payload()));
      case v1::TRUST: return assign(decode_trust(key.name, item.payload()));
      default: return invalid(cat("type: this proxy does not know type ", static_cast<int>(key.type)));
    }
  }

  bool has(const ItemKey& key) const { return next_.accepted.contains(key); }

  // False: something was taken back, look again.
  bool references_hold() {
    for (const auto& [key, unit] : next_.accepted) {
      if (key.type == v1::DESTINATION && !destination_holds(key)) return false;
      if (key.type == v1::LISTENERS && !listeners_hold(key, listeners_of(*unit))) return false;
    }
    return true;
  }

  // A destination is what this stage decoded, or what it was before.
  const Destination& shape_of(const ItemKey& key) const {
    const auto fresh = decoded_.find(key);
    return fresh != decoded_.end() ? fresh->second.shape : *before_.destinations.at(key.name);
  }
  const std::string& endpoint_set_of(const ItemKey& key, size_t route, size_t backend) const {
    const auto fresh = decoded_.find(key);
    if (fresh != decoded_.end()) return fresh->second.endpoint_sets[route][backend];
    return before_.destinations.at(key.name)->routes[route].backends[backend].endpoints->name;
  }

  bool destination_holds(const ItemKey& key) {
    const std::vector<Route>& routes = shape_of(key).routes;
    for (size_t i = 0; i < routes.size(); ++i) {
      for (size_t j = 0; j < routes[i].backends.size(); ++j) {
        const std::string& name = endpoint_set_of(key, i, j);
        if (has(endpoints_key(name))) continue;
        settle(key, endpoints_key(name),
               cat("routes[", i, "].backends[", j, "].endpoints: there is no endpoint set \"", name, "\""));
        return false;
      }
    }
    return true;
  }

  // A listener whose destination was refused, and never had a good version, is left out: the rest goes on. So is what a
  // server name leads to.
  bool listeners_hold(const ItemKey& key, const DecodedListeners& listeners) {
    for (size_t i = 0; i < listeners.size(); ++i) {
      const DecodedListener& listener = listeners[i];
      if (!listener.destination.empty() && !listener_holds(key, i, listener.destination)) return false;
      for (const DecodedServerName& one : listener.server_names) {
        if (!listener_holds(key, i, one.destination)) return false;
      }
    }
    return true;
  }

  bool listener_holds(const ItemKey& key, size_t index, const std::string& destination) {
    const ItemKey wanted = destination_key(destination);
    if (has(wanted) || next_.refused.contains(wanted)) return true;
    if (!fresh_.contains(key) && !before_.accepted.contains(wanted)) return true;  // left out already
    settle(key, wanted, cat("listeners[", index, "].destination: there is no destination \"", destination, "\""));
    return false;
  }

  // `user` refers to `missing`: a new user is refused and its last good version stays; an old user keeps what it needs.
  void settle(ItemKey user, const ItemKey& missing, std::string why) {
    const auto needed = before_.accepted.find(missing);
    if (!fresh_.contains(user) && needed != before_.accepted.end()) {
      next_.accepted[missing] = needed->second;
      next_.still_needed.insert(missing);
      return;
    }
    fresh_.erase(user);
    decoded_.erase(user);
    next_.refused[user] = {item_of(user, *next_.accepted.at(user)), std::move(why)};
    const auto good = before_.accepted.find(user);
    if (good != before_.accepted.end() && good->second != next_.accepted.at(user)) {
      next_.accepted[user] = good->second;
    } else {
      next_.accepted.erase(user);
    }
  }

  static bool identity_counts(const Configuration& configuration) {
    return configuration.identity == IdentityState::kInUse || configuration.identity == IdentityState::kMissing;
  }

  // Who the proxy is from now on. What cannot be made leaves what it had: an identity is never lost by an accident.
  void link_identity() {
    next_.tls_failure.clear();
    const DecodedIdentity* identity = identity_of(next_);
    // An identity that was refused is one the proxy was told of: it does not make it free to speak plaintext.
    if (identity == nullptr && !next_.refused.contains(kIdentityKey)) {
      next_.identity = IdentityState::kNone;
      next_.tls = {};
      material_ = nullptr;
      return;
    }
    material_ = before_.snapshot == nullptr ? nullptr : before_.snapshot->tls;
    if (builder_.certificate_ != nullptr && identity != nullptr) make_material(*identity);
    if (material_ != nullptr) {
      next_.identity = IdentityState::kInUse;
    } else if (before_.snapshot != nullptr && !identity_counts(before_)) {
      next_.identity = IdentityState::kAwaited;
    } else {
      next_.identity = IdentityState::kMissing;
    }
  }

  void make_material(const DecodedIdentity& identity) {
    TlsIngredients wanted{builder_.certificate_, next_.accepted.at(kIdentityKey), {}};
    std::vector<TrustBundle> bundles;
    for (const auto& [key, unit] : next_.accepted) {
      if (key.type != v1::TRUST) continue;
      wanted.trust.push_back(unit);
      bundles.push_back(std::get<TrustBundle>(unit->content));
    }
    if (material_ != nullptr && wanted == before_.tls) return;
    auto made = builder_.make_material_(wanted.certificate, std::move(bundles), identity.own_connections);
    if (!made.ok()) {
      next_.tls_failure = reason(made.status());
      return;
    }
    material_ = *std::move(made);
    next_.tls = std::move(wanted);
  }

  // Endpoint sets that were read when the identity counted and no longer does, or the other way round, are read again.
  void suit_endpoints() {
    const bool with_tls = identity_counts(next_);
    for (auto& [key, unit] : next_.accepted) {
      if (key.type != v1::ENDPOINTS) continue;
      const auto& decoded = std::get<DecodedEndpoints>(unit->content);
      if (!decoded.offers_tls || (decoded.set->tls != nullptr) == with_tls) continue;
      auto again = decode_endpoints(key.name, unit->payload, builder_.slots_, with_tls, decoded.set->usage);
      if (again.ok()) unit = std::make_shared<const Unit>(Unit{unit->hash, unit->payload, *std::move(again)});
    }
  }

  void link_destinations() {
    next_.destinations.clear();
    for (const auto& [key, unit] : next_.accepted) {
      if (key.type != v1::DESTINATION) continue;
      const auto old = before_.accepted.find(key);
      const bool same = old != before_.accepted.end() && old->second == unit && endpoints_same(key);
      auto destination = same ? before_.destinations.at(key.name) : link(key);
      next_.destinations.emplace(destination->name, destination);
    }
  }

  const std::shared_ptr<const EndpointSet>& endpoints(const std::string& name) const {
    return std::get<DecodedEndpoints>(next_.accepted.at(endpoints_key(name))->content).set;
  }

  bool endpoints_same(const ItemKey& key) const {
    for (const Route& route : before_.destinations.at(key.name)->routes) {
      for (const Backend& backend : route.backends) {
        if (endpoints(backend.endpoints->name) != backend.endpoints) return false;
      }
    }
    return true;
  }

  std::shared_ptr<const Destination> link(const ItemKey& key) {
    auto destination = std::make_shared<Destination>(shape_of(key));
    const auto known = before_.destinations.find(destination->name);
    const Destination* const before = known == before_.destinations.end() ? nullptr : known->second.get();
    destination->counters_slot = builder_.numbers_.number(destination->name, destination->direction);
    for (size_t i = 0; i < destination->routes.size(); ++i) {
      Route& route = destination->routes[i];
      for (size_t j = 0; j < route.backends.size(); ++j) {
        Backend& backend = route.backends[j];
        backend.endpoints = endpoints(endpoint_set_of(key, i, j));
        backend.tables = tables_of(route.plan, backend.endpoints, before);
        backend.outliers = outliers_of(route.plan, backend.endpoints, before);
      }
    }
    return destination;
  }

  void link_listeners() {
    auto snapshot = std::make_shared<Snapshot>();
    if (const auto unit = next_.accepted.find(kListenersKey); unit != next_.accepted.end()) {
      for (const DecodedListener& listener : listeners_of(*unit->second)) link_listener(listener, *snapshot);
      // The item itself is in use; what it newly leads to could not be opened.
      if (listeners_refusal_ && !next_.refused.contains(kListenersKey)) {
        next_.refused[kListenersKey] = {item_of(kListenersKey, *unit->second), *listeners_refusal_};
      }
    }
    snapshot->forgotten_slots = forgotten_slots();
    snapshot->tls = std::move(material_);
    const bool same = before_.snapshot != nullptr && before_.snapshot->listeners == snapshot->listeners &&
                      before_.snapshot->tls == snapshot->tls;
    if (same && snapshot->forgotten_slots.empty()) return;
    snapshot->generation = before_.snapshot == nullptr ? 1 : before_.snapshot->generation + 1;
    snapshot->revision = next_.revision;
    next_.snapshot = std::move(snapshot);
  }

  void link_listener(const DecodedListener& from, Snapshot& snapshot) {
    if (from.direction == Direction::kInbound && next_.identity == IdentityState::kMissing) return;
    const std::shared_ptr<const Listener> old = open_before(from);
    if (old == nullptr && listeners_refusal_) return;
    auto destination = own_destination(from, next_.destinations, builder_.numbers_, old.get());
    if (destination == nullptr) return;
    auto names = compile_server_names(from, next_.destinations, old.get());
    if (old != nullptr && old->destination == destination && old->server_names == names) {
      snapshot.listeners.push_back(old);
      return;
    }
    snapshot.listeners.push_back(std::make_shared<Listener>(
        Listener{from.name, from.address, from.port, std::move(destination), std::move(names)}));
  }

  std::shared_ptr<const Listener> open_before(const DecodedListener& wanted) const {
    if (before_.snapshot == nullptr) return nullptr;
    for (const auto& listener : before_.snapshot->listeners) {
      if (listener->name == wanted.name && listener->address == wanted.address && listener->port == wanted.port)
        return listener;
    }
    return nullptr;
  }

  // Slots whose address is gone, and slots that have a new one.
  std::vector<uint32_t> forgotten_slots() const {
    std::set<uint32_t> forgotten;
    for_each_endpoint(before_, next_, [&](const Endpoint& old) { forgotten.insert(old.slot); });
    if (!forgotten.empty()) {
      for_each_endpoint(next_, Configuration(), [&](const Endpoint& used) { forgotten.erase(used.slot); });
    }
    const auto& tenants = builder_.slot_tenants_;
    for_each_endpoint(next_, before_, [&](const Endpoint& added) {
      if (added.slot < tenants.size() && tenants[added.slot] != added.tenant) forgotten.insert(added.slot);
    });
    return {forgotten.begin(), forgotten.end()};
  }

  SnapshotBuilder& builder_;
  const Configuration& before_;
  const std::optional<std::string>& listeners_refusal_;
  Configuration next_;
  std::set<ItemKey> fresh_;                        // accepted in this stage
  std::map<ItemKey, DecodedDestination> decoded_;  // of them
  std::shared_ptr<const TlsMaterial> material_;
};

Configuration SnapshotBuilder::stage(const v1::Update& update, const std::optional<std::string>& listeners_refusal) {
  return Staging(*this, listeners_refusal).run(update);
}

void SnapshotBuilder::commit(Configuration next) {
  for_each_endpoint(next, current_, [this](const Endpoint& added) {
    if (added.slot >= slot_tenants_.size()) slot_tenants_.resize(added.slot + 1);
    slot_tenants_[added.slot] = added.tenant;
  });
  current_ = std::move(next);
  shared_policies_.drop_unused();
}

}  // namespace weft::proxy
