#include "proxy/route/server_names.h"

#include <gtest/gtest.h>

#include <string>

namespace weft::proxy {
namespace {

std::shared_ptr<const Destination> place(const std::string& name) {
  auto made = std::make_shared<Destination>();
  made->name = name;
  return made;
}

struct ServerNamesTest : testing::Test {
  ServerNames names;
  // Where it leads; "-": not known.
  std::string found(std::string_view name) const {
    const auto* const there = names.find(name);
    return there == nullptr ? "-" : (*there)->name;
  }
};

TEST_F(ServerNamesTest, AWildcardStandsForOneOrMoreLabels) {
  ASSERT_TRUE(names.add("*.example.com", place("any")));
  EXPECT_EQ(found("a.example.com"), "any");
  EXPECT_EQ(found("a.b.c.example.com"), "any");
  EXPECT_EQ(found("example.com"), "-");
  EXPECT_EQ(found("anexample.com"), "-");
  EXPECT_EQ(found("a.example.com.org"), "-");
  EXPECT_EQ(found("com"), "-");
}

TEST_F(ServerNamesTest, TheNameItselfComesFirstThenTheLongestWildcard) {
  for (const char* name : {"*.com", "*.example.com", "*.b.example.com", "a.b.example.com", "example.com"}) {
    ASSERT_TRUE(names.add(name, place(name)));
  }
  EXPECT_EQ(found("a.b.example.com"), "a.b.example.com");
  EXPECT_EQ(found("x.b.example.com"), "*.b.example.com");
  EXPECT_EQ(found("x.a.b.example.com"), "*.b.example.com");
  EXPECT_EQ(found("b.example.com"), "*.example.com");
  EXPECT_EQ(found("example.com"), "example.com");
  EXPECT_EQ(found("other.com"), "*.com");
  EXPECT_EQ(found("com"), "-");
}

TEST_F(ServerNamesTest, OnlyNamesInTheirOneFormAreTaken) {
  for (const char* name :
       {"", "*", "*.", "*.*", "a.*.b", "*a.b", "A.b", "a.b.", ".a", "a..b", "10.0.0.1", "*.10.0.0.1", "::1", "a b"}) {
    EXPECT_FALSE(names.add(name, place("x"))) << name;
  }
  EXPECT_TRUE(names.add("localhost", place("x")));
  EXPECT_FALSE(names.add("localhost", place("y"))) << "it is there already";
  EXPECT_TRUE(names.add("sni.msvc.default.redis.6379", place("z")));
  EXPECT_TRUE(names.add("*.localhost", place("x")));
}

TEST_F(ServerNamesTest, ManyNamesAreToldApart) {
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "s" + std::to_string(i) + ".example.com";
    ASSERT_TRUE(names.add(name, place(name)));
  }
  EXPECT_EQ(found("s999.example.com"), "s999.example.com");
  EXPECT_EQ(found("s1000.example.com"), "-");
  EXPECT_EQ(names.size(), 1000u);
}

}  // namespace
}  // namespace weft::proxy
