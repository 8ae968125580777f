// What the schemas of routes and of the kinds about logs, traces and metrics allow, fill in and refuse.
#include <gmock/gmock.h>

#include "base/text.h"
#include "control-plane/resource/decode.h"
#include "control-plane/resource/encode.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Decoded read(const std::string& type, const std::string& spec) {
  const auto documents = parse_yaml(cat("type: ", type, "\nmesh: default\nname: p\nspec: ", spec, "\n"));
  EXPECT_TRUE(documents.ok()) << documents.status() << spec;
  return decode(documents->at(0));
}
std::vector<std::string> refused(const std::string& type, const std::string& spec) {
  const Decoded decoded = read(type, spec);
  EXPECT_THAT(decoded.unreadable, IsEmpty());
  std::vector<std::string> fields;
  for (const Finding& finding : decoded.violations) fields.push_back(finding.field);
  return fields;
}
// As it is stored and printed.
std::string kept(const std::string& type, const std::string& spec) {
  const Decoded decoded = read(type, spec);
  EXPECT_TRUE(decoded.ok()) << spec;
  return encode_message(*decoded.spec);
}

constexpr char kTarget[] = "targetRef: {kind: MeshService, labels: {a: b}}, ";
std::string route(const std::string& rules) { return cat("{to: [{", kTarget, "rules: ", rules, "}]}"); }
std::string match(const std::string& text) { return route(cat("[{matches: [{", text, "}], default: {}}]")); }
std::string action(const std::string& text) { return route(cat("[{matches: [{}], default: {", text, "}}]")); }
constexpr char kMatch[] = "spec.to[0].rules[0].matches[0].";
constexpr char kAction[] = "spec.to[0].rules[0].default.";

TEST(RouteSchema, RulesMatchesAndDefaultHaveToBeThere) {
  EXPECT_THAT(refused("MeshHTTPRoute", cat("{to: [{", kTarget, "}]}")), ElementsAre("spec.to[0].rules"));
  EXPECT_THAT(refused("MeshHTTPRoute", route("[{}]")),
              ElementsAre("spec.to[0].rules[0].matches", "spec.to[0].rules[0].default"));
  EXPECT_THAT(refused("MeshHTTPRoute", route("[{matches: [], default: {}}]")),
              ElementsAre("spec.to[0].rules[0].matches"));
}

TEST(RouteSchema, MatchesAreMadeOfKnownWords) {
  EXPECT_THAT(refused("MeshHTTPRoute", match("path: {type: Glob, value: ''}, method: get")),
              UnorderedElementsAre(cat(kMatch, "path.type"), cat(kMatch, "path.value"), cat(kMatch, "method")));
  EXPECT_THAT(
      refused("MeshHTTPRoute", match("queryParams: [{type: Prefix, name: ''}], headers: [{name: X-A, type: Is}]")),
      UnorderedElementsAre(cat(kMatch, "queryParams[0].type"), cat(kMatch, "queryParams[0].name"),
                           cat(kMatch, "queryParams[0].value"), cat(kMatch, "headers[0].name"),
                           cat(kMatch, "headers[0].type")));
  EXPECT_THAT(kept("MeshHTTPRoute", match("headers: [{name: x-a, value: v}]")), HasSubstr(R"("type":"Exact")"));
}

TEST(RouteSchema, FiltersAreMadeOfKnownWords) {
  EXPECT_THAT(refused("MeshHTTPRoute", action("filters: [{type: Cors}, {}]")),
              ElementsAre(cat(kAction, "filters[0].type"), cat(kAction, "filters[1].type")));
  EXPECT_THAT(
      refused("MeshHTTPRoute", action("filters: [{type: RequestRedirect, requestRedirect: {scheme: ftp, port: 0, "
                                      "statusCode: 200, hostname: '*.a', path: {type: Strip}}}]")),
      UnorderedElementsAre(
          cat(kAction, "filters[0].requestRedirect.scheme"), cat(kAction, "filters[0].requestRedirect.port"),
          cat(kAction, "filters[0].requestRedirect.statusCode"), cat(kAction, "filters[0].requestRedirect.hostname"),
          cat(kAction, "filters[0].requestRedirect.path.type")));
  EXPECT_THAT(refused("MeshHTTPRoute", action("filters: [{type: RequestMirror, requestMirror: {}}]")),
              ElementsAre(cat(kAction, "filters[0].requestMirror.backendRef")));
  EXPECT_THAT(kept("MeshHTTPRoute", action("filters: [{type: RequestRedirect, requestRedirect: {}}]")),
              HasSubstr(R"("requestRedirect":{"statusCode":302})"));
}

