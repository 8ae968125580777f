#include "proxy/config/snapshot_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/config/identity_for_test.h"
#include "proxy/config/items_for_test.h"

namespace weft::proxy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Builder : public testing::Test {
 protected:
  // Stages and commits; what is refused now, as "name: reason".
  std::vector<std::string> apply(const v1::Update& update) {
    builder_.commit(builder_.stage(update));
    std::vector<std::string> refused;
    for (const auto& [key, item] : builder_.current().refused) refused.push_back(key.name + ": " + item.reason);
    return refused;
  }
  std::vector<std::string> apply(std::vector<v1::Item> changed, std::vector<ItemKey> removed = {}) {
    return apply(update_of(++revision_, std::move(changed), removed));
  }
  const Snapshot& snapshot() const { return *builder_.current().snapshot; }
  std::shared_ptr<const Snapshot> keep() const { return builder_.current().snapshot; }

  SnapshotBuilder builder_{fake_material};
  uint64_t revision_ = 0;
};

TEST_F(Builder, a_whole_configuration_becomes_a_snapshot) {
  EXPECT_THAT(apply({listeners({{"outbound:a", 8080, "a"}}), destination("a", {"a-instances"}),
                     endpoints("a-instances", {"10.0.0.1:80", "10.0.0.2:80"})}),
              IsEmpty());
  ASSERT_THAT(snapshot().listeners, SizeIs(1));
  const Listener& listener = *snapshot().listeners[0];
  EXPECT_EQ(listener.name, "outbound:a");
  EXPECT_EQ(listener.port, 8080);
  ASSERT_THAT(listener.destination->routes, SizeIs(1));
  const EndpointSet& set = *listener.destination->routes[0].backends[0].endpoints;
  ASSERT_THAT(set.endpoints, SizeIs(2));
  EXPECT_EQ(set.endpoints[1].address.text(), "10.0.0.2:80");
  EXPECT_EQ(set.endpoints[1].weight, 1u);
  EXPECT_EQ(snapshot().revision, 1u);
}

TEST_F(Builder, unchanged_parts_are_shared_with_the_previous_snapshot) {
  apply({listeners({{"one", 1, "a"}, {"two", 2, "b"}}), destination("a", {"ea"}), destination("b", {"eb"}),
         endpoints("ea", {"10.0.0.1:80"}), endpoints("eb", {"10.0.0.2:80"})});
  const auto before = keep();
  EXPECT_THAT(apply({endpoints("ea", {"10.0.0.1:80", "10.0.0.3:80"})}), IsEmpty());
  EXPECT_EQ(snapshot().generation, before->generation + 1);
  EXPECT_NE(snapshot().listeners[0], before->listeners[0]);
  EXPECT_EQ(snapshot().listeners[1], before->listeners[1]);
  EXPECT_EQ(snapshot().listeners[0]->destination->counters_slot, before->listeners[0]->destination->counters_slot);
}

TEST_F(Builder, a_destination_whose_instances_change_keeps_all_else) {
  apply({listeners({{"one", 1, "a"}}), destination("a", {"ea", "eb"}, "/api", {"MeshRetry", "MeshTimeout"}),
         endpoints("ea", {"10.0.0.1:80"}), endpoints("eb", {"10.0.0.2:80"})});
  const auto before = keep();
  EXPECT_THAT(apply({endpoints("eb", {"10.0.0.3:80"})}), IsEmpty());
  EXPECT_THAT(apply({endpoints("ea", {"10.0.0.4:80"})}), IsEmpty());
  const Destination& now = *snapshot().listeners[0]->destination;
  ASSERT_THAT(now.routes, SizeIs(1));
  EXPECT_EQ(now.name, "a");
  EXPECT_EQ(now.routes[0].path_prefix, "/api");
  EXPECT_EQ(now.routes[0].policies.policies().data(),
            before->listeners[0]->destination->routes[0].policies.policies().data());
  ASSERT_THAT(now.routes[0].backends, SizeIs(2));
  EXPECT_EQ(now.routes[0].backends[0].endpoints->endpoints[0].address.text(), "10.0.0.4:80");
  EXPECT_EQ(now.routes[0].backends[1].endpoints->endpoints[0].address.text(), "10.0.0.3:80");
}

