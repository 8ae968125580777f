#include "proxy/config/slots.h"

#include <gtest/gtest.h>

namespace weft::proxy {
namespace {

const SocketAddress kHere = *SocketAddress::parse("10.0.0.1", 80);
const SocketAddress kThere = *SocketAddress::parse("10.0.0.2", 80);
const std::shared_ptr<const PeerNames> kNobody;

std::shared_ptr<const PeerNames> names(std::string server, std::vector<std::string> ids) {
  return std::make_shared<const PeerNames>(PeerNames{std::move(server), std::move(ids)});
}

TEST(AddressSlots, an_address_has_one_slot_however_often_it_is_acquired) {
  AddressSlots slots;
  const AddressSlots::Place first = slots.acquire({kHere, kNobody});
  const AddressSlots::Place again = slots.acquire({kHere, kNobody});
  EXPECT_EQ(again.slot, first.slot);
  EXPECT_EQ(again.tenant, first.tenant);
  EXPECT_NE(slots.acquire({kThere, kNobody}).slot, first.slot);
  slots.release(first.slot);
  EXPECT_EQ(slots.acquire({kHere, kNobody}).tenant, first.tenant);
}

TEST(AddressSlots, who_answers_there_is_part_of_the_key_by_value) {
  AddressSlots slots;
  const uint32_t slot = slots.acquire({kHere, names("a", {"spiffe://m/a"})}).slot;
  EXPECT_EQ(slots.acquire({kHere, names("a", {"spiffe://m/a"})}).slot, slot);
  EXPECT_NE(slots.acquire({kHere, names("a", {"spiffe://m/b"})}).slot, slot);
  EXPECT_NE(slots.acquire({kHere, names("b", {"spiffe://m/a"})}).slot, slot);
  EXPECT_NE(slots.acquire({kHere, kNobody}).slot, slot);
}

TEST(AddressSlots, a_slot_that_is_free_gets_another_tenant) {
  AddressSlots slots;
  const AddressSlots::Place here = slots.acquire({kHere, names("a", {})});
  slots.release(here.slot);
  const AddressSlots::Place there = slots.acquire({kThere, kNobody});
  EXPECT_EQ(there.slot, here.slot);
  EXPECT_NE(there.tenant, here.tenant);
  EXPECT_EQ(slots.size(), 1u);
  EXPECT_EQ(slots.acquire({kHere, names("a", {})}).slot, 1u);
}

TEST(AddressSlots, names_that_are_not_in_use_are_not_kept) {
  AddressSlots slots;
  std::weak_ptr<const PeerNames> seen;
  {
    const auto of_a = names("a", {});
    seen = of_a;
    slots.acquire({kHere, of_a});
  }
  EXPECT_FALSE(seen.expired());
  slots.release(slots.acquire({kHere, names("a", {})}).slot);
  EXPECT_TRUE(seen.expired());
}

TEST(DestinationNumbers, a_name_keeps_its_number) {
  DestinationNumbers numbers;
  EXPECT_EQ(numbers.number("a", Direction::kOutbound), 0u);
  EXPECT_EQ(numbers.number(std::string("b"), Direction::kInbound), 1u);
  EXPECT_EQ(numbers.number("a", Direction::kOutbound), 0u);
  EXPECT_EQ(numbers.entries()[1].name, "b");
}

}  // namespace
}  // namespace weft::proxy
