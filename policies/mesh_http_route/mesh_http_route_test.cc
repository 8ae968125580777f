#include "policies/mesh_http_route/mesh_http_route.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "policies/written_lists.h"
#include "weft/v1/mesh_http_route.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::spec_of;

constexpr char kService[] = "target_ref { kind: 'MeshService' labels { key: 'app' value: 'web' } }";
constexpr char kPrefix[] = "matches { path { type: 'PathPrefix' value: '/api' } }";

std::vector<Violation> validated(const std::string& spec) {
  Violations violations;
  mesh_http_route_kind().validate(spec_of<v1::MeshHTTPRoute>(spec), violations);
  return violations.list();
}

// Violations of one rule, their fields without what stands before the rule.
std::vector<Violation> rule(const std::string& text) {
  constexpr std::string_view kBefore = "spec.to[0].rules[0].";
  std::vector<Violation> list = validated(cat("to { ", kService, " rules { ", text, " } }"));
  for (Violation& violation : list) {
    EXPECT_TRUE(violation.field.starts_with(kBefore)) << violation.field;
    violation.field.erase(0, kBefore.size());
  }
  return list;
}
std::vector<Violation> match(const std::string& text) { return rule(cat("matches { ", text, " } default {}")); }
std::vector<Violation> filter(const std::string& text, const std::string& matches = kPrefix) {
  return rule(cat(matches, " default { filters { ", text, " } }"));
}

TEST(MeshHTTPRoute, ARouteMaySayNothing) {
  EXPECT_THAT(validated(""), IsEmpty());
  EXPECT_THAT(validated(cat("to { ", kService, " }")), IsEmpty());
  EXPECT_THAT(match(""), IsEmpty());
}

TEST(MeshHTTPRoute, ItIsForServicesAndHasNoHostnames) {
  EXPECT_THAT(validated("to { target_ref { kind: 'Mesh' } }"),
              ElementsAre(Violation{"spec.to[0].targetRef.kind", "value 'Mesh' is not supported"}));
  EXPECT_THAT(validated(cat("to { ", kService, " hostnames: 'a' }")),
              ElementsAre(Violation{"spec.to[0].hostnames", "must not be defined"}));
}

TEST(MeshHTTPRoute, PathsAreAbsoluteAndPrefixesEndWithoutASlash) {
  const auto path = [](const std::string& type, const std::string& value) {
    return match(cat("path { type: '", type, "' value: '", value, "' }"));
  };
  EXPECT_THAT(path("PathPrefix", "/"), IsEmpty());
  EXPECT_THAT(path("Exact", "/a/"), IsEmpty());
  EXPECT_THAT(path("RegularExpression", "no/slash/"), IsEmpty());
  const Violation slash{
      "matches[0].path.value",
      "does not need a trailing slash because only a `/`-separated prefix or an entire path is matched"};
  const Violation absolute{"matches[0].path.value", "must be an absolute path"};
  EXPECT_THAT(path("PathPrefix", "/a/"), ElementsAre(slash));
  EXPECT_THAT(path("PathPrefix", "a"), ElementsAre(absolute));
  EXPECT_THAT(path("PathPrefix", "a/"), ElementsAre(slash, absolute));
  EXPECT_THAT(path("Exact", "a"), ElementsAre(absolute));
}

TEST(MeshHTTPRoute, AQueryParameterIsNamedOnce) {
  EXPECT_THAT(match("query_params { name: 'a' } query_params { name: 'b' } query_params { name: 'a' }"),
              ElementsAre(Violation{"matches[0].queryParams[2].name", "multiple entries for name a"}));
}

TEST(MeshHTTPRoute, PresenceOfAHeaderHasNoValue) {
  EXPECT_THAT(match("headers { name: 'a' type: 'Exact' value: 'v' } headers { name: 'b' type: 'Present' }"), IsEmpty());
  EXPECT_THAT(match("headers { name: 'a' type: 'Present' value: 'v' } headers { name: 'b' type: 'Absent' value: 'v' }"),
              ElementsAre(Violation{"matches[0].headers[0].value", "must not be defined"},
                          Violation{"matches[0].headers[1].value", "must not be defined"}));
}

TEST(MeshHTTPRoute, AFilterHasTheObjectOfItsType) {
  const auto missing = [](const std::string& type, const std::string& object) {
    EXPECT_THAT(filter(cat("type: '", type, "'")),
                ElementsAre(Violation{cat("default.filters[0].", object), "must be defined"}));
  };
  missing("RequestHeaderModifier", "requestHeaderModifier");
  missing("ResponseHeaderModifier", "responseHeaderModifier");
  missing("RequestRedirect", "requestRedirect");
  missing("URLRewrite", "urlRewrite");
  missing("RequestMirror", "requestMirror");
}