TEST_F(Builder, an_update_without_items_moves_the_revision_alone) {
  apply({listeners({{"one", 1, "a"}}), destination("a", {"ea"}), endpoints("ea", {})});
  const auto before = keep();
  apply(update_of(77, {}, {}));
  EXPECT_EQ(keep(), before);
  EXPECT_EQ(builder_.current().revision, 77u);
}

TEST_F(Builder, an_address_keeps_its_slot_and_a_slot_is_not_reused_while_a_snapshot_knows_it) {
  apply({listeners({{"one", 1, "a"}}), destination("a", {"ea"}), endpoints("ea", {"10.0.0.1:80", "10.0.0.2:80"})});
  auto old = keep();
  apply({endpoints("ea", {"10.0.0.2:80", "10.0.0.3:80"})});
  const auto slots = [](const Snapshot& of) {
    std::vector<uint32_t> out;
    for (const Endpoint& e : of.listeners[0]->destination->routes[0].backends[0].endpoints->endpoints)
      out.push_back(e.slot);
    return out;
  };
  EXPECT_THAT(slots(snapshot()), ElementsAre(1, 2));
  old.reset();
  apply({endpoints("ea", {"10.0.0.2:80", "10.0.0.4:80"})});
  EXPECT_THAT(slots(snapshot()), ElementsAre(1, 0));
}

TEST_F(Builder, workers_are_told_to_forget_slots_that_lead_elsewhere_or_nowhere) {
  apply({listeners({{"one", 1, "a"}}), destination("a", {"ea"}), endpoints("ea", {"10.0.0.1:80", "10.0.0.2:80"})});
  EXPECT_THAT(snapshot().forgotten_slots, IsEmpty());
  apply({endpoints("ea", {"10.0.0.2:80"})});
  EXPECT_THAT(snapshot().forgotten_slots, ElementsAre(0));  // gone
  apply({endpoints("ea", {"10.0.0.2:80", "10.0.0.9:80"})});
  EXPECT_THAT(snapshot().forgotten_slots, ElementsAre(0));  // somebody else's now
  apply({endpoints("ea", {"10.0.0.2:80", "10.0.0.9:80", "10.0.0.3:80"})});
  EXPECT_THAT(snapshot().forgotten_slots, IsEmpty());
}

TEST_F(Builder, a_slot_that_another_set_still_uses_is_not_forgotten) {
  apply({listeners({{"one", 1, "a"}}), destination("a", {"ea"}), endpoints("ea", {"10.0.0.1:80"}),
         endpoints("eb", {"10.0.0.1:80"})});
  apply({endpoints("ea", {})});
  EXPECT_THAT(snapshot().forgotten_slots, IsEmpty());
}

TEST_F(Builder, an_empty_endpoint_set_is_taken_as_told) {
  apply({listeners({{"one", 1, "a"}}), destination("a", {"ea"}), endpoints("ea", {"10.0.0.1:80"})});
  EXPECT_THAT(apply({endpoints("ea", {})}), IsEmpty());
  EXPECT_THAT(snapshot().listeners[0]->destination->routes[0].backends[0].endpoints->endpoints, IsEmpty());
}

TEST_F(Builder, one_bad_item_is_refused_alone_and_its_last_good_version_stays) {
  apply({listeners({{"one", 1, "a"}, {"two", 2, "b"}}), destination("a", {"e"}), destination("b", {"e"}),
         endpoints("e", {})});
  const auto before = keep();
  EXPECT_THAT(apply({destination("a", {"e"}, "/x", {"MeshTelepathy"}), destination("b", {"e"}, "/y")}),
              ElementsAre("a: routes[0].policies[0].kind: this proxy does not know \"MeshTelepathy\""));
  EXPECT_EQ(snapshot().listeners[0], before->listeners[0]);
  EXPECT_EQ(snapshot().listeners[1]->destination->routes[0].path_prefix, "/y");
  EXPECT_THAT(apply({destination("a", {"e"}, "/z")}), IsEmpty());
  EXPECT_EQ(snapshot().listeners[0]->destination->routes[0].path_prefix, "/z");
}

