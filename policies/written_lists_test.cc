#include "policies/written_lists.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "policies/merge.h"
#include "weft/v1/mesh_http_route.pb.h"

namespace weft {
namespace {

using Action = v1::HttpRouteAction;

void write_empty(Action& action, const std::string& list) {
  set_written_empty(action, *Action::descriptor()->FindFieldByName(list));
}

TEST(WrittenLists, AnEmptyListIsToldFromAnAbsentOne) {
  Action action;
  EXPECT_FALSE(is_written_empty(action, "filters"));
  write_empty(action, "filters");
  write_empty(action, "filters");
  EXPECT_TRUE(is_written_empty(action, "filters"));
  EXPECT_FALSE(is_written_empty(action, "backend_refs"));
  action.add_filters();
  EXPECT_FALSE(is_written_empty(action, "filters"));
}

TEST(WrittenLists, TheMarkIsStoredAndComparedWithTheMessage) {
  Action action;
  write_empty(action, "backend_refs");
  Action again;
  ASSERT_TRUE(again.ParseFromString(action.SerializeAsString()));
  EXPECT_TRUE(is_written_empty(again, "backend_refs"));
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(action, again));
  EXPECT_FALSE(google::protobuf::util::MessageDifferencer::Equals(action, Action()));
}

TEST(WrittenLists, WhereTheSchemaDoesNotTellThemApartNothingIsKept) {
  v1::MeshHTTPRoute route;
  set_written_empty(route, *v1::MeshHTTPRoute::descriptor()->FindFieldByName("to"));
  EXPECT_FALSE(is_written_empty(route, "to"));
  EXPECT_EQ(route.ByteSizeLong(), 0u);
}

TEST(WrittenLists, AnEmptyListEmptiesTheWeakerPolicysAndAFullOneFillsItAgain) {
  Action merged;
  merged.add_backend_refs()->set_kind("MeshService");
  merged.add_filters()->set_type("URLRewrite");
  Action patch;
  write_empty(patch, "backend_refs");
  merge_conf(patch, merged);
  EXPECT_TRUE(is_written_empty(merged, "backend_refs"));
  EXPECT_EQ(merged.filters_size(), 1);  // absent in the patch: stays
  Action full;
  full.add_backend_refs()->set_kind("MeshExternalService");
  merge_conf(full, merged);
  EXPECT_EQ(merged.backend_refs_size(), 1);
  EXPECT_FALSE(is_written_empty(merged, "backend_refs"));
}

}  // namespace
}  // namespace weft
