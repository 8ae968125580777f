#include "tools/weftctl/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "base/text.h"

namespace weft::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

Manifest read(std::string_view text, const Variables& variables = {}) {
  auto manifest = read_manifest({{"t.yaml", std::string(text)}}, variables, "default");
  EXPECT_TRUE(manifest.ok()) << manifest.status();
  return manifest.ok() ? *std::move(manifest) : Manifest{};
}

TEST(ManifestTest, SplitsDocumentsAndKeepsTheirPlaces) {
  const Manifest out = read(R"(# a comment first
---
type: Mesh
name: m
# --- is no separator here
---
---
type: MeshRetry
mesh: m
name: r
spec:
  to:
  - targetRef: {kind: Mesh}
    default:
      http:
        numRetries: 5
)");
  EXPECT_THAT(out.problems, ElementsAre());
  ASSERT_EQ(out.documents.size(), 2u);
  EXPECT_EQ(out.documents[0].title(), R"(resource type="Mesh" name="m")");
  EXPECT_EQ(out.documents[1].title(), R"(resource type="MeshRetry" mesh="m" name="r")");
  EXPECT_EQ(out.documents[1].index, 1u);
  EXPECT_EQ(out.documents[1].place(), "t.yaml:8:1");
  EXPECT_EQ(out.documents[1].place("spec.to[0].default.http.numRetries"), "t.yaml:16:9");
  // Of a field that is missing: the deepest part that is there.
  EXPECT_EQ(out.documents[1].place("spec.to[0].default.tcp.maxConnectAttempt"), "t.yaml:14:5");
}

TEST(ManifestTest, JsonAndWhatStandsBehindTheSeparatorAreReadAsWell) {
  const Manifest out = read("{\"type\":\"Mesh\",\"name\":\"m\"}\n--- {type: Mesh, name: n}\n");
  EXPECT_THAT(out.problems, ElementsAre());
  ASSERT_EQ(out.documents.size(), 2u);
  EXPECT_EQ(out.documents[0].name, "m");
  EXPECT_EQ(out.documents[1].name, "n");
  EXPECT_EQ(out.documents[1].place("name"), "t.yaml:2:18");
}

TEST(ManifestTest, ABrokenDocumentDoesNotHideWhatIsWrongWithTheOthers) {
  const Manifest out = read("type: Mesh\nname: a\n---\nname: [never, closed\n---\ntype: Mesh\nname: b\n---\n- list\n");
  EXPECT_EQ(out.documents.size(), 3u);  // the list is a document, if no good one
  ASSERT_THAT(out.problems, ElementsAre(Pair(1, HasSubstr("resource[1]: failed to parse resource: ")),
                                        Pair(3, HasSubstr("expected a document with type, name and spec"))));
  EXPECT_THAT(out.problems.at(1), HasSubstr("\n  --> t.yaml:5:1"));
  EXPECT_THAT(out.problems.at(3), HasSubstr("\n  --> t.yaml:9:1"));
}

TEST(ManifestTest, NamesEveryProblemOfEveryDocument) {
  const Manifest out =
      read("type: MeshRetry\nspec: {}\n---\nname: a\n---\ntype: MeshRetry\nname: 7\n---\ntype: [x]\nname: a\n");
  ASSERT_EQ(out.problems.size(), 4u);
  EXPECT_THAT(out.problems.at(0), StartsWith("resource[0]: failed to parse resource: Resource is not valid\n* name"));
  EXPECT_THAT(out.problems.at(0), HasSubstr("\n* name: cannot be empty\n  --> t.yaml:"));
  EXPECT_EQ(out.problems.at(1), "resource[1]: failed to parse resource: type: cannot be empty\n  --> t.yaml:4:1");
  EXPECT_THAT(out.problems.at(2), HasSubstr("\n* name: "));
  EXPECT_THAT(out.problems.at(3), HasSubstr("type: must be a string, not array"));
}