TEST_F(Builder, a_listener_of_a_destination_that_was_never_good_is_left_out_until_it_is) {
  EXPECT_THAT(apply({listeners({{"one", 1, "a"}, {"two", 2, "b"}}), destination("a", {"e"}, "", {"MeshTelepathy"}),
                     destination("b", {"e"}), endpoints("e", {})}),
              SizeIs(1));
  ASSERT_THAT(snapshot().listeners, SizeIs(1));
  EXPECT_EQ(snapshot().listeners[0]->name, "two");
  EXPECT_THAT(apply({destination("a", {"e"})}), IsEmpty());
  EXPECT_THAT(snapshot().listeners, SizeIs(2));
}

TEST_F(Builder, a_refused_destination_that_is_removed_does_not_take_the_listeners_along) {
  apply({listeners({{"one", 1, "a"}, {"two", 2, "b"}}), destination("a", {"e"}, "", {"MeshTelepathy"}),
         destination("b", {"e"}), endpoints("e", {})});
  EXPECT_THAT(apply({}, {{v1::DESTINATION, "a"}}), IsEmpty());
  EXPECT_THAT(snapshot().listeners, SizeIs(1));
}

TEST_F(Builder, references_to_what_is_not_there_are_refused) {
  EXPECT_THAT(apply({listeners({{"one", 1, "a"}}), destination("a", {"nowhere"})}),
              ElementsAre("a: routes[0].backends[0].endpoints: there is no endpoint set \"nowhere\""));
  EXPECT_THAT(apply({listeners({{"one", 1, "ghost"}})}),
              testing::Contains("listeners: listeners[0].destination: there is no destination \"ghost\""));
}

TEST_F(Builder, a_refused_item_is_tried_again_when_what_it_needs_arrives) {
  EXPECT_THAT(apply({listeners({{"one", 1, "a"}}), destination("a", {"late"})}), SizeIs(1));
  EXPECT_THAT(snapshot().listeners, IsEmpty());
  EXPECT_THAT(apply({endpoints("late", {"10.0.0.1:80"})}), IsEmpty());
  EXPECT_THAT(snapshot().listeners, SizeIs(1));
}

TEST_F(Builder, a_removed_item_that_is_still_needed_stays_until_it_is_not) {
  apply({listeners({{"one", 1, "a"}}), destination("a", {"e1"}), endpoints("e1", {"10.0.0.1:80"})});
  apply({destination("a", {"e2"}, "", {"MeshTelepathy"}), endpoints("e2", {})}, {{v1::ENDPOINTS, "e1"}});
  EXPECT_EQ(snapshot().listeners[0]->destination->routes[0].backends[0].endpoints->name, "e1");
  EXPECT_THAT(builder_.current().still_needed, ElementsAre(ItemKey{v1::ENDPOINTS, "e1"}));
  EXPECT_THAT(apply({destination("a", {"e2"})}), IsEmpty());
  EXPECT_THAT(builder_.current().still_needed, IsEmpty());
  EXPECT_FALSE(builder_.current().accepted.contains(ItemKey{v1::ENDPOINTS, "e1"}));
}

TEST_F(Builder, removed_listeners_and_destinations_go) {
  apply({listeners({{"one", 1, "a"}, {"two", 2, "b"}}), destination("a", {"e"}), destination("b", {"e"}),
         endpoints("e", {})});
  EXPECT_THAT(apply({listeners({{"two", 2, "b"}})}, {{v1::DESTINATION, "a"}}), IsEmpty());
  EXPECT_THAT(snapshot().listeners, SizeIs(1));
  EXPECT_THAT(builder_.current().accepted, SizeIs(3));
}

TEST_F(Builder, payloads_that_cannot_be_decoded_or_do_not_match_their_hash_are_refused) {
  EXPECT_THAT(apply({item(v1::DESTINATION, "a", "\xff\xff")}), ElementsAre("a: payload: cannot be decoded"));
  v1::Item wrong_hash = endpoints("e", {});
  wrong_hash.set_hash(1);
  EXPECT_THAT(apply({wrong_hash}), testing::Contains("e: hash: is not the payload's"));
  EXPECT_THAT(apply({item(static_cast<v1::ItemType>(99), "x", "")}),
              testing::Contains("x: type: this proxy does not know type 99"));
}

struct BadItem {
  v1::Item item;
  std::string reason;
};

