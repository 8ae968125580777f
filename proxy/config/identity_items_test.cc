#include "proxy/config/identity_items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/config/identity_for_test.h"
#include "proxy/config/items_for_test.h"
#include "proxy/tls/private_key.h"

namespace weft::proxy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kId = "spiffe://mesh/workload/web";
const ItemKey kIdentity{v1::IDENTITY, "identity"};

v1::Item identity(const std::string& id = kId, const std::string& more = "") {
  v1::WorkloadIdentity out;
  out.set_spiffe_id(id);
  out.set_issuer(1);
  out.set_lifetime_seconds(60);
  return item(v1::IDENTITY, "identity", out.SerializeAsString() + more);
}

v1::Item trust(const std::vector<std::string>& authorities, const std::string& name = "mesh") {
  v1::TrustDomain out;
  out.set_name(name);
  for (const std::string& der : authorities) out.add_authorities(der);
  return item(v1::TRUST, name, out.SerializeAsString());
}

v1::Item tls_endpoints(const std::string& id = "spiffe://mesh/workload/backend", const std::string& more = "") {
  v1::EndpointSet set;
  set.ParseFromString(endpoints("e", {"10.0.0.1:80"}).payload());
  set.mutable_tls()->set_server_name("sni.msvc.x");
  set.mutable_tls()->add_spiffe_ids(id);
  if (!more.empty()) set.mutable_tls()->ParseFromString(set.tls().SerializeAsString() + more);
  return item(v1::ENDPOINTS, "e", set.SerializeAsString());
}

// An inbound on port 1 beside an outbound on port 2.
v1::Item both_listeners() {
  v1::ListenerSet set;
  set.ParseFromString(listeners({{"in", 1, "a"}, {"out", 2, "a"}}).payload());
  set.mutable_listeners(0)->set_direction(v1::INBOUND);
  return item(v1::LISTENERS, "listeners", set.SerializeAsString());
}

// Field 99, a string.
std::string unknown_field() { return std::string("\x9a\x06\x01x", 4); }

class IdentityOfSnapshots : public testing::Test {
 protected:
  std::vector<std::string> apply(std::vector<v1::Item> changed, std::vector<ItemKey> removed = {}) {
    builder_.commit(builder_.stage(update_of(++revision_, std::move(changed), removed)));
    std::vector<std::string> refused;
    for (const auto& [key, item] : builder_.current().refused) refused.push_back(key.name + ": " + item.reason);
    return refused;
  }
  std::vector<v1::Item> plain() { return {both_listeners(), destination("a", {"e"}), tls_endpoints()}; }
  std::vector<v1::Item> whole() {
    auto items = plain();
    items.push_back(identity());
    items.push_back(trust({authority_.der()}));
    return items;
  }
  void certify() {
    auto certificate = std::make_shared<WorkloadCertificate>();
    certificate->spiffe_id = kId;
    builder_.set_certificate(certificate);
    apply({});
  }
  const Snapshot& snapshot() const { return *builder_.current().snapshot; }
  const EndpointSet& set() const { return *snapshot().listeners.back()->destination->routes[0].backends[0].endpoints; }
  std::vector<uint16_t> ports() const {
    std::vector<uint16_t> out;
    for (const auto& listener : snapshot().listeners) out.push_back(listener->port);
    return out;
  }
  const std::vector<TrustBundle>& bundles() const {
    return static_cast<const FakeTlsMaterial&>(*snapshot().tls).bundles;
  }

  TestAuthority authority_;
  bool material_fails_ = false;
  SnapshotBuilder builder_{[this](auto certificate, auto trust, const TlsRule& rule) {
    if (material_fails_) return Result<std::shared_ptr<const TlsMaterial>>(invalid("no pair"));
    return fake_material(std::move(certificate), std::move(trust), rule);
  }};
  uint64_t revision_ = 0;
};

TEST_F(IdentityOfSnapshots, without_an_identity_everything_is_plaintext) {
  EXPECT_THAT(apply(plain()), IsEmpty());
  EXPECT_EQ(builder_.current().identity, IdentityState::kNone);
  EXPECT_EQ(snapshot().tls, nullptr);
  EXPECT_EQ(set().tls, nullptr);
  EXPECT_THAT(ports(), ElementsAre(1, 2));
}

TEST_F(IdentityOfSnapshots, who_starts_with_one_lets_nothing_in_and_speaks_no_plaintext_until_the_certificate) {
  EXPECT_THAT(apply(whole()), IsEmpty());
  EXPECT_EQ(builder_.current().identity, IdentityState::kMissing);
  EXPECT_THAT(ports(), ElementsAre(2));
  EXPECT_EQ(snapshot().tls, nullptr);
  EXPECT_NE(set().tls, nullptr);
  apply({});
  EXPECT_THAT(ports(), ElementsAre(2));
  certify();
  EXPECT_EQ(builder_.current().identity, IdentityState::kInUse);
  EXPECT_THAT(ports(), ElementsAre(1, 2));
  ASSERT_NE(snapshot().tls, nullptr);
  EXPECT_THAT(bundles(), SizeIs(1));
  EXPECT_EQ(set().tls->server_name, "sni.msvc.x");
}

