#include "proxy/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace weft::proxy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Environment variables(std::map<std::string, std::string> values) {
  return [values](const char* name) -> const char* {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  };
}

std::string error_of(const std::vector<std::string>& arguments, std::map<std::string, std::string> environment = {}) {
  const Result<RunOptions> options = parse_run_options(arguments, variables(std::move(environment)));
  return options.ok() ? "" : reason(options.status());
}

TEST(Options, defaults_are_those_of_the_contract) {
  const Result<RunOptions> o = parse_run_options({"--name", "web-1", "--mesh", "default"}, variables({}));
  ASSERT_TRUE(o.ok()) << o.status();
  EXPECT_EQ(o->control_plane_address, "https://localhost:5678");
  EXPECT_EQ(o->retry_backoff, std::chrono::seconds(3));
  EXPECT_EQ(o->retry_max_duration, std::chrono::minutes(5));
  EXPECT_EQ(o->drain_time, std::chrono::seconds(30));
  EXPECT_EQ(o->readiness_port, 9902);
  EXPECT_EQ(o->concurrency, 0);
  EXPECT_FALSE(o->skip_verify);
}

TEST(Options, a_flag_beats_the_environment_and_the_environment_beats_the_default) {
  const std::map<std::string, std::string> environment = {{"KUMA_CONTROL_PLANE_URL", "https://env:1"},
                                                          {"KUMA_DATAPLANE_DRAIN_TIME", "7s"},
                                                          {"KUMA_DATAPLANE_NAME", "env-name"},
                                                          {"KUMA_DATAPLANE_MESH", "env-mesh"},
                                                          {"KUMA_READINESS_PORT", "0"}};
  const Result<RunOptions> o =
      parse_run_options({"--cp-address=https://flag:2", "--name=web-1"}, variables(environment));
  ASSERT_TRUE(o.ok()) << o.status();
  EXPECT_EQ(o->control_plane_address, "https://flag:2");
  EXPECT_EQ(o->name, "web-1");
  EXPECT_EQ(o->mesh, "env-mesh");
  EXPECT_EQ(o->drain_time, std::chrono::seconds(7));
  EXPECT_EQ(o->readiness_port, 0);
}

TEST(Options, limits_are_read_with_their_units) {
  const Result<RunOptions> o = parse_run_options({"--name=a", "--mesh=b", "--memory-limit=64Mi", "--max-connections=7",
                                                  "--glitch-limit=0", "--retry-budget=30", "--refuse-underscores"},
                                                 variables({}));
  ASSERT_TRUE(o.ok()) << o.status();
  EXPECT_EQ(o->limits.memory_bytes, 64u * 1024 * 1024);
  EXPECT_EQ(o->limits.max_connections, 7u);
  EXPECT_EQ(o->limits.glitches, 0u);
  EXPECT_EQ(o->limits.retry_budget, 30u);
  EXPECT_TRUE(o->limits.refuse_underscores);
  EXPECT_THAT(error_of({"--name=a", "--mesh=b", "--memory-limit=1Mi"}), HasSubstr("--memory-limit: at least 16Mi"));
  EXPECT_THAT(error_of({"--name=a", "--mesh=b", "--memory-limit=much"}), HasSubstr("--memory-limit: \"much\""));
  EXPECT_THAT(error_of({"--name=a", "--mesh=b", "--max-connecting=0"}),
              HasSubstr("--max-connecting: must be at least"));
}

TEST(Options, taking_over_needs_the_work_directory_of_the_other) {
  EXPECT_THAT(error_of({"--name=a", "--mesh=b", "--take-over"}), HasSubstr("--take-over: needs the --work-dir"));
  EXPECT_EQ(error_of({"--name=a", "--mesh=b", "--take-over", "--work-dir=/tmp/x"}), "");
}

TEST(Options, a_token_given_as_flag_replaces_the_token_file_of_the_environment) {
  const Result<RunOptions> o = parse_run_options({"--name=a", "--mesh=b", "--dataplane-token=x"},
                                                 variables({{"KUMA_DATAPLANE_RUNTIME_TOKEN_PATH", "/token"}}));
  ASSERT_TRUE(o.ok()) << o.status();
  EXPECT_EQ(o->token, "x");
  EXPECT_EQ(o->token_file, "");
}

