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
  EXPECT_EQ(active_destination(globals_)->plane.url, "http://localhost:5681");
}

TEST_F(ConfigFileTest, NoConfigTouchesNothing) {
  globals_.no_config = true;
  EXPECT_EQ(active_destination(globals_)->plane.url, "http://localhost:5681");
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
  Config saved;
  saved.add(ControlPlane{});
  saved.add(plane);
  saved.contexts.back().mesh = "shop";
  ASSERT_TRUE(save_config(globals_, saved).ok());
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
  EXPECT_EQ(active_destination(globals_)->mesh, "shop");
  EXPECT_THAT(config_text(*config, true), Not(HasSubstr("secret")));
}

TEST_F(ConfigFileTest, TheContextFlagWinsAndAnUnknownOneIsNamed) {
  Config config;
  config.add({.name = "b", .url = "http://b:1", .auth_conf = {}, .headers = {}});
  config.add(ControlPlane{});
  ASSERT_TRUE(save_config(globals_, config).ok());
  EXPECT_EQ(active_destination(globals_)->plane.url, "http://localhost:5681");
  globals_.context = "b";
  EXPECT_EQ(active_destination(globals_)->plane.url, "http://b:1");
  globals_.context = "c";
  EXPECT_EQ(reason(active_destination(globals_).status()), "there is no context with name \"c\"");
}

TEST_F(ConfigFileTest, TheOlderSpellingOfKeysIsRead) {
  const auto config = parse_config(R"(
control_planes: [{name: a, coordinates: {api_server: {url: "https://a:1", ca_cert_file: /ca, skip_verify: true}}}]
contexts: [{name: dev, control_plane: a, defaults: {mesh: demo}}]
current_context: dev
)");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->find("a")->ca_cert_file, "/ca");
  EXPECT_TRUE(config->find("a")->skip_verify);
  EXPECT_EQ(config->find_context(config->current)->mesh, "demo");
  EXPECT_THAT(config_text(*config, false), HasSubstr("currentContext: dev"));
}

TEST_F(ConfigFileTest, AnAddedControlPlaneTakesThePlaceOfItsNamesake) {
  auto config = parse_config(R"(
controlPlanes: [{name: a, coordinates: {apiServer: {url: "http://old:1"}}}, {name: b, coordinates: {}}]
contexts: [{name: a, controlPlane: a, defaults: {mesh: demo}}, {name: b, controlPlane: b, defaults: {mesh: m}}]
currentContext: b
)");
  ASSERT_TRUE(config.ok());
  config->add({.name = "a", .url = "http://new:1", .auth_conf = {}, .headers = {}});
  ASSERT_EQ(config->control_planes.size(), 2u);
  EXPECT_EQ(config->control_planes[0].url, "http://new:1");
  EXPECT_EQ(config->contexts[0].mesh, "");
  EXPECT_EQ(config->contexts[1].mesh, "m");
  EXPECT_EQ(config->current, "a");
}

TEST_F(ConfigFileTest, RemovingTheActiveOneMakesAnotherActive) {
  Config config;
  config.add({.name = "a", .url = "", .auth_conf = {}, .headers = {}});
  config.add({.name = "b", .url = "", .auth_conf = {}, .headers = {}});
  EXPECT_TRUE(config.remove("b"));
  EXPECT_EQ(config.current, "a");
  EXPECT_FALSE(config.remove("b"));
  EXPECT_TRUE(config.remove("a"));
  EXPECT_EQ(config.current, "");
  EXPECT_TRUE(config.contexts.empty());
}

TEST_F(ConfigFileTest, AContextThatLeadsNowhereIsNamed) {
  ASSERT_TRUE(make_folder(folder_ + "/sub").ok());
  ASSERT_TRUE(write_file(globals_.config_file, "contexts: [{name: x, controlPlane: gone}]\ncurrentContext: x\n").ok());
  EXPECT_THAT(reason(active_destination(globals_).status()), HasSubstr("\"gone\", which is not in the configuration"));
}

TEST_F(ConfigFileTest, ABrokenFileIsNamed) {
  ASSERT_TRUE(make_folder(folder_ + "/sub").ok());
  ASSERT_TRUE(write_file(globals_.config_file, "controlPlanes: [").ok());
  EXPECT_THAT(reason(load_config(globals_).status()), HasSubstr(globals_.config_file));
  ASSERT_TRUE(write_file(globals_.config_file, "controlPlanes: []\n").ok());
  EXPECT_THAT(reason(active_destination(globals_).status()), HasSubstr("active Control Plane is not set"));
}

}  // namespace
}  // namespace weft::ctl
