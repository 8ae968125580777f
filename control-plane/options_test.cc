#include "control-plane/options.h"

#include <cstdlib>
#include <map>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/document/document.h"
#include "base/file.h"

namespace weft::cp {
namespace {

class OptionsTest : public testing::Test {
 protected:
  void TearDown() override {
    for (const std::string& file : files_) ::unlink(file.c_str());
  }
  Result<Options> read(const std::vector<std::string>& arguments) {
    return read_options(arguments, [this](const char* name) -> const char* {
      const auto found = environment_.find(name);
      return found == environment_.end() ? nullptr : found->second.c_str();
    });
  }
  std::string write(std::string_view text) {
    char name[] = "/tmp/weft-options-XXXXXX";
    ::close(::mkstemp(name));
    files_.emplace_back(name);
    EXPECT_TRUE(write_file(files_.back(), text).ok());
    return files_.back();
  }
  std::map<std::string, std::string> environment_{{"HOME", "/home/x"}};
  std::vector<std::string> files_;
};

TEST_F(OptionsTest, WithoutAnythingTheDefaultsHold) {
  const Options options = read({}).value();
  EXPECT_EQ(options.work_dir, "/home/x/.weft");
  EXPECT_EQ(options.api_port, 5681);
  EXPECT_EQ(options.dp_port, 5678);
  EXPECT_EQ(options.diagnostics_port, 5680);
  EXPECT_EQ(options.zone, "default");
}

TEST_F(OptionsTest, TheFileYieldsToTheEnvironmentAndThatToFlags) {
  const std::string file = write(
      "apiServer: {http: {port: 1}}\ndpServer: {port: 2}\ndiagnostics: {serverPort: 3}\n"
      "meshService: {generationInterval: 5s}\nstore: {unsafeDelete: true}\nunknown: {key: [1]}\n");
  environment_["KUMA_API_SERVER_HTTP_PORT"] = "10";
  environment_["KUMA_DP_SERVER_PORT"] = "20";
  environment_["KUMA_DP_SERVER_AUTHN_ENABLE_RELOADABLE_TOKENS"] = "true";
  const Options options = read({"-c", file, "--api-port", "100"}).value();
  EXPECT_EQ(options.api_port, 100);
  EXPECT_EQ(options.dp_port, 20);
  EXPECT_TRUE(options.reloadable_tokens);
  EXPECT_EQ(options.diagnostics_port, 3);
  EXPECT_EQ(options.mesh_service_interval, std::chrono::seconds(5));
  EXPECT_TRUE(options.unsafe_delete);
}

TEST_F(OptionsTest, TheKeysOfTheStoreComeFromTheEnvironmentAndAreNeverPrinted) {
  environment_["WEFT_STORE_KEY"] = "c2VjcmV0";
  const Options options = read({"--store-key-command", "kms decrypt"}).value();
  EXPECT_EQ(options.store_keys, "c2VjcmV0");
  EXPECT_EQ(options.store_key_command, "kms decrypt");
  EXPECT_EQ(print_options(options).find("c2VjcmV0"), std::string::npos);
}

TEST_F(OptionsTest, WhatIsWrongIsNamed) {
  const auto problem = [this](const std::vector<std::string>& arguments) { return reason(read(arguments).status()); };
  EXPECT_EQ(problem({"--api-port", "x"}), "--api-port: \"x\" is not a port from 0 to 65535");
  EXPECT_EQ(problem({"--api-port=65536"}), "--api-port: \"65536\" is not a port from 0 to 65535");
  EXPECT_EQ(problem({"extra"}), "unexpected argument \"extra\"");
  EXPECT_EQ(problem({"--log-level", "loud"}), "--log-level: \"loud\" is not a level");
  EXPECT_NE(problem({"--nonsense"}).find("nonsense"), std::string::npos);
  const std::string file = write("a: b\nstore:\n  unsafeDelete: maybe\n");
  EXPECT_EQ(problem({"-c", file}), file + ", line 3: store.unsafeDelete: \"maybe\" is neither true nor false");
  EXPECT_NE(problem({"-c", "/no/such/file"}).find("/no/such/file"), std::string::npos);
  environment_["KUMA_MODE"] = "galaxy";
  EXPECT_EQ(problem({}), "invalid mode. Available modes: zone, global");
  environment_["KUMA_MODE"] = "zone";
  environment_["KUMA_MESH_SERVICE_GENERATION_INTERVAL"] = "-1s";
  EXPECT_EQ(problem({}), "KUMA_MESH_SERVICE_GENERATION_INTERVAL: \"-1s\" is negative");
}

TEST_F(OptionsTest, TypesThatAreSwitchedOnMustBeKnown) {
  EXPECT_EQ(read({}).value().enabled_policies.size(), 16u);
  environment_["KUMA_PLUGIN_POLICIES_ENABLED"] = "meshretries, meshtimeouts";
  environment_["KUMA_CORE_RESOURCES_ENABLED"] = "";
  const Options options = read({}).value();
  EXPECT_EQ(options.enabled_policies, (std::vector<std::string>{"meshretries", "meshtimeouts"}));
  EXPECT_TRUE(options.enabled_core_resources.empty());
  environment_["KUMA_PLUGIN_POLICIES_ENABLED"] = "meshretry";
  EXPECT_EQ(reason(read({}).status()).find("policies.pluginPoliciesEnabled: \"meshretry\" is none of meshaccesslogs"),
            0u);
}

TEST_F(OptionsTest, ListsComeFromTheFileAndFromTheEnvironment) {
  const std::string file = write(
      "access:\n  static:\n    generateUserToken: {users: [jo], groups: [team-a, team-b]}\n"
      "    viewStats: {groups: []}\n"
      "apiServer:\n  corsAllowedDomains: [\"https://a\"]\n"
      "  authn: {tokens: {enableIssuer: false, validator: {useSecrets: false, publicKeys: [\n"
      "    {kid: one, key: pem}, {kid: two, keyFile: /k}]}}}\n");
  environment_["KUMA_ACCESS_STATIC_GENERATE_USER_TOKEN_GROUPS"] = "team-c, team-d";
  environment_["KUMA_ACCESS_STATIC_GET_CONFIG_DUMP_USERS"] = "ann";
  const Options options = read({"-c", file}).value();
  EXPECT_EQ(options.access.generate_user_token.users, (std::vector<std::string>{"jo"}));
  EXPECT_EQ(options.access.generate_user_token.groups, (std::vector<std::string>{"team-c", "team-d"}));
  EXPECT_EQ(options.access.view_config_dump.users, (std::vector<std::string>{"ann"}));
  EXPECT_TRUE(options.access.view_stats.groups.empty());
  EXPECT_EQ(options.access.admin_resources.users, (std::vector<std::string>{"mesh-system:admin"}));
  EXPECT_EQ(options.cors_allowed_domains, (std::vector<std::string>{"https://a"}));
  EXPECT_FALSE(options.user_tokens.enable_issuer);
  EXPECT_FALSE(options.user_tokens.use_secrets);
  EXPECT_TRUE(options.dataplane_tokens.enable_issuer);
  EXPECT_EQ(options.user_tokens.public_keys, (std::vector<PublicKeySetting>{{"one", "pem", ""}, {"two", "", "/k"}}));
}

TEST_F(OptionsTest, WrongListsAndTlsSettingsAreNamed) {
  const auto problem = [this](std::string_view text) { return reason(read({"-c", write(text)}).status()); };
  EXPECT_NE(problem("access: {static: {viewStats: {users: [{}]}}}").find("must be a list of words"), std::string::npos);
  const std::string keys = "apiServer: {authn: {tokens: {validator: {publicKeys: ";
  EXPECT_NE(problem(keys + "[{key: a}]}}}}").find("every key needs a kid"), std::string::npos);
  EXPECT_NE(problem(keys + "[{kid: a}]}}}}").find("either key or keyFile"), std::string::npos);
  EXPECT_NE(problem("apiServer: {http: {port: [1]}}").find("must be a single value"), std::string::npos);
  EXPECT_EQ(problem("apiServer: {https: {tlsCertFile: a}}"), "apiServer.https: tlsCertFile and tlsKeyFile go together");
  EXPECT_EQ(problem("apiServer: {https: {requireClientCert: true}}"),
            "apiServer.https: requireClientCert needs tlsCaFile");
  EXPECT_EQ(problem("apiServer: {https: {port: x}}"), "apiServer.https.port: \"x\" is not a port from 0 to 65535");
  EXPECT_EQ(problem("apiServer: {basePath: kuma}"), "apiServer.basePath: must start with /");
}

TEST_F(OptionsTest, ThePlaceFollowsFromModeAndGlobalAddress) {
  environment_["KUMA_MULTIZONE_ZONE_NAME"] = "east";
  Place place = place_of(read({}).value());
  EXPECT_EQ(place.zone, "east");
  EXPECT_FALSE(place.is_global || place.is_federated);
  environment_["KUMA_MULTIZONE_ZONE_GLOBAL_ADDRESS"] = "grpcs://global:5685";
  environment_["KUMA_MULTIZONE_ZONE_DISABLE_ORIGIN_LABEL_VALIDATION"] = "true";
  place = place_of(read({}).value());
  EXPECT_TRUE(place.is_federated);
  EXPECT_FALSE(place.checks_origin);
  environment_["KUMA_MODE"] = "global";
  EXPECT_FALSE(read({}).ok());
  environment_.erase("KUMA_MULTIZONE_ZONE_GLOBAL_ADDRESS");
  EXPECT_TRUE(place_of(read({}).value()).is_global);
  environment_["KUMA_MULTIZONE_ZONE_NAME"] = "East_1";
  EXPECT_FALSE(read({}).ok());
}

TEST_F(OptionsTest, PrintedSettingsAreJsonNestedAsInAFile) {
  const std::string text = print_options(read({"--dp-port", "7"}).value());
  const Result<Node> parsed = parse_json(text);
  ASSERT_TRUE(parsed.ok()) << text;
  EXPECT_EQ(parsed->find("dpServer")->find("port")->text, "7");
  EXPECT_EQ(parsed->find("dpServer")->find("authn")->find("dpProxy")->find("type")->text, "");
  EXPECT_EQ(parsed->find("meshService")->find("generationInterval")->text, "2s");
}

}  // namespace
}  // namespace weft::cp
