// What a running proxy says of itself, asked through the control plane.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "tests/support/http.h"
#include "tests/support/mesh.h"
#include "tests/support/wait.h"

namespace weft::test {
namespace {

using testing::HasSubstr;

class ProxyAdmin : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output();
    ASSERT_NE(mesh_.start_web_and_backend(), 0);
  }
  HttpAnswer ask(const std::string& rest) {
    return http_get(mesh_.api_port(), cat("/meshes/default/dataplanes/", rest)).value_or(HttpAnswer());
  }
  Mesh mesh_;
};

TEST_F(ProxyAdmin, ARunningProxyAnswersAndOneThatIsAwayIsUnavailable) {
  const HttpAnswer dump = ask("web-1/xds?include_eds=true");
  EXPECT_EQ(dump.status, 200) << dump.body;
  EXPECT_THAT(dump.body, HasSubstr("kri_msvc_default_default__backend_"));
  EXPECT_THAT(dump.body, HasSubstr("endpointSets"));
  EXPECT_THAT(ask("web-1/stats").body, HasSubstr(": "));
  EXPECT_THAT(ask("web-1/clusters").body, HasSubstr("::weight::"));
  // The Dataplane stays a while after its proxy went.
  mesh_.process("web-1").kill();
  HttpAnswer away;
  EXPECT_TRUE(eventually([&] { return (away = ask("web-1/stats")).status == 503; })) << away.status << away.body;
  EXPECT_THAT(away.body, HasSubstr("Service unavailable"));
}

}  // namespace
}  // namespace weft::test
