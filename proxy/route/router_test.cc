#include "proxy/route/router.h"

#include <gtest/gtest.h>

namespace weft::proxy {
namespace {

TEST(Router, CoversWholeSegmentsOnly) {
  EXPECT_TRUE(covers_path("/api", "/api"));
  EXPECT_TRUE(covers_path("/api", "/api/x"));
  EXPECT_TRUE(covers_path("/api", "/api?x=1"));
  EXPECT_TRUE(covers_path("/api/", "/api"));
  EXPECT_FALSE(covers_path("/api", "/apix"));
  EXPECT_FALSE(covers_path("/api", "/ap"));
  EXPECT_FALSE(covers_path("/api", "*"));
}

TEST(Router, AnEmptyPrefixCoversEverything) {
  EXPECT_TRUE(covers_path("", "/a"));
  EXPECT_TRUE(covers_path("/", "/a"));
  EXPECT_TRUE(covers_path("/", "*"));
}

TEST(Router, TakesTheFirstRouteThatMatches) {
  Destination destination;
  destination.routes.resize(3);
  destination.routes[0].path_prefix = "/a/b";
  destination.routes[1].path_prefix = "/a";
  destination.routes[2].path_prefix = "/a/b/c";
  EXPECT_EQ(match_route(destination, "/a/b/c"), &destination.routes[0]);
  EXPECT_EQ(match_route(destination, "/a/x?y"), &destination.routes[1]);
  EXPECT_EQ(match_route(destination, "/z"), nullptr);
}

}  // namespace
}  // namespace weft::proxy
