// Identity, trust and TLS towards others, as items: what they say, who shares them, what a change costs.
#include <gmock/gmock.h>

#include "base/hash.h"
#include "base/text.h"
#include "control-plane/engine/compile_proxy.h"
#include "control-plane/engine/test_world.h"
#include "control-plane/resource/special_forms.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/mesh_identity.pb.h"
#include "weft/v1/mesh_service.pb.h"
#include "weft/v1/mesh_tls.pb.h"
#include "weft/v1/mesh_trust.pb.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TestWorld;

constexpr char kAll[] = "selector { dataplane {} } ";
constexpr char kBundled[] = "provider { type: 'Bundled' bundled {} } ";
constexpr char kReady[] = "conditions { type: 'Ready' status: 'True' reason: 'Ready' } issuer: '00000000000000ab'";

std::string der(const std::string& content) {
  return std::string("\x30") + static_cast<char>(content.size()) + content;
}
std::string bundle(const std::string& content) {
  return cat("ca_bundles { type: 'Pem' pem { value: '-----BEGIN CERTIFICATE-----\\n", print_base64(der(content)),
             "\\n-----END CERTIFICATE-----' } } ");
}

class IdentityItemsTest : public ::testing::Test {
 protected:
  IdentityItemsTest() {
    world_.put<v1::Mesh>("default", "");
    for (const char* name : {"web-1", "web-2", "web-3"}) dataplane(name, "web");
  }
  void dataplane(const std::string& name, const std::string& workload, const std::string& mesh = "default") {
    world_.put<v1::Dataplane>(name,
                              "networking { address: '10.0.0.1' inbound { port: 80 service_port: 81 } "
                              "outbound { port: 1 backend_ref { name: 'backend' port: 80 } } }",
                              {{"kuma.io/workload", workload}, {"kuma.io/zone", "east"}}, mesh);
  }
  template <typename Spec, typename Status>
  void put(const std::string& name, const std::string& text, const std::string& status, Labels labels = {},
           const std::string& mesh = "default") {
    world_.put<Spec>(name, text, std::move(labels), mesh);
    const auto& rules = Spec::descriptor()->options().GetExtension(v1::resource);
    auto resource = std::make_shared<Resource>(*world_->find({rules.type(), mesh, name}));
    resource->status = std::make_shared<const Status>(weft::testing::spec_of<Status>(status));
    world_.put(std::move(resource));
  }
  void identity(const std::string& name, const std::string& text, const std::string& status = kReady) {
    put<v1::MeshIdentity, v1::MeshIdentityStatus>(name, text, status, {{"kuma.io/zone", "east"}});
  }
  void trust(const std::string& name, const std::string& domain, const std::string& bundles,
             const std::string& mesh = "default") {
    world_.put<v1::MeshTrust>(name, cat("trust_domain: '", domain, "' ", bundles), {}, mesh);
  }
  void service(const std::string& tls, const std::string& ids, Labels labels = {}) {
    put<v1::MeshService, v1::MeshServiceStatus>(
        "backend",
        cat("selector { dataplane_labels { match_labels { key: 'kuma.io/workload' value: 'web' } } } "
            "ports { port: 80 name: 'http' } ",
            ids),
        cat("tls { status: '", tls, "' }"), std::move(labels));
  }

  ProxyItemsPtr compile(const std::string& name = "web-1", const std::string& mesh = "default") {
    return compile_proxy(*world_, {"Dataplane", mesh, name}, memo_).value();
  }
  template <typename Payload>
  static std::optional<Payload> payload(const ProxyItemsPtr& items, v1::ItemType type, const std::string& name) {
    for (const CompiledItemPtr& item : items->items) {
      if (item->type != type || item->name != name) continue;
      Payload out;
      EXPECT_TRUE(out.ParseFromString(*item->bytes));
      return out;
    }
    return std::nullopt;
  }
  std::optional<v1::WorkloadIdentity> identity_of(const std::string& name) {
    return payload<v1::WorkloadIdentity>(compile(name), v1::IDENTITY, "identity");
  }
  // "domain: a b", one for each TRUST item.
  static std::vector<std::string> trusts(const ProxyItemsPtr& items) {
    std::vector<std::string> out;
    for (const CompiledItemPtr& item : items->items) {
      if (item->type != v1::TRUST) continue;
      v1::TrustDomain domain;
      EXPECT_TRUE(domain.ParseFromString(*item->bytes));
      EXPECT_EQ(domain.name(), item->name);
      out.push_back(cat(domain.name(), ":"));
      for (const std::string& authority : domain.authorities()) append(out.back(), " ", authority.substr(2));
    }
    return out;
  }
  std::optional<v1::PeerTls> tls_to_backend() {
    const auto set = payload<v1::EndpointSet>(compile(), v1::ENDPOINTS, backend_);
    EXPECT_TRUE(set.has_value());
    return set.has_value() && set->has_tls() ? std::optional(set->tls()) : std::nullopt;
  }