TEST(Options, variables_are_repeatable_and_comma_separated) {
  const Result<RunOptions> o = parse_run_options(
      {"-d", "dp.yaml", "-v", "name=web-1,address=10.0.0.1", "--dataplane-var", "port=80"}, variables({}));
  ASSERT_TRUE(o.ok()) << o.status();
  EXPECT_EQ(o->dataplane_file, "dp.yaml");
  EXPECT_EQ(o->dataplane_vars.at("name"), "web-1");
  EXPECT_EQ(o->dataplane_vars.at("address"), "10.0.0.1");
  EXPECT_EQ(o->dataplane_vars.at("port"), "80");
}

TEST(Options, a_name_beside_a_definition_is_refused_with_the_contracts_text) {
  EXPECT_EQ(error_of({"--name=a", "--dataplane-file=x"}),
            "--name and --mesh cannot be specified when a dataplane definition is provided, mesh and name will be read "
            "from the "
            "dataplane definition");
}

TEST(Options, errors_name_the_flag_or_the_variable) {
  EXPECT_EQ(error_of({"--proxy-type", "ingress"}), "--proxy-type: invalid proxy type \"ingress\"");
  EXPECT_THAT(error_of({"--drain-time", "soon"}), HasSubstr("--drain-time: "));
  EXPECT_EQ(error_of({"--name=a", "--mesh=b", "--drain-time=-1s"}), "--drain-time: must not be negative");
  EXPECT_THAT(error_of({"--mesh"}), HasSubstr("--mesh: a value is missing"));
  EXPECT_THAT(error_of({"--cp-adress=x"}), HasSubstr("did you mean --cp-address?"));
  EXPECT_EQ(error_of({"extra"}), "unexpected argument \"extra\"");
  EXPECT_THAT(error_of({}, {{"KUMA_READINESS_PORT", "x"}}), HasSubstr("KUMA_READINESS_PORT"));
  EXPECT_EQ(error_of({"--name=a", "--mesh=b", "--readiness-port=70000"}),
            "--readiness-port: must be between 0 and 65535");
  EXPECT_EQ(error_of({"--mesh=m"}), "--name: required, unless --dataplane-file is given");
  EXPECT_EQ(error_of({"--name=m"}), "--mesh: required, unless --dataplane-file is given");
  EXPECT_EQ(error_of({"-v", "novalue"}), "--dataplane-var: \"novalue\" is not of the form key=value");
}

TEST(Options, flags_of_other_data_planes_are_accepted_and_the_unsupported_ones_are_named) {
  const Result<RunOptions> o =
      parse_run_options({"--name=a", "--mesh=b", "--binary-path=/envoy", "--envoy-log-level=debug",
                         "--dns-enabled=false", "--transparent-proxy", "--bind-outbounds=false"},
                        variables({}));
  ASSERT_TRUE(o.ok()) << o.status();
  EXPECT_THAT(o->without_effect, ElementsAre("--transparent-proxy"));
}

TEST(Options, wait_reads_its_own_flags) {
  const Result<WaitOptions> o = parse_wait_options({"--unix-socket=/run/admin.sock", "--timeout", "5s"});
  ASSERT_TRUE(o.ok()) << o.status();
  EXPECT_EQ(o->unix_socket, "/run/admin.sock");
  EXPECT_EQ(o->timeout, std::chrono::seconds(5));
  EXPECT_FALSE(parse_wait_options({"--mesh=x"}).ok());
}

TEST(Options, every_run_flag_is_in_the_help_with_its_variable) {
  EXPECT_THAT(run_help(), HasSubstr("--dataplane-token-file"));
  EXPECT_THAT(run_help(), HasSubstr("KUMA_DATAPLANE_RUNTIME_TOKEN_PATH"));
}

TEST(Options, at_least_one_cpu_is_usable) { EXPECT_GE(usable_cpus(), 1u); }

}  // namespace
}  // namespace weft::proxy