TEST(MeshHTTPRoute, AHeaderModifierSaysSomethingAndNamesEachHeaderOnce) {
  const auto modifier = [](const std::string& text) {
    return filter(cat("type: 'ResponseHeaderModifier' response_header_modifier { ", text, " }"));
  };
  const std::string at = "default.filters[0].responseHeaderModifier";
  EXPECT_THAT(modifier("set { name: 'a' } add { name: 'b' } remove: 'c'"), IsEmpty());
  EXPECT_THAT(modifier(""), ElementsAre(Violation{at, "must have at least one defined: set, add, remove"}));
  EXPECT_THAT(modifier("set { name: 'a' } set { name: 'a' } add { name: 'a' } remove: 'A'"),
              ElementsAre(Violation{at + ".set[1].name", "duplicate header name"},
                          Violation{at + ".add[0].name", "duplicate header name"},
                          Violation{at + ".remove[0].name", "duplicate header name"}));
}

TEST(MeshHTTPRoute, AnEmptyListOfHeadersSaysSomething) {
  auto spec = spec_of<v1::MeshHTTPRoute>(
      cat("to { ", kService, " rules { default { filters { type: 'RequestHeaderModifier' } } } }"));
  auto& modifier =
      *spec.mutable_to(0)->mutable_rules(0)->mutable_default_()->mutable_filters(0)->mutable_request_header_modifier();
  set_written_empty(modifier, *modifier.GetDescriptor()->FindFieldByName("remove"));
  Violations violations;
  mesh_http_route_kind().validate(spec, violations);
  EXPECT_TRUE(violations.empty());
}

TEST(MeshHTTPRoute, APrefixIsReplacedOnlyWhereEveryMatchHasOne) {
  const std::string replace = "path { type: 'ReplacePrefixMatch' replace_prefix_match: '/b' }";
  const std::string rewrite = cat("type: 'URLRewrite' url_rewrite { ", replace, " }");
  const std::string redirect = cat("type: 'RequestRedirect' request_redirect { ", replace, " }");
  const std::string_view reason = "can only appear if all matches match a path prefix";
  EXPECT_THAT(filter(rewrite), IsEmpty());
  EXPECT_THAT(filter(redirect), IsEmpty());
  EXPECT_THAT(filter(rewrite, cat(kPrefix, " matches { path { type: 'Exact' value: '/a' } }")),
              ElementsAre(Violation{"default.filters[0].urlRewrite.path.replacePrefixMatch", std::string(reason)}));
  EXPECT_THAT(
      filter(redirect, "matches { method: 'GET' }"),
      ElementsAre(Violation{"default.filters[0].requestRedirect.path.replacePrefixMatch", std::string(reason)}));
  EXPECT_THAT(filter("type: 'URLRewrite' url_rewrite { path { type: 'ReplaceFullPath' replace_full_path: '/b' } }",
                     "matches { method: 'GET' }"),
              IsEmpty());
}

TEST(MeshHTTPRoute, HostNamesAreNoAddresses) {
  const Violation redirect{"default.filters[0].requestRedirect.hostname", "cannot be an IP address"};
  const Violation rewrite{"default.filters[0].urlRewrite.hostname", "cannot be an IP address"};
  EXPECT_THAT(filter("type: 'RequestRedirect' request_redirect { hostname: '10.0.0.1' }"), ElementsAre(redirect));
  EXPECT_THAT(filter("type: 'URLRewrite' url_rewrite { hostname: '10.0.0.1' }"), ElementsAre(rewrite));
  EXPECT_THAT(filter("type: 'URLRewrite' url_rewrite { hostname: 'fd00::1' }"), ElementsAre(rewrite));
  EXPECT_THAT(filter("type: 'URLRewrite' url_rewrite { hostname: 'example.com' }"), IsEmpty());
}

TEST(MeshHTTPRoute, TheHostIsNotTakenFromTheBackend) {
  const std::string at = "default.filters[0].urlRewrite.hostToBackendHostname";
  EXPECT_THAT(filter("type: 'URLRewrite' url_rewrite { host_to_backend_hostname: false }"), IsEmpty());
  EXPECT_THAT(filter("type: 'URLRewrite' url_rewrite { host_to_backend_hostname: true }"),
              ElementsAre(Violation{at, "must not be set"}));
  EXPECT_THAT(filter("type: 'URLRewrite' url_rewrite { host_to_backend_hostname: true hostname: 'a' }"),
              ElementsAre(Violation{at, "must not be set"}, Violation{at, "cannot be set together with hostname"}));
}

TEST(MeshHTTPRoute, BackendsAndMirrorsAreServices) {
  const std::string ref = "{ kind: 'Dataplane' }";
  EXPECT_THAT(rule(cat(kPrefix, " default { backend_refs ", ref, " }")),
              ElementsAre(Violation{"default.backendRefs[0].kind", "value 'Dataplane' is not supported"}));
  EXPECT_THAT(
      filter(cat("type: 'RequestMirror' request_mirror { backend_ref ", ref, " }")),
      ElementsAre(Violation{"default.filters[0].requestMirror.backendRef.kind", "value 'Dataplane' is not supported"}));
}

}  // namespace
}  // namespace weft