  std::string backend_ = "kri_msvc_default___backend_http";
  TestWorld world_;
  Memo memo_;
};

TEST_F(IdentityItemsTest, WhoAProxyIsComesFromTheIdentityThatCountsForIt) {
  identity("a", cat(kAll, kBundled));
  identity("b", cat("selector { dataplane { match_labels { key: 'kuma.io/workload' value: 'web' } } } ",
                    "provider { type: 'Bundled' bundled { certificate_parameters { expiry { seconds: 60 } } } } "));
  const auto web = identity_of("web-1");
  ASSERT_TRUE(web.has_value());
  EXPECT_EQ(web->spiffe_id(), "spiffe://default.east.mesh.local/workload/web");
  EXPECT_EQ(web->source(), "kri_mid_default_east__b_");
  EXPECT_EQ(web->issuer(), 0xabu);
  EXPECT_EQ(web->lifetime_seconds(), 60);
  dataplane("other", "other");
  EXPECT_EQ(identity_of("other")->lifetime_seconds(), 120 * 3600);
}

TEST_F(IdentityItemsTest, NoIdentityNoItemAndTheReasonIsSaid) {
  EXPECT_FALSE(identity_of("web-1").has_value());
  EXPECT_THAT(compile()->warnings, ::testing::Not(::testing::Contains(::testing::HasSubstr("identity"))));
  const auto why = [&](const std::string& text, const std::string& status) {
    identity("a", text, status);
    EXPECT_FALSE(identity_of("web-1").has_value());
    for (const std::string& warning : compile()->warnings) {
      if (warning.starts_with("no identity")) return warning;
    }
    return std::string("-");
  };
  const std::string start = "no identity by MeshIdentity 'a': ";
  EXPECT_EQ(why(cat(kAll, kBundled), ""), start + "it is not ready");
  EXPECT_EQ(why(cat(kAll, kBundled), "conditions { type: 'Ready' status: 'False' reason: 'Failure' }"),
            start + "it is not ready");
  EXPECT_EQ(why(kAll, "conditions { type: 'Ready' status: 'False' reason: 'PartiallyReady' }"),
            start + "it only makes names known, there is no provider of certificates");
  EXPECT_EQ(why(cat(kAll, "provider { type: 'Spire' }"), kReady),
            start + "certificates of SPIRE are not supported by the proxy");
  EXPECT_EQ(why(cat(kAll, kBundled, "spiffe_id { path: '/{{ label \"team\" }}' }"), kReady).substr(0, start.size()),
            start);
  EXPECT_EQ(why(kBundled, kReady), "-") << "selects nobody";
}

TEST_F(IdentityItemsTest, AnIdentityThatWorkedOnceStaysWhenItsAuthorityFails) {
  identity("a", cat(kAll, kBundled));
  const auto before = compile();
  identity("a", cat(kAll, kBundled),
           "conditions { type: 'Ready' status: 'False' reason: 'Failure' } issuer: '00000000000000ab'");
  EXPECT_TRUE(identity_of("web-1").has_value()) << "not back to plain text";
  EXPECT_EQ(compile()->items, before->items);
  world_.remove({"MeshIdentity", "default", "a"});
  EXPECT_FALSE(identity_of("web-1").has_value());
}

TEST_F(IdentityItemsTest, InstancesOfAWorkloadShareTheIdentityAndAllProxiesTheTrust) {
  identity("a", cat(kAll, kBundled));
  trust("a", "one", bundle("root"));
  dataplane("other", "other");
  for (const char* name : {"web-1", "web-2", "web-3", "other"}) compile(name);
  EXPECT_EQ(memo_.counters().identities, 2u);
  EXPECT_EQ(memo_.counters().trusts, 1u);
  EXPECT_EQ(compile("web-1")->items.back(), compile("other")->items.back()) << "the same bytes";
}

TEST_F(IdentityItemsTest, ADomainIsBelievedByTheUnionOfItsTrusts) {
  trust("b", "one", bundle("z") + bundle("a"));
  trust("a", "one", bundle("a"));
  trust("c", "two", "ca_bundles { type: 'Pem' pem { value: 'no certificate' } }");
  EXPECT_THAT(trusts(compile()), ElementsAre("one: a z", "two:"));
}

TEST_F(IdentityItemsTest, AChangeOfATrustReachesTheProxiesOfItsMeshAndNoOther) {
  world_.put<v1::Mesh>("second", "");
  dataplane("far", "web", "second");
  trust("a", "one", bundle("root"));
  trust("b", "two", bundle("root"));
  trust("a", "one", bundle("root"), "second");
  const ProxyItemsPtr near = compile(), far = compile("far", "second");
  const CompileCounters before = memo_.counters();
  trust("a", "one", bundle("root") + bundle("next"));
  EXPECT_EQ(compile("far", "second"), far);
  EXPECT_EQ(memo_.counters().proxies, before.proxies);
  EXPECT_THAT(trusts(compile()), ElementsAre("one: next root", "two: root"));
  EXPECT_NE(compile(), near);
  const CompileCounters after = memo_.counters();
  EXPECT_EQ(after.trusts - before.trusts, 1u) << "the other domain's is kept";
  EXPECT_EQ(after.listeners + after.destinations + after.endpoints,
            before.listeners + before.destinations + before.endpoints);
}

