#include "policies/resolve_backend.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"

namespace weft {
namespace {

class ResolveBackendTest : public ::testing::Test {
 protected:
  // The first added is the oldest.
  void add(const std::string& type, const std::string& name, Labels labels, std::vector<TargetResource::Port> ports) {
    labels.insert({"kuma.io/display-name", name});
    services_.push_back({type, "default", name, name, std::move(labels), std::move(ports)});
  }
  // "name:section", or nothing.
  std::string resolve(const std::string& ref, const std::string& route_namespace = "") {
    PolicyMeta route;
    route.name_space = route_namespace;
    const auto found = resolve_backend(testing::spec_of<v1::BackendRef>(ref), route, [&](const v1::TargetRef& wanted) {
      std::vector<const TargetResource*> named;
      for (const TargetResource& service : services_) {
        if (names_resource(wanted, service)) named.push_back(&service);
      }
      return named;
    });
    return found ? found->resource->kri + ":" + found->section : "";
  }
  static std::string named(const std::string& kind, const std::string& name) {
    return "kind: '" + kind + "' labels { key: 'kuma.io/display-name' value: '" + name + "' } ";
  }

  std::vector<TargetResource> services_;
};

TEST_F(ResolveBackendTest, APortIsMeantByItsNameOrItsNumber) {
  add("MeshService", "a", {}, {{80, "http"}, {90, ""}});
  EXPECT_EQ(resolve(named("MeshService", "a") + "port: 80"), "a:http");
  EXPECT_EQ(resolve(named("MeshService", "a") + "section_name: 'http'"), "a:http");
  EXPECT_EQ(resolve(named("MeshService", "a") + "section_name: '80'"), "a:http");
  EXPECT_EQ(resolve(named("MeshService", "a") + "port: 90"), "a:90");
  EXPECT_EQ(resolve(named("MeshService", "a") + "port: 91"), "");
}

TEST_F(ResolveBackendTest, WithoutAPortTheServiceMustHaveOne) {
  add("MeshService", "one", {}, {{80, "http"}});
  add("MeshService", "two", {}, {{80, "http"}, {90, ""}});
  EXPECT_EQ(resolve(named("MeshService", "one")), "one:http");
  EXPECT_EQ(resolve(named("MeshService", "two")), "");
}

TEST_F(ResolveBackendTest, AnExternalServiceHasOnePortWhateverIsWritten) {
  add("MeshExternalService", "bank", {}, {{443, ""}});
  EXPECT_EQ(resolve(named("MeshExternalService", "bank") + "port: 1"), "bank:443");
}

TEST_F(ResolveBackendTest, OfSeveralTheOldestIsTaken) {
  add("MeshService", "old", {{"team", "x"}}, {{80, ""}});
  add("MeshService", "new", {{"team", "x"}}, {{80, ""}});
  EXPECT_EQ(resolve("kind: 'MeshService' labels { key: 'team' value: 'x' }"), "old:80");
}

TEST_F(ResolveBackendTest, ADisplayNameMeansTheNamespaceOfTheRoute) {
  add("MeshService", "a", {{"k8s.kuma.io/namespace", "first"}}, {{80, ""}});
  add("MeshService", "a", {{"k8s.kuma.io/namespace", "second"}}, {{81, ""}});
  EXPECT_EQ(resolve(named("MeshService", "a"), "second"), "a:81");
  EXPECT_EQ(resolve(named("MeshService", "a"), "third"), "");
  EXPECT_EQ(resolve(named("MeshService", "a")), "a:80");
  const std::string both = named("MeshService", "a") + "labels { key: 'k8s.kuma.io/namespace' value: 'first' }";
  EXPECT_EQ(resolve(both, "second"), "a:80");
}

TEST_F(ResolveBackendTest, OtherKindsAndEmptyLabelsLeadNowhere) {
  add("MeshService", "a", {}, {{80, ""}});
  EXPECT_EQ(resolve("kind: 'MeshService'"), "");
  EXPECT_EQ(resolve(named("Mesh", "a")), "");
}

}  // namespace
}  // namespace weft
