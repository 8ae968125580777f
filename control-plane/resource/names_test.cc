#include "control-plane/resource/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "control-plane/resource/kri.h"
#include "control-plane/resource/labels.h"
#include "control-plane/resource/validate/validate.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh.pb.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::vector<std::string> fields(const Violations& violations) {
  std::vector<std::string> out;
  for (const Violation& violation : violations.list()) out.push_back(violation.field);
  return out;
}

TEST(Kinds, AreFoundByEveryNameTheyHave) {
  ASSERT_NE(find_kind("MeshRetry"), nullptr);
  EXPECT_EQ(find_kind_by_path("meshretries"), find_kind("MeshRetry"));
  EXPECT_EQ(find_kind_by_cli_name("meshretry"), find_kind("MeshRetry"));
  EXPECT_EQ(find_kind_by_cli_name("meshretries"), find_kind("MeshRetry"));
  EXPECT_EQ(find_kind_by_short_name("mr"), find_kind("MeshRetry"));
  EXPECT_EQ(find_kind_by_path("global-secrets"), find_kind("GlobalSecret"));
  EXPECT_EQ(find_kind("Meshretry"), nullptr);
  EXPECT_EQ(find_kind_by_short_name(""), nullptr);
  for (const Kind& kind : kinds()) {
    EXPECT_FALSE(kind.rules.path().empty()) << kind.type();
    EXPECT_EQ(kind.status != nullptr, !kind.rules.status_message().empty()) << kind.type();
  }
}

TEST(Names, AreLowerCaseSubdomains) {
  for (const std::string_view good : {"a", "web-01", "a.b.c", "0"}) EXPECT_TRUE(is_dns_subdomain(good)) << good;
  for (const std::string_view bad : {"", "-a", "a-", "A", "a..b", "a_b", "a.", "dp-4$"})
    EXPECT_FALSE(is_dns_subdomain(bad)) << bad;
  EXPECT_TRUE(is_dns_label("web-01"));
  for (const std::string_view bad : {"", "1web", "a.b", "Web", "web-"}) EXPECT_FALSE(is_dns_label(bad)) << bad;
  EXPECT_FALSE(is_dns_label(std::string(64, 'a')));
}

TEST(Names, MeshesAndServicesHaveStricterOnes) {
  const auto strict = [](std::string_view type, std::string_view name) {
    Violations violations;
    check_strict_name(*find_kind(type), name, violations);
    return violations.list().size();
  };
  EXPECT_EQ(strict("Mesh", "aa.a"), 1u);
  EXPECT_EQ(strict("Mesh", std::string(64, 'a')), 1u);
  EXPECT_EQ(strict("MeshService", "aa.a"), 1u);
  EXPECT_EQ(strict("MeshRetry", "aa.a"), 0u);
}

TEST(Labels, KeysAndValuesFollowTheSyntax) {
  Violations violations;
  check_label_syntax({{"foo/bar/baz", "bar"}, {"", "bar"}, {"foo", "^*bar"}, {"a.b/c", ""}, {"ok", "A_1"}}, violations);
  EXPECT_THAT(fields(violations),
              ElementsAre("labels[\"\"]", "labels[\"\"]", "labels[\"foo\"]", "labels[\"foo/bar/baz\"]"));
}

TEST(Labels, ReservedOnesMustAgreeWithTheResourceAndTheZone) {
  Violations violations;
  check_labels(*find_kind("MeshRetry"), {"MeshRetry", "default", "x"},
               {{"kuma.io/zone", "west"}, {"kuma.io/mesh", "other"}, {"kuma.io/policy-role", "producer"}},
               Place{.zone = "east"}, violations);
  EXPECT_THAT(fields(violations),
              ElementsAre("labels[\"kuma.io/mesh\"]", "labels[\"kuma.io/policy-role\"]", "labels[\"kuma.io/zone\"]"));
}

TEST(Labels, AreComputedOnWrite) {
  const ResourceKey key{"MeshRetry", "default", "r"};
  EXPECT_THAT(
      computed_labels(*find_kind("MeshRetry"), key, {{"kuma.io/display-name", "x"}, {"kuma.io/env", "kubernetes"}},
                      Place{.zone = "east"}),
      ElementsAre(Pair("kuma.io/display-name", "r"), Pair("kuma.io/env", "kubernetes"), Pair("kuma.io/mesh", "default"),
                  Pair("kuma.io/origin", "zone"), Pair("kuma.io/zone", "east")));
  EXPECT_THAT(computed_labels(*find_kind("Mesh"), {"Mesh", "", "m"}, {}, Place{.zone = "east"}),
              ElementsAre(Pair("kuma.io/display-name", "m"), Pair("kuma.io/origin", "zone")));
  v1::Dataplane dataplane;
  dataplane.mutable_networking()->add_listeners()->set_type("ZoneIngress");
  const Labels labels = computed_labels(*find_kind("Dataplane"), {"Dataplane", "default", "d"},
                                        {{"kuma.io/listener-zoneegress", "enabled"}, {"kuma.io/proxy-type", "x"}},
                                        Place{.zone = "east"}, &dataplane);
  EXPECT_EQ(labels.count("kuma.io/listener-zoneingress"), 1u);
  EXPECT_EQ(labels.count("kuma.io/listener-zoneegress"), 0u);
  EXPECT_EQ(labels.count("kuma.io/proxy-type"), 0u);
}

TEST(Labels, TheZoneNeverChanges) {
  Violations violations;
  check_immutable_labels({{"kuma.io/zone", "east"}}, {{"kuma.io/zone", "east"}}, violations);
  check_immutable_labels({}, {{"kuma.io/zone", "east"}}, violations);
  EXPECT_THAT(fields(violations), IsEmpty());
  check_immutable_labels({{"kuma.io/zone", "east"}}, {{"kuma.io/zone", "west"}}, violations);
  check_immutable_labels({{"kuma.io/zone", "east"}}, {}, violations);
  EXPECT_EQ(violations.list().size(), 2u);
}

TEST(Kri, NamesAResourceAndParsesBack) {
  Resource resource;
  resource.key = {"MeshService", "default", "web-x7"};
  resource.labels = {{"kuma.io/display-name", "web"}, {"kuma.io/zone", "east"}, {"k8s.kuma.io/namespace", "shop"}};
  EXPECT_EQ(kri(resource, "http"), "kri_msvc_default_east_shop_web_http");
  const Result<Kri> parsed = parse_kri("kri_msvc_default_east_shop_web_rule_0");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->section, "rule_0");
  EXPECT_TRUE(names(*parsed, resource));
  EXPECT_FALSE(names(*parse_kri("kri_msvc_default_west_shop_web_"), resource));
  resource.key = {"Secret", "default", "s"};
  EXPECT_EQ(kri(resource), "");
}

TEST(Kri, SaysWhatIsWrong) {
  EXPECT_EQ(reason(parse_kri("x").status()), "invalid identifier string: \"x\"");
  EXPECT_EQ(reason(parse_kri("kra_a_b_c_d_e_f").status()), "identifier must start with 'kri': \"kra_a_b_c_d_e_f\"");
  EXPECT_EQ(reason(parse_kri("kri___default_default__mtp-3_").status()), "unknown short name of resource type: \"\"");
}

}  // namespace
}  // namespace weft::cp
