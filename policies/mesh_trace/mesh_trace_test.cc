#include "policies/mesh_trace/mesh_trace.h"

#include <gmock/gmock.h>

#include "policies/mesh_trace/collector_url.h"
#include "policies/policy_text.h"
#include "policies/written_lists.h"
#include "weft/v1/mesh_trace.pb.h"

namespace weft {
namespace {

using mesh_trace::parse_collector_url;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::spec_of;

std::vector<Violation> validated(const std::string& spec) {
  Violations violations;
  mesh_trace_kind().validate(spec_of<v1::MeshTrace>(spec), violations);
  return violations.list();
}
std::vector<Violation> backend(const std::string& text) {
  return validated(cat("default { backends { ", text, " } }"));
}
std::vector<Violation> with_zipkin(const std::string& text) {
  return validated(cat("default { backends { type: 'Zipkin' zipkin { url: 'http://a:1/' } } ", text, " }"));
}
std::vector<std::string> datadog(const std::string& url) {
  std::vector<std::string> reasons;
  for (const Violation& violation : backend(cat("type: 'Datadog' datadog { url: '", url, "' }"))) {
    EXPECT_EQ(violation.field, "spec.default.backends[0].datadog.url");
    reasons.push_back(violation.reason);
  }
  return reasons;
}

TEST(MeshTrace, NoBackendHasToBeWrittenDown) {
  const Violation missing{"spec.default.backends", "must be defined"};
  EXPECT_THAT(validated(""), ElementsAre(missing));
  EXPECT_THAT(validated("default {}"), ElementsAre(missing));
  v1::MeshTrace off;
  set_written_empty(*off.mutable_default_(), *v1::MeshTraceConf::descriptor()->FindFieldByName("backends"));
  Violations violations;
  mesh_trace_kind().validate(off, violations);
  EXPECT_TRUE(violations.empty());
}

TEST(MeshTrace, ThereIsOneBackendAtMost) {
  const std::string zipkin = "backends { type: 'Zipkin' zipkin { url: 'http://a:1/' } }";
  EXPECT_THAT(validated(cat("default { ", zipkin, zipkin, " }")),
              ElementsAre(Violation{"spec.default.backends", "must have zero or one backend defined"}));
}

TEST(MeshTrace, ABackendHasTheObjectOfItsType) {
  EXPECT_THAT(backend("type: 'Zipkin'"), ElementsAre(Violation{"spec.default.backends[0].zipkin", "must be defined"}));
  EXPECT_THAT(backend("type: 'Datadog'"),
              ElementsAre(Violation{"spec.default.backends[0].datadog", "must be defined"}));
  EXPECT_THAT(backend("type: 'OpenTelemetry'"),
              ElementsAre(Violation{"spec.default.backends[0].openTelemetry", "must be defined"}));
  EXPECT_THAT(backend("type: 'OpenTelemetry' open_telemetry {}"),
              ElementsAre(Violation{"spec.default.backends[0].openTelemetry.backendRef", "must be defined"}));
}

TEST(MeshTrace, ZipkinHasAUrl) {
  const auto zipkin = [](const std::string& url) { return backend(cat("type: 'Zipkin' zipkin { url: '", url, "' }")); };
  EXPECT_THAT(zipkin("https://c.example.com/api/v2/spans?a=b"), IsEmpty());
  EXPECT_THAT(zipkin(""), ElementsAre(Violation{"spec.default.backends[0].zipkin.url", "must not be empty"}));
  for (const char* bad : {"not a url", "/only/a/path", "mailto:x", "http://"}) {
    EXPECT_THAT(zipkin(bad), ElementsAre(Violation{"spec.default.backends[0].zipkin.url", "must be a valid url"}))
        << bad;
  }
}

TEST(MeshTrace, DatadogIsAnAddressAndNothingElse) {
  EXPECT_THAT(datadog("http://agent:8126"), IsEmpty());
  EXPECT_THAT(datadog("not_valid"), ElementsAre("must be a valid url"));
  EXPECT_THAT(datadog("https://agent"), ElementsAre("scheme must be http", "port must be defined"));
  EXPECT_THAT(datadog("http://agent:0"), ElementsAre("port must be a valid (1-65535)"));
  EXPECT_THAT(datadog("http://agent:65536"), ElementsAre("port must be a valid (1-65535)"));
  EXPECT_THAT(datadog("http://me@agent:1/p?q#f"),
              ElementsAre("path must not be defined", "query must not be defined", "user must not be defined",
                          "fragment must not be defined"));
  EXPECT_THAT(datadog("http:agent"), ElementsAre("port must be defined", "opaque must not be defined"));
}

TEST(MeshTrace, ShareAreBetweenNoneAndAll) {
  for (const char* share : {"overall", "client", "random"}) {
    const std::string at = cat("spec.default.sampling.", share);
    const auto sampling = [&](const std::string& value) {
      return with_zipkin(cat("sampling { ", share, " { ", value, " } }"));
    };
    EXPECT_THAT(sampling("number: 0"), IsEmpty());
    EXPECT_THAT(sampling("text: '12.5'"), IsEmpty());
    EXPECT_THAT(sampling("number: 101"), ElementsAre(Violation{at, "must be between 0 and 100"}));
    EXPECT_THAT(sampling("number: -1"), ElementsAre(Violation{at, "must be between 0 and 100"}));
    EXPECT_THAT(sampling("text: '100.1'"), ElementsAre(Violation{at, "must be between 0 and 100"}));
    EXPECT_THAT(sampling("text: 'some'"), ElementsAre(Violation{at, "string is not a number"}));
    EXPECT_THAT(sampling("text: ''"), ElementsAre(Violation{at, "string is not a number"}));
  }
}

TEST(MeshTrace, ATagHasANameAndOneValue) {
  EXPECT_THAT(with_zipkin("tags { name: 'a' literal: '' } tags { name: 'b' header { name: 'h' } }"), IsEmpty());
  EXPECT_THAT(with_zipkin("tags { literal: 'x' }"),
              ElementsAre(Violation{"spec.default.tags[0].name", "must not be empty"}));
  const Violation one{"spec.default.tags[0]", "tag must have only one type defined: header, literal"};
  EXPECT_THAT(with_zipkin("tags { name: 'a' }"), ElementsAre(one));
  EXPECT_THAT(with_zipkin("tags { name: 'a' literal: 'x' header { name: 'h' } }"), ElementsAre(one));
}

TEST(CollectorUrl, IsTakenApart) {
  const auto url = parse_collector_url("HTTP://[fd00::1]:80/p");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->scheme, "http");
  EXPECT_EQ(url->host, "fd00::1");
  EXPECT_EQ(url->port, "80");
  EXPECT_TRUE(url->has_path);
  EXPECT_FALSE(url->has_query);
  for (const char* bad : {"", "a", "://a", "http://a:b", "http://[::1", "http://[::1]x", "http://a:1:2", "1http://a"}) {
    EXPECT_FALSE(parse_collector_url(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace weft