TEST(RouteSchema, HeaderListsHaveALimit) {
  std::string names = "x0";
  for (int i = 1; i <= 16; ++i) append(names, ", x", i);
  EXPECT_THAT(refused("MeshHTTPRoute", action(cat("filters: [{type: RequestHeaderModifier, requestHeaderModifier: "
                                                  "{remove: [",
                                                  names, "]}}]"))),
              ElementsAre(cat(kAction, "filters[0].requestHeaderModifier.remove")));
}

TEST(RouteSchema, AWeightIsOneByDefaultAndFitsInThirtyTwoBits) {
  const auto weight = [](const std::string& text) {
    return action(cat("backendRefs: [{kind: MeshService, labels: {a: b}, weight: ", text, "}]"));
  };
  EXPECT_THAT(refused("MeshHTTPRoute", weight("-1")), ElementsAre(cat(kAction, "backendRefs[0].weight")));
  EXPECT_THAT(refused("MeshHTTPRoute", weight("4294967296")), ElementsAre(cat(kAction, "backendRefs[0].weight")));
  EXPECT_THAT(refused("MeshHTTPRoute", weight("4294967295")), IsEmpty());
  EXPECT_THAT(kept("MeshHTTPRoute", action("backendRefs: [{kind: MeshService, labels: {a: b}}]")),
              HasSubstr(R"("weight":1)"));
}

TEST(RouteSchema, AnEmptyListIsKept) {
  EXPECT_EQ(kept("MeshHTTPRoute", action("backendRefs: []")),
            R"({"to":[{"targetRef":{"kind":"MeshService","labels":{"a":"b"}},)"
            R"("rules":[{"matches":[{}],"default":{"backendRefs":[]}}]}]})");
  EXPECT_THAT(kept("MeshHTTPRoute", route("[]")), HasSubstr(R"("rules":[])"));
}

TEST(RouteSchema, AnItemOfATcpRouteHasOneRuleAtMost) {
  EXPECT_THAT(refused("MeshTCPRoute", "{to: []}"), ElementsAre("spec.to"));
  EXPECT_THAT(refused("MeshTCPRoute", route("[{default: {}}, {default: {}}]")), ElementsAre("spec.to[0].rules"));
  EXPECT_THAT(refused("MeshTCPRoute", route("[{}]")), ElementsAre("spec.to[0].rules[0].default"));
}

std::string log(const std::string& backend) { return cat("{rules: [{default: {backends: [{", backend, "}]}}]}"); }
constexpr char kBackend[] = "spec.rules[0].default.backends[0].";

TEST(AccessLogSchema, BackendsAreMadeOfKnownWords) {
  EXPECT_THAT(refused("MeshAccessLog", "{rules: [{}]}"), ElementsAre("spec.rules[0].default"));
  EXPECT_THAT(refused("MeshAccessLog", log("type: Syslog")), ElementsAre(cat(kBackend, "type")));
  EXPECT_THAT(refused("MeshAccessLog", log("file: {path: ''}, tcp: {}")),
              UnorderedElementsAre(cat(kBackend, "type"), cat(kBackend, "file.path"), cat(kBackend, "tcp.address")));
  EXPECT_THAT(refused("MeshAccessLog", log("type: File, file: {path: /a, format: {type: Xml, json: [{}]}}")),
              UnorderedElementsAre(cat(kBackend, "file.format.type"), cat(kBackend, "file.format.json[0].key"),
                                   cat(kBackend, "file.format.json[0].value")));
  EXPECT_THAT(kept("MeshAccessLog", log("type: File, file: {path: /a, format: {type: Plain, plain: x}}")),
              HasSubstr(R"("omitEmptyValues":false)"));
}

TEST(AccessLogSchema, AttributesHaveNamesOfWordsAndDots) {
  const auto key = [](const std::string& name) {
    return refused("MeshAccessLog",
                   log(cat("type: OpenTelemetry, openTelemetry: {attributes: [{key: '", name, "', value: v}]}")));
  };
  for (const char* good : {"a", "mesh.name", "a_b.c1"}) EXPECT_THAT(key(good), IsEmpty()) << good;
  for (const char* bad : {"", "A", "1a", "a b", "a..b", "a.", "a_"}) {
    EXPECT_THAT(key(bad), ::testing::Each(cat(kBackend, "openTelemetry.attributes[0].key"))) << bad;
    EXPECT_THAT(key(bad), ::testing::Not(IsEmpty())) << bad;
  }
}

