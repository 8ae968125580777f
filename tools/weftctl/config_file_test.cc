#include "tools/weftctl/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/file.h"
#include "base/text.h"

namespace weft::ctl {
namespace {

using testing::HasSubstr;
using testing::Not;

class ConfigFileTest : public testing::Test {
 protected:
  ConfigFileTest() : folder_(cat(testing::TempDir(), "config_file_test")) {
    std::filesystem::remove_all(folder_);
    globals_.config_file = folder_ + "/sub/config";
  }
  ~ConfigFileTest() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  Globals globals_;
};

TEST_F(ConfigFileTest, IsCreatedOnFirstUseForItsOwnerOnly) {
  const auto config = load_config(globals_);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->current, "local");
  struct stat facts {};
  ASSERT_EQ(stat(globals_.config_file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  EXPECT_EQ(active_control_plane(globals_)->url, "http://localhost:5681");
}

TEST_F(ConfigFileTest, NoConfigTouchesNothing) {
  globals_.no_config = true;
  EXPECT_EQ(active_control_plane(globals_)->url, "http://localhost:5681");
  EXPECT_FALSE(std::filesystem::exists(folder_));
}

TEST_F(ConfigFileTest, EverythingSurvivesWritingAndReading) {
  ControlPlane plane{.name = "prod",
                     .url = "https://cp:5682",
                     .ca_cert_file = "/ca.pem",
                     .client_cert_file = "/c",
                     .client_key_file = "/k",
                     .skip_verify = true,
                     .auth_type = "tokens",
                     .auth_conf = {{"token", "secret.token"}},
                     .headers = {{"X-Team", "a: b"}}};
  ASSERT_TRUE(save_config(globals_, {{ControlPlane{}, plane}, "prod"}).ok());
  const auto config = load_config(globals_);
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->control_planes.size(), 2u);
  const ControlPlane* read = config->find("prod");
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->url, plane.url);
  EXPECT_EQ(read->ca_cert_file, plane.ca_cert_file);
  EXPECT_TRUE(read->skip_verify);
  EXPECT_EQ(read->token(), "secret.token");
  EXPECT_EQ(read->headers, plane.headers);
  EXPECT_EQ(config->current, "prod");
  EXPECT_THAT(config_text(*config, true), Not(HasSubstr("secret")));
}

TEST_F(ConfigFileTest, TheContextFlagWinsAndAnUnknownOneIsNamed) {
  ASSERT_TRUE(save_config(globals_, {{ControlPlane{},
                                      ControlPlane{.name = "b", .url = "http://b:1", .auth_conf = {}, .headers = {}}},
                                     "local"})
                  .ok());
  globals_.context = "b";
  EXPECT_EQ(active_control_plane(globals_)->url, "http://b:1");
  globals_.context = "c";
  EXPECT_EQ(reason(active_control_plane(globals_).status()), "there is no context with name \"c\"");
}

TEST_F(ConfigFileTest, ABrokenFileIsNamed) {
  ASSERT_TRUE(make_folder(folder_ + "/sub").ok());
  ASSERT_TRUE(write_file(globals_.config_file, "controlPlanes: [").ok());
  EXPECT_THAT(reason(load_config(globals_).status()), HasSubstr(globals_.config_file));
  ASSERT_TRUE(write_file(globals_.config_file, "controlPlanes: []\n").ok());
  EXPECT_THAT(reason(active_control_plane(globals_).status()), HasSubstr("active Control Plane is not set"));
}

}  // namespace
}  // namespace weft::ctl