TEST_F(IdentityItemsTest, ATrustThatIsWrittenAgainUnchangedChangesNobody) {
  trust("a", "one", bundle("root"));
  const ProxyItemsPtr before = compile();
  trust("a", "one", bundle("root"));
  trust("b", "one", bundle("root"));
  EXPECT_EQ(compile(), before);
}

TEST_F(IdentityItemsTest, AnotherIssuerIsAnotherIdentityAndNothingElse) {
  identity("a", cat(kAll, kBundled));
  compile();
  const CompileCounters before = memo_.counters();
  identity("a", cat(kAll, kBundled), "conditions { type: 'Ready' status: 'True' } issuer: 'ff'");
  EXPECT_EQ(identity_of("web-1")->issuer(), 0xffu);
  EXPECT_EQ(identity_of("web-2")->issuer(), 0xffu);
  const CompileCounters after = memo_.counters();
  EXPECT_EQ(after.identities - before.identities, 1u);
  EXPECT_EQ(after.destinations, before.destinations + 1) << "of web-2, which was not compiled before";
}

TEST_F(IdentityItemsTest, WhatTheProxysOwnConnectionsSpeakIsPartOfItsIdentity) {
  identity("a", cat(kAll, kBundled));
  EXPECT_FALSE(identity_of("web-1")->has_tls());
  world_.put<v1::MeshTLS>("t", "rules { default { tls_version { min: 'TLS13' } } }");
  world_.put<v1::Dataplane>("client", "networking { address: '10.0.0.9' }", {{"kuma.io/workload", "client"}});
  for (const char* name : {"web-1", "client"}) {
    const auto own = identity_of(name);
    v1::MeshTLSConf conf;
    ASSERT_TRUE(own.has_value() && conf.ParseFromString(own->tls().conf()));
    EXPECT_EQ(own->tls().kind(), "MeshTLS");
    EXPECT_EQ(conf.tls_version().min(), "TLS13") << name;
  }
}

TEST_F(IdentityItemsTest, AServiceIsSpokenToWithTlsOnceAllItsInstancesAnswerToIt) {
  service("NotReady", "identities { type: 'SpiffeID' value: 'spiffe://d/a' }");
  EXPECT_FALSE(tls_to_backend().has_value());
  service("Ready",
          "identities { type: 'SpiffeID' value: 'spiffe://d/b' } identities { type: 'SpiffeID' value: 'spiffe://d/a' } "
          "identities { type: 'SpiffeID' value: 'spiffe://d/b' } identities { type: 'Other' value: 'x' }");
  const auto tls = tls_to_backend();
  ASSERT_TRUE(tls.has_value());
  EXPECT_EQ(tls->server_name(), "sni.msvc.default.backend.http");
  EXPECT_THAT(tls->spiffe_ids(), ElementsAre("spiffe://d/a", "spiffe://d/b"));
  const auto app = payload<v1::EndpointSet>(compile(), v1::ENDPOINTS, "app:inbound:10.0.0.1:80");
  ASSERT_TRUE(app.has_value());
  EXPECT_FALSE(app->has_tls()) << "the application beside the proxy";
}

TEST_F(IdentityItemsTest, AServiceFromElsewhereIsAlwaysSpokenToWithTls) {
  backend_ = "kri_msvc_default_west_ns_backend_http";
  service("NotReady", "", {{"kuma.io/origin", "global"}, {"kuma.io/zone", "west"}, {"k8s.kuma.io/namespace", "ns"}});
  const auto tls = tls_to_backend();
  ASSERT_TRUE(tls.has_value());
  EXPECT_EQ(tls->server_name(), "sni.msvc.default.west.ns.backend.http");
  EXPECT_THAT(tls->spiffe_ids(), IsEmpty()) << "nobody is trusted until its zone says who they are";
}

TEST_F(IdentityItemsTest, AStatusThatChangesInAnotherPointMakesNoItemAnew) {
  service("Ready", "identities { type: 'SpiffeID' value: 'spiffe://d/a' }");
  compile();
  const uint64_t before = memo_.counters().endpoints;
  put<v1::MeshService, v1::MeshServiceStatus>(
      "backend", world_->find({"MeshService", "default", "backend"})->spec->ShortDebugString(),
      "tls { status: 'Ready' } vips { ip: '241.0.0.1' }");
  compile();
  EXPECT_EQ(memo_.counters().endpoints, before);
}

}  // namespace
}  // namespace weft::cp