TEST(AccessLogSchema, ABodyIsAnyValue) {
  EXPECT_THAT(kept("MeshAccessLog", log("type: OpenTelemetry, openTelemetry: {body: {kvlistValue: [1, a, true]}}")),
              HasSubstr(R"("body":{"kvlistValue":[1,"a",true]})"));
  EXPECT_THAT(kept("MeshAccessLog", log("type: OpenTelemetry, openTelemetry: {body: text}")),
              HasSubstr(R"("body":"text")"));
}

TEST(TraceSchema, OneBackendOfAKnownKind) {
  EXPECT_THAT(refused("MeshTrace", "{default: {backends: [{type: Jaeger}]}}"),
              ElementsAre("spec.default.backends[0].type"));
  EXPECT_THAT(
      refused("MeshTrace",
              "{default: {backends: [{type: Zipkin, zipkin: {apiVersion: v3}}, {type: Datadog, "
              "datadog: {}}]}}"),
      UnorderedElementsAre("spec.default.backends", "spec.default.backends[0].zipkin.url",
                           "spec.default.backends[0].zipkin.apiVersion", "spec.default.backends[1].datadog.url"));
  EXPECT_THAT(refused("MeshTrace", "{default: {tags: [{literal: a, header: {}}]}}"),
              UnorderedElementsAre("spec.default.tags[0].name", "spec.default.tags[0].header.name"));
}

TEST(TraceSchema, DefaultsAreFilledInWhereTheBackendIs) {
  EXPECT_EQ(kept("MeshTrace", "{default: {backends: [{type: Zipkin, zipkin: {url: 'http://a'}}]}}"),
            R"({"default":{"backends":[{"type":"Zipkin","zipkin":{"url":"http://a","traceId128bit":false,)"
            R"("apiVersion":"httpJson","sharedSpanContext":true}}]}})");
  EXPECT_EQ(kept("MeshTrace", "{default: {backends: [], tags: []}}"), R"({"default":{"backends":[],"tags":[]}})");
}

TEST(MetricSchema, ListsAreMadeOfKnownWordsAndHaveDefaults) {
  EXPECT_THAT(
      refused("MeshMetric",
              "{default: {sidecar: {profiles: {appendProfiles: [{name: Tiny}, {}], exclude: "
              "[{type: Glob}]}}, applications: [{}], backends: [{type: StatsD, prometheus: {tls: "
              "{mode: Mutual}}}]}}"),
      UnorderedElementsAre("spec.default.sidecar.profiles.appendProfiles[0].name",
                           "spec.default.sidecar.profiles.appendProfiles[1].name",
                           "spec.default.sidecar.profiles.exclude[0].type",
                           "spec.default.sidecar.profiles.exclude[0].match", "spec.default.applications[0].port",
                           "spec.default.backends[0].type", "spec.default.backends[0].prometheus.tls.mode"));
  EXPECT_EQ(kept("MeshMetric",
                 "{default: {applications: [{port: 80}], backends: [{type: Prometheus, prometheus: {tls: "
                 "{}}}]}}"),
            R"({"default":{"applications":[{"path":"/metrics","port":80}],"backends":[{"type":"Prometheus",)"
            R"("prometheus":{"port":5670,"path":"/metrics","tls":{"mode":"Disabled"}}}]}})");
}

TEST(ProxyPatchSchema, OperationsAreThoseOfTheirKind) {
  const auto modification = [](const std::string& text) {
    return refused("MeshProxyPatch", cat("{default: {appendModifications: [{", text, "}]}}"));
  };
  const std::string at = "spec.default.appendModifications[0].";
  EXPECT_THAT(refused("MeshProxyPatch", "{}"), ElementsAre("spec.default"));
  EXPECT_THAT(modification("cluster: {operation: AddFirst}"), ElementsAre(at + "cluster.operation"));
  EXPECT_THAT(modification("httpFilter: {operation: Add}"), ElementsAre(at + "httpFilter.operation"));
  EXPECT_THAT(modification("virtualHost: {operation: Remove}"), ElementsAre(at + "virtualHost.match"));
  EXPECT_THAT(modification("listener: {operation: Patch, jsonPatches: [{op: test}]}"),
              UnorderedElementsAre(at + "listener.jsonPatches[0].op", at + "listener.jsonPatches[0].path"));
  EXPECT_THAT(modification("listener: {operation: Patch, jsonPatches: [{op: add, path: /a, value: {b: [1]}}]}"),
              IsEmpty());
}

}  // namespace
}  // namespace weft::cp
