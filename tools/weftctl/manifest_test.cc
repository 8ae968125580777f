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

struct ReadResult {
  std::vector<Document> documents;
  Problems problems;
  std::vector<std::string> unset;
};

ReadResult read(std::string_view text, const Variables& variables = {}) {
  ReadResult out;
  out.documents = read_documents({"t.yaml", std::string(text)}, variables, out.problems, out.unset);
  return out;
}

TEST(ManifestTest, SplitsDocumentsAndKeepsTheirPlaces) {
  const ReadResult out = read(R"(# a comment first
---
type: Mesh
name: m
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
  EXPECT_EQ(out.documents[0].title(), R"(resource type="Mesh" mesh="default" name="m")");
  EXPECT_EQ(out.documents[1].mesh, "m");
  EXPECT_EQ(out.documents[1].place(), "t.yaml:7:1");
  EXPECT_EQ(out.documents[1].place("spec.to[0].default.http.numRetries"), "t.yaml:15:9");
  // Of a field that is missing: the deepest part that is there.
  EXPECT_EQ(out.documents[1].place("spec.to[0].default.tcp.maxConnectAttempt"), "t.yaml:13:5");
}

TEST(ManifestTest, JsonIsReadAsWell) {
  const ReadResult out = read(R"({"type":"Mesh","name":"m"})");
  EXPECT_THAT(out.problems, ElementsAre());
  ASSERT_EQ(out.documents.size(), 1u);
  EXPECT_EQ(out.documents[0].name, "m");
}

TEST(ManifestTest, NamesEveryProblemOfEveryDocument) {
  const ReadResult out = read("type: Mesh\n---\nname: a\nmesh: [x]\n---\ntype: MeshRetry\nname: 7\n---\n- list\n");
  EXPECT_THAT(out.problems, ElementsAre("t.yaml:1:1: name: cannot be empty", "t.yaml:3:1: type: cannot be empty",
                                        "t.yaml:4:1: mesh: must be a string",
                                        "t.yaml:7:1: name: must be a string, not number (quote it)",
                                        "t.yaml:9:1: expected a document with type, name and spec"));
}

TEST(ManifestTest, RefusesKubernetesDocumentsInPlainWords) {
  const ReadResult out = read("apiVersion: kuma.io/v1alpha1\nkind: Mesh\nmetadata: {name: default}\n");
  EXPECT_THAT(out.problems, ElementsAre(HasSubstr("t.yaml:1:1: a Kubernetes document")));
}

TEST(ManifestTest, MalformedTextNamesItsPlace) {
  EXPECT_THAT(read("type: Mesh\nname: [a\n").problems, ElementsAre(HasSubstr("t.yaml: line ")));
  EXPECT_THAT(read("a: 1\na: 2\n").problems, ElementsAre(HasSubstr("line 2")));
  EXPECT_THAT(read("# nothing\n").problems, ElementsAre("t.yaml: there is no document in it"));
}

TEST(ManifestTest, FillsInVariablesAndNamesTheUnsetOnes) {
  const ReadResult out = read("type: Mesh\nname: {{ name }}\nlabels: {a: \"{{ other }}\"}\n", {{"name", "m1"}});
  EXPECT_EQ(out.documents.at(0).name, "m1");
  EXPECT_THAT(out.unset, ElementsAre("other"));
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