TEST(ManifestTest, ADocumentIsJudgedAsTheControlPlaneWould) {
  const Manifest out = read(R"(type: MeshTimeout
name: t
spec:
  to:
  - targetRef: {kind: Mesh}
    default: {connectionTimeout: 0s, idleTimeout: -1s}
)");
  ASSERT_EQ(out.problems.size(), 1u);
  EXPECT_THAT(out.problems.at(0), HasSubstr("* spec.to[0].default.connectionTimeout: "));
  EXPECT_THAT(out.problems.at(0), HasSubstr("* spec.to[0].default.idleTimeout: "));
  EXPECT_THAT(out.problems.at(0), HasSubstr("  --> t.yaml:6:38"));
}

TEST(ManifestTest, AnUnknownTypeIsLeftToTheControlPlane) {
  const Manifest out = read("type: MeshTomorrow\nname: a\nmesh: m\n");
  EXPECT_THAT(out.problems, ElementsAre());
  ASSERT_EQ(out.documents.size(), 1u);
  EXPECT_EQ(out.documents[0].resource, nullptr);
  EXPECT_EQ(out.documents[0].mesh, "m");
}

TEST(ManifestTest, UnknownFieldsAreWarnings) {
  const Manifest out = read("type: Mesh\nname: a\nfoo: 1\n");
  EXPECT_THAT(out.problems, ElementsAre());
  EXPECT_THAT(out.warnings, ElementsAre(HasSubstr("t.yaml:3:1: ")));
}

TEST(ManifestTest, AKeyThatStandsTwiceCountsAsTheLastAndIsAWarning) {
  const Manifest out = read("type: Mesh\nname: a\nname: b\n");
  EXPECT_THAT(out.problems, ElementsAre());
  EXPECT_EQ(out.documents.at(0).name, "b");
  EXPECT_THAT(out.warnings, ElementsAre(HasSubstr("name")));
}

TEST(ManifestTest, RefusesKubernetesDocumentsInPlainWords) {
  const Manifest out = read("apiVersion: kuma.io/v1alpha1\nkind: Mesh\nmetadata: {name: default}\n");
  EXPECT_THAT(out.problems, ElementsAre(Pair(0, HasSubstr("a Kubernetes document"))));
}

TEST(ManifestTest, MalformedTextNamesItsPlace) {
  EXPECT_THAT(read("type: Mesh\nname: [a\n").problems, ElementsAre(Pair(0, HasSubstr("\n  --> t.yaml:"))));
  EXPECT_EQ(reason(read_manifest({{"t.yaml", "# nothing\n"}}, {}, "default").status()),
            "t.yaml: there is no document in it");
}

TEST(ManifestTest, FillsInVariablesAndNamesTheUnsetOnes) {
  const Manifest out =
      read("type: Mesh\nname: {{ name }}\nlabels: {a: \"{{ other }}\", b: \"{{other}}\"}\n", {{"name", "m1"}});
  EXPECT_EQ(out.documents.at(0).name, "m1");
  EXPECT_THAT(out.unset, ElementsAre("other"));
}

TEST(ManifestTest, DocumentsAreCountedThroughAllSources) {
  const auto out = read_manifest({{"a.yaml", "type: Mesh\nname: a\n"}, {"b.yaml", "x"}}, {}, "default");
  ASSERT_TRUE(out.ok());
  EXPECT_THAT(out->problems, ElementsAre(Pair(1, HasSubstr("  --> b.yaml:1:1"))));
}

TEST(ManifestTest, AFolderIsReadInTheOrderOfItsNames) {
  const std::string folder = cat(testing::TempDir(), "manifest_test_folder");
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(make_folder(folder).ok());
  for (const char* name : {"b.yml", "a.yaml", "c.json", "note.txt"})
    ASSERT_TRUE(write_file(cat(folder, "/", name), name).ok());
  const auto sources = read_sources({folder}, Nanoseconds(0));
  ASSERT_TRUE(sources.ok()) << sources.status();
  std::vector<std::string> texts;
  for (const Source& source : *sources) texts.push_back(source.text);
  EXPECT_THAT(texts, ElementsAre("a.yaml", "b.yml", "c.json"));
  EXPECT_FALSE(read_sources({folder + "/missing.yaml"}, Nanoseconds(0)).ok());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace weft::ctl