TEST_F(Builder, every_bad_field_is_named) {
  v1::Destination two_tcp_routes;
  two_tcp_routes.set_name("d");
  two_tcp_routes.add_routes()->add_backends()->set_endpoints("e");
  two_tcp_routes.add_routes()->add_backends()->set_endpoints("e");
  v1::Destination no_backends;
  no_backends.set_name("d");
  no_backends.set_protocol(v1::HTTP1);
  no_backends.add_routes();
  v1::Destination odd_protocol = no_backends;
  odd_protocol.set_protocol(static_cast<v1::Protocol>(9));
  const std::vector<BadItem> cases = {
      {endpoints("e", {"10.0.0.1:0"}), "endpoints[0].port: 0 is not between 1 and 65535"},
      {endpoints("e", {"db.local:80"}), "endpoints[0].address: \"db.local\" is not an IP address"},
      {listeners({{"", 1, "a"}}), "listeners[0].name: must not be empty"},
      {listeners({{"x", 1, "a"}, {"x", 2, "a"}}), "listeners[1].name: \"x\" appears twice"},
      {listeners({{"x", 1, "a"}, {"y", 1, "a"}}), "listeners[1]: two listeners on 127.0.0.1:1"},
      {listeners({{"x", 70000, "a"}}), "listeners[0].port: 70000 is not between 1 and 65535"},
      {listeners({{"x", 1, ""}}), "listeners[0].destination: must not be empty"},
      {destination("d", {}), "routes[0].backends: must not be empty"},
      {destination("d", {"e"}, "x"), "routes[0].path_prefix: must start with /"},
      {item(v1::DESTINATION, "d", two_tcp_routes.SerializeAsString()), "routes: a TCP destination has exactly one"},
      {item(v1::DESTINATION, "d", no_backends.SerializeAsString()), "routes[0].backends: must not be empty"},
      {item(v1::DESTINATION, "d", odd_protocol.SerializeAsString()), "protocol: unknown value 9"},
      {item(v1::DESTINATION, "other", no_backends.SerializeAsString()), "name: \"d\" is not the item's"},
      {item(v1::DESTINATION, "", ""), "routes: must not be empty"},
  };
  for (const BadItem& bad : cases) {
    SnapshotBuilder fresh{fake_material};
    const Configuration staged = fresh.stage(update_of(1, {bad.item}, {}));
    ASSERT_THAT(staged.refused, SizeIs(1)) << bad.reason;
    EXPECT_EQ(staged.refused.begin()->second.reason, bad.reason);
  }
}

TEST_F(Builder, listeners_that_could_not_be_opened_stay_as_they_were) {
  apply({listeners({{"one", 1, "a"}}), destination("a", {"e"}), endpoints("e", {})});
  const v1::Update update = update_of(2, {listeners({{"one", 1, "a"}, {"two", 2, "a"}})}, {});
  Configuration staged = builder_.stage(update, "127.0.0.1:2: Address already in use");
  EXPECT_THAT(staged.snapshot->listeners, SizeIs(1));
  EXPECT_EQ(staged.refused.begin()->second.reason, "127.0.0.1:2: Address already in use");
  builder_.commit(std::move(staged));
  EXPECT_THAT(apply(update_of(2, {}, {})), IsEmpty());  // the port is free now
  EXPECT_THAT(snapshot().listeners, SizeIs(2));
}

TEST_F(Builder, a_left_out_listener_whose_port_is_taken_stays_left_out) {
  apply({listeners({{"one", 1, "a"}, {"two", 2, "b"}}), destination("a", {"e"}, "", {"MeshTelepathy"}),
         destination("b", {"e"}), endpoints("e", {})});
  Configuration staged =
      builder_.stage(update_of(2, {destination("a", {"e"})}, {}), "127.0.0.1:1: Address already in use");
  EXPECT_THAT(staged.snapshot->listeners, SizeIs(1));
  EXPECT_THAT(staged.refused, SizeIs(1));
  builder_.commit(std::move(staged));
  EXPECT_THAT(apply(update_of(2, {}, {})), IsEmpty());
  EXPECT_THAT(snapshot().listeners, SizeIs(2));
}

}  // namespace
}  // namespace weft::proxy
