#include "control-plane/store/resource_table.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "control-plane/store/store_test_support.h"

namespace weft::cp {
namespace {

std::vector<std::string> names(const ResourceTable& table) {
  std::vector<std::string> out;
  for (const auto& [name, resource] : table) out.push_back(name);
  return out;
}

TEST(ResourceTable, KeepsNamesInOrderHoweverTheyCome) {
  const ResourceTable table({mesh("c"), mesh("a"), mesh("b")});
  EXPECT_EQ(names(table), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(table.lower_bound("bb")->first, "c");
  EXPECT_EQ(table.lower_bound("d"), table.end());
  EXPECT_EQ(table.find("bb"), table.end());
  const ResourceTable empty;
  EXPECT_EQ(empty.find("a"), empty.end());
}

TEST(ResourceTable, ACopyIsChangedWithoutTheOriginal) {
  ResourceTable original({mesh("a"), mesh("b")});
  ResourceTable copy = original;
  copy.erase("a");
  copy.set(mesh("c"));
  EXPECT_EQ(names(original), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(names(copy), (std::vector<std::string>{"b", "c"}));
  copy.erase("b");
  copy.erase("c");
  copy.erase("c");
  EXPECT_TRUE(copy.empty());
  EXPECT_EQ(copy.begin(), copy.end());
}

TEST(ResourceTable, DoesWhatAMapDoes) {
  Random random(7);
  ResourceTable table;
  std::map<std::string, ResourcePtr> map;
  for (int i = 0; i < 4000; ++i) {
    const std::string name = cat("n", random.below(600));
    if (random.below(3) == 0) {
      table.erase(name);
      map.erase(name);
    } else {
      const ResourcePtr resource = mesh(name);
      table.set(resource);
      map[name] = resource;
    }
    ASSERT_EQ(table.size(), map.size());
    if (i % 100 != 0) continue;
    auto expected = map.begin();
    for (const auto& [key, resource] : table) {
      ASSERT_EQ(key, expected->first);
      ASSERT_EQ(resource, expected->second);
      ++expected;
    }
    const std::string probe = cat("n", random.below(700));
    const auto found = table.lower_bound(probe);
    const auto wanted = map.lower_bound(probe);
    ASSERT_EQ(found == table.end(), wanted == map.end());
    if (wanted != map.end()) {
      ASSERT_EQ(found->first, wanted->first);
    }
  }
}

}  // namespace
}  // namespace weft::cp
