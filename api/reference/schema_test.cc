#include "api/reference/schema.h"

#include <gmock/gmock.h>

#include "api/reference/facts.h"
#include "base/text.h"

namespace weft::reference {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const FieldDescriptor& field_at(const Kind& kind, const std::string& path) {
  const FieldDescriptor* found = nullptr;
  walk_fields(*kind.message, kind.is_inline() ? "" : "spec", [&](const FieldDescriptor& field, const std::string& at) {
    if (at == path) found = &field;
  });
  EXPECT_NE(found, nullptr) << path;
  return *found;
}

Facts facts_at(const std::string& type, const std::string& path) {
  const Kind& kind = *Schema::embedded().find(type);
  return facts_of(field_at(kind, path), kind, path);
}

TEST(Schema, HoldsEveryKindWithItsComments) {
  const Kind* retry = Schema::embedded().find("MeshRetry");
  ASSERT_NE(retry, nullptr);
  EXPECT_THAT(retry->description, HasSubstr("tried again"));
  EXPECT_EQ(retry->collection(), "/meshes/{mesh}/meshretries");
  EXPECT_EQ(Schema::embedded().find("Mesh")->collection(), "/meshes");
}

TEST(Schema, KindsAreFoundByAllTheirNamesInAnyCase) {
  for (const char* word : {"MeshRetry", "meshretry", "MESHRETRIES", "mr", "mesh-retry"}) {
    ASSERT_NE(Schema::embedded().find(word), nullptr) << word;
    EXPECT_EQ(Schema::embedded().find(word)->type(), "MeshRetry");
  }
  EXPECT_EQ(Schema::embedded().find(""), nullptr);
  EXPECT_EQ(Schema::embedded().find("meshretri"), nullptr);
}

TEST(FirstSentence, EndsAtAFullStopBeforeASpace) {
  EXPECT_EQ(first_sentence("One. Two."), "One.");
  EXPECT_EQ(first_sentence("Port 1.5 of it, e.g. this. Two."), "Port 1.5 of it, e.g. this.");
  EXPECT_EQ(first_sentence("One\nTwo. Three."), "One");
}

TEST(Facts, TypesAreThoseOfTheDocument) {
  EXPECT_EQ(facts_at("MeshTimeout", "spec.to.default.idleTimeout").type, "duration");
  EXPECT_EQ(facts_at("MeshTimeout", "spec.to").type, "list of To");
  EXPECT_EQ(facts_at("MeshTimeout", "spec.targetRef.labels").type, "map of string");
  EXPECT_EQ(facts_at("MeshService", "spec.ports.targetPort").type, "integer or string");
  EXPECT_EQ(facts_at("Secret", "data").type, "base64");
}

TEST(Facts, OptionsAreSaidInSentences) {
  EXPECT_THAT(facts_at("MeshTimeout", "spec.to.default.http.requestTimeout").sentences(),
              ElementsAre("When nothing sets it: 15s."));
  EXPECT_THAT(facts_at("MeshService", "spec.ports.appProtocol").sentences(), Contains("Filled in when absent: tcp."));
  EXPECT_THAT(facts_at("MeshService", "spec.state").sentences(),
              Contains("Written by the control plane; what a client sends is dropped."));
  EXPECT_THAT(facts_at("MeshTimeout", "spec.to.targetRef").sentences(), ElementsAre("Required."));
}

TEST(Facts, ATargetMayNameWhatThePolicyAllowsThere) {
  EXPECT_THAT(facts_at("MeshTimeout", "spec.targetRef.kind").allowed, ElementsAre("Mesh", "Dataplane"));
  EXPECT_THAT(facts_at("MeshTimeout", "spec.to.targetRef.kind").allowed, Contains("MeshService"));
}

TEST(Facts, ListsSayHowTheyMerge) {
  EXPECT_TRUE(facts_at("MeshRetry", "spec.to.default.http.retryOn").replaced_whole);
  EXPECT_FALSE(facts_at("MeshRetry", "spec.to").replaced_whole);
}

}  // namespace
}  // namespace weft::reference