TEST_F(IdentityOfSnapshots, who_ran_without_one_switches_with_one_snapshot_when_the_certificate_comes) {
  apply(plain());
  const auto before = builder_.current().snapshot;
  EXPECT_THAT(apply({identity(), trust({authority_.der()})}), IsEmpty());
  EXPECT_EQ(builder_.current().identity, IdentityState::kAwaited);
  EXPECT_EQ(builder_.current().snapshot, before);
  certify();
  EXPECT_EQ(snapshot().generation, before->generation + 1);
  ASSERT_NE(snapshot().tls, nullptr);
  EXPECT_NE(set().tls, nullptr);
  EXPECT_THAT(snapshot().forgotten_slots, SizeIs(1));
}

TEST_F(IdentityOfSnapshots, changed_trust_is_new_material_with_the_same_certificate) {
  apply(whole());
  certify();
  const auto before = builder_.current().snapshot;
  const TestAuthority other;
  apply({trust({authority_.der(), other.der()})});
  ASSERT_NE(snapshot().tls, before->tls);
  EXPECT_EQ(&snapshot().tls->certificate(), &before->tls->certificate());
  EXPECT_THAT(bundles()[0].authorities, SizeIs(2));
  const auto now = builder_.current().snapshot;
  apply({endpoints("unused", {})});
  EXPECT_EQ(builder_.current().snapshot, now);
}

TEST_F(IdentityOfSnapshots, goes_when_the_control_plane_takes_it_away) {
  apply(whole());
  certify();
  EXPECT_THAT(apply({}, {kIdentity}), IsEmpty());
  EXPECT_EQ(builder_.current().identity, IdentityState::kNone);
  EXPECT_EQ(snapshot().tls, nullptr);
  EXPECT_EQ(set().tls, nullptr);
}

TEST_F(IdentityOfSnapshots, case_40_a_pair_that_cannot_be_used_leaves_the_old_one_and_says_so) {
  apply(whole());
  certify();
  const auto before = builder_.current().snapshot;
  material_fails_ = true;
  certify();
  EXPECT_EQ(builder_.current().snapshot, before);
  EXPECT_EQ(builder_.current().tls_failure, "no pair");
  EXPECT_EQ(builder_.current().identity, IdentityState::kInUse);
}

TEST_F(IdentityOfSnapshots, an_identity_that_is_refused_is_no_licence_for_plaintext) {
  auto items = plain();
  items.push_back(identity("spiffe://mesh"));
  EXPECT_THAT(apply(items), ElementsAre("identity: spiffe_id: \"spiffe://mesh\" is not a SPIFFE ID"));
  EXPECT_EQ(builder_.current().identity, IdentityState::kMissing);
  EXPECT_THAT(ports(), ElementsAre(2));
  EXPECT_THAT(apply({identity()}), IsEmpty());
  certify();
  EXPECT_THAT(apply({identity("https://web")}), SizeIs(1));
  EXPECT_EQ(builder_.current().identity, IdentityState::kInUse);
}

TEST_F(IdentityOfSnapshots, case_49_a_field_that_is_not_known_may_be_a_restriction_so_the_item_is_refused) {
  apply(whole());
  EXPECT_THAT(apply({identity(kId, unknown_field())}),
              ElementsAre("identity: payload: this proxy does not know field 99"));
  EXPECT_THAT(apply({identity(), tls_endpoints("spiffe://mesh/a", unknown_field())}),
              ElementsAre("e: tls: this proxy does not know field 99"));
  v1::Item newer = trust({authority_.der()});
  newer = item(v1::TRUST, "mesh", newer.payload() + unknown_field());
  EXPECT_THAT(apply({tls_endpoints(), newer}), ElementsAre("mesh: payload: this proxy does not know field 99"));
}

TEST_F(IdentityOfSnapshots, bad_items_are_refused_alone_with_the_field_that_is_wrong) {
  struct {
    v1::Item bad;
    std::string why;
  } const cases[] = {
      {trust({"not DER"}), "authorities[0]: is not an X.509 certificate"},
      {trust({authority_.der() + "x"}), "authorities[0]: is not an X.509 certificate"},
      {trust({}, "Mesh"), "name: \"Mesh\" is not a trust domain"},
      {trust(std::vector<std::string>(65, authority_.der())), "authorities: 65, at most 64 are allowed"},
      {tls_endpoints("spiffe://mesh/../x"), "tls.spiffe_ids[0]: \"spiffe://mesh/../x\" is not a SPIFFE ID"},
      {item(v1::IDENTITY, "other", ""), "name: must be \"identity\""},
  };
  for (const auto& [bad, why] : cases) {
    SnapshotBuilder fresh{fake_material};
    const Configuration staged = fresh.stage(update_of(1, {bad}, {}));
    ASSERT_THAT(staged.refused, SizeIs(1)) << why;
    EXPECT_EQ(staged.refused.begin()->second.reason, why);
  }
  v1::WorkloadIdentity odd;
  odd.set_spiffe_id(kId);
  odd.mutable_tls()->set_kind("MeshUnheardOf");
  EXPECT_THAT(reason(decode_identity(odd.SerializeAsString()).status()), HasSubstr("does not know \"MeshUnheardOf\""));
}

TEST_F(IdentityOfSnapshots, a_leaf_is_no_authority) {
  const auto key = PrivateKey::make_p256();
  ASSERT_TRUE(key.ok());
  v1::CertificateRequest request;
  request.set_csr((*key)->csr_der(kId).value_or(""));
  const std::string leaf = authority_.answer(request, {}).chain(0);
  EXPECT_THAT(apply({trust({leaf})}), ElementsAre("mesh: authorities[0]: is no certificate of an authority"));
}

}  // namespace
}  // namespace weft::proxy
