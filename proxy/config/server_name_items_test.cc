// Listeners whose server names lead somewhere, as items, and a proxy that runs on them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/config/identity_for_test.h"
#include "proxy/config/items_for_test.h"
#include "proxy/route/server_names.h"

namespace weft::proxy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct Way {
  std::vector<std::string> names;
  std::string destination;
};

// One listener "in"; `own` may be empty.
v1::Item listener(const std::string& own, const std::vector<Way>& ways, v1::Direction direction = v1::OUTBOUND) {
  v1::ListenerSet set;
  v1::Listener& in = *set.add_listeners();
  in.set_name("in");
  in.set_direction(direction);
  in.set_address("127.0.0.1");
  in.set_port(443);
  in.set_destination(own);
  for (const Way& way : ways) {
    v1::ServerNameRoute& route = *in.add_server_names();
    for (const std::string& name : way.names) route.add_names(name);
    route.set_destination(way.destination);
  }
  return item(v1::LISTENERS, "listeners", set.SerializeAsString());
}

class ServerNameItems : public testing::Test {
 protected:
  std::vector<std::string> apply(const std::vector<v1::Item>& changed, const std::vector<ItemKey>& removed = {}) {
    builder_.commit(builder_.stage(update_of(++revision_, changed, removed)));
    std::vector<std::string> refused;
    for (const auto& [key, item] : builder_.current().refused) refused.push_back(key.name + ": " + item.reason);
    return refused;
  }
  std::vector<std::string> apply_all(const v1::Item& listeners) {
    return apply({listeners, destination("a", {"e"}), destination("b", {"e"}), endpoints("e", {"10.0.0.1:80"})});
  }
  std::shared_ptr<const Listener> open() const {
    const auto& listeners = builder_.current().snapshot->listeners;
    return listeners.empty() ? nullptr : listeners.front();
  }
  // "-": it is not known; "": it leads nowhere.
  std::string leads(const std::string& name) const {
    const auto* const found = open()->server_names->find(name);
    if (found == nullptr) return "-";
    return *found == nullptr ? "" : (*found)->name;
  }
  SnapshotBuilder builder_{fake_material};
  uint64_t revision_ = 0;
};

TEST_F(ServerNameItems, LeadToDestinationsBesideTheListenersOwn) {
  EXPECT_THAT(apply_all(listener("a", {{{"x.example", "*.y.example"}, "b"}, {{"z.example"}, "a"}})), IsEmpty());
  EXPECT_EQ(open()->destination->name, "a");
  EXPECT_EQ(leads("x.example"), "b");
  EXPECT_EQ(leads("1.y.example"), "b");
  EXPECT_EQ(leads("z.example"), "a");
  EXPECT_EQ(leads("other"), "-");
  EXPECT_THAT(apply({listener("a", {})}), IsEmpty());
  EXPECT_EQ(open()->server_names, nullptr);
}

TEST_F(ServerNameItems, AListenerMayHaveNothingElse) {
  EXPECT_THAT(apply_all(listener("", {{{"x.example"}, "b"}})), IsEmpty());
  EXPECT_THAT(open()->destination->routes, IsEmpty());
  EXPECT_EQ(open()->destination->name, "in");
  EXPECT_EQ(builder_.numbers().entries()[open()->destination->counters_slot].name, "in");
  EXPECT_THAT(apply({listener("", {})}), ElementsAre(HasSubstr("listeners[0].destination: must not be empty")));
  EXPECT_EQ(leads("x.example"), "b") << "the last good version stays";
}

TEST_F(ServerNameItems, WhatDidNotChangeIsShared) {
  apply_all(listener("", {{{"x.example"}, "b"}}));
  const auto before = open();
  apply({destination("a", {"e"}, "/other")});
  EXPECT_EQ(open(), before);
  apply({destination("b", {"e"}, "/other")});
  EXPECT_NE(open(), before);
  EXPECT_EQ(open()->destination, before->destination);
}

TEST_F(ServerNameItems, WhatIsNotInOrderIsRefusedWithItsPlace) {
  const auto refusal = [&](const std::vector<Way>& ways) {
    const auto refused = apply_all(listener("a", ways));
    return refused.size() == 1 ? refused[0] : std::string("accepted");
  };
  EXPECT_EQ(refusal({{{"x"}, "b"}, {{}, "b"}}), "listeners: listeners[0].server_names[1].names: must not be empty");
  EXPECT_EQ(refusal({{{"x"}, ""}}), "listeners: listeners[0].server_names[0].destination: must not be empty");
  for (const std::string name : {"", "X.example", "x.", "10.0.0.1", "*", "*x", "a.*.b"}) {
    EXPECT_THAT(refusal({{{name}, "b"}}), HasSubstr("is no server name")) << name;
  }
  EXPECT_THAT(refusal({{{"x"}, "b"}, {{"x"}, "a"}}), HasSubstr("appears twice"));
  EXPECT_THAT(refusal({{{"x"}, "c"}}), HasSubstr("there is no destination \"c\""));
}

TEST_F(ServerNameItems, ADestinationStaysWhileANameLeadsThere) {
  apply_all(listener("a", {{{"x.example"}, "b"}}));
  EXPECT_THAT(apply({}, {{v1::DESTINATION, "b"}}), IsEmpty());
  EXPECT_EQ(leads("x.example"), "b");
  EXPECT_THAT(apply({listener("a", {})}), IsEmpty());
  EXPECT_FALSE(builder_.current().destinations.contains("b"));
}

TEST_F(ServerNameItems, ADestinationThatCannotBeUsedIsNotReplacedByAnother) {
  EXPECT_THAT(apply({listener("a", {{{"x.example"}, "b"}}), destination("a", {"e"}),
                     destination("b", {"e"}, "", {"MeshTelepathy"}), endpoints("e", {})}),
              SizeIs(1));
  EXPECT_EQ(leads("x.example"), "");
  EXPECT_THAT(apply({destination("b", {"e"})}), IsEmpty());
  EXPECT_EQ(leads("x.example"), "b");
}

TEST_F(ServerNameItems, NoNameLeadsPastTheQuestionWhoCalls) {
  v1::Destination inbound;
  inbound.set_name("b");
  inbound.set_direction(v1::INBOUND);
  inbound.add_routes()->add_backends()->set_endpoints("e");
  apply({listener("a", {{{"x.example"}, "b"}}), destination("a", {"e"}), endpoints("e", {}),
         item(v1::DESTINATION, "b", inbound.SerializeAsString())});
  EXPECT_EQ(leads("x.example"), "");
}

}  // namespace
}  // namespace weft::proxy
