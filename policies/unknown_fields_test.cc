#include "policies/unknown_fields.h"

#include <gtest/gtest.h>

#include "weft/v1/mesh_traffic_permission.pb.h"

namespace weft {
namespace {

void add_unknown(google::protobuf::Message& message, int number) {
  message.GetReflection()->MutableUnknownFields(&message)->AddVarint(number, 1);
}

TEST(UnknownFields, AMessageWithoutThemHasNone) {
  v1::MeshTrafficPermissionConf conf;
  conf.add_deny()->mutable_spiffe_id()->set_value("spiffe://td/a");
  EXPECT_EQ(unknown_field(conf), "");
}

TEST(UnknownFields, TheFirstIsNamedWithItsPlace) {
  v1::MeshTrafficPermissionConf conf;
  add_unknown(*conf.mutable_allow_with_shadow_deny()->Add()->mutable_sni(), 9);
  EXPECT_EQ(unknown_field(conf), "allowWithShadowDeny[0].sni has an unknown field 9");
  add_unknown(*conf.mutable_deny()->Add(), 7);
  EXPECT_EQ(unknown_field(conf), "deny[0] has an unknown field 7");
  add_unknown(conf, 5);
  EXPECT_EQ(unknown_field(conf), "it has an unknown field 5");
}

}  // namespace
}  // namespace weft
