#include "base/document/document.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace weft {
namespace {

Node yaml(std::string_view text) {
  Result<std::vector<Node>> documents = parse_yaml(text);
  EXPECT_TRUE(documents.ok()) << documents.status();
  EXPECT_EQ(documents->size(), 1u);
  return documents.ok() && !documents->empty() ? (*documents)[0] : Node{};
}

std::string yaml_error(std::string_view text) {
  const Result<std::vector<Node>> documents = parse_yaml(text);
  return documents.ok() ? "none" : reason(documents.status());
}

std::string json_error(std::string_view text) {
  const Result<Node> document = parse_json(text);
  return document.ok() ? "none" : reason(document.status());
}

TEST(Yaml, KeepsTheLineAndColumnOfEveryKey) {
  const Node node = yaml("type: Mesh\nspec:\n  to:\n    - default:\n        port: 80\n");
  EXPECT_EQ(locate(node, "type"), (Mark{1, 1}));
  EXPECT_EQ(locate(node, "spec.to[0].default.port"), (Mark{5, 9}));
}

TEST(Yaml, AMissingFieldIsLocatedAtTheDeepestPartThatIsThere) {
  const Node node = yaml("spec:\n  to:\n    - targetRef: {kind: Mesh}\n");
  EXPECT_EQ(locate(node, "spec.to[0].default.http"), (Mark{3, 7}));
  EXPECT_EQ(locate(node, "spec.to[7]"), (Mark{2, 3}));
}

TEST(Yaml, TellsPlainWordsFromQuotedOnes) {
  const Node node =
      yaml("{a: 5, b: \"5\", c: true, d: 'true', e: ~, f: null, g: 0x1f, h: 1.50, i: -3, j: !!str 7, k: yes}");
  EXPECT_TRUE(node.find("a")->is_number());
  EXPECT_TRUE(node.find("b")->is_string());
  EXPECT_EQ(node.find("c")->kind, Node::Kind::kBool);
  EXPECT_TRUE(node.find("d")->is_string());
  EXPECT_TRUE(node.find("e")->is_null());
  EXPECT_TRUE(node.find("f")->is_null());
  EXPECT_EQ(node.find("g")->text, "31");
  EXPECT_EQ(node.find("h")->text, "1.5");
  EXPECT_EQ(node.find("i")->text, "-3");
  EXPECT_TRUE(node.find("j")->is_string());
  EXPECT_TRUE(node.find("k")->is_string());
}

TEST(Yaml, TextAfterTheEndOfADocumentIsAnErrorAndNotAnEndlessLoop) {
  EXPECT_EQ(yaml_error("{a: b}, c"), "line 1, column 7: unexpected text");
  EXPECT_NE(yaml_error("[a]]"), "");
  EXPECT_EQ(yaml_error("a: \xBB"), "the text is not UTF-8");
}

TEST(Yaml, ReadsSeveralDocumentsAndLeavesEmptyOnesOut) {
  const Result<std::vector<Node>> documents = parse_yaml("a: 1\n---\n---\n# nothing\n---\nb: 2\n");
  ASSERT_TRUE(documents.ok()) << documents.status();
  ASSERT_EQ(documents->size(), 2u);
  EXPECT_NE((*documents)[1].find("b"), nullptr);
}

TEST(Yaml, ExpandsAliasesAndMergesKeys) {
  const Node node = yaml("base: &b {x: 1, y: 2}\nuse: *b\nmerged:\n  <<: *b\n  y: 3\n");
  EXPECT_EQ(node.find("use")->find("x")->text, "1");
  EXPECT_EQ(node.find("merged")->find("x")->text, "1");
  EXPECT_EQ(node.find("merged")->find("y")->text, "3");
  EXPECT_EQ(node.find("merged")->find("<<"), nullptr);
}

TEST(Yaml, BoundsWhatAliasesMayGrowTo) {
  std::string text = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string alias = cat("*a", i - 1);
    append(text, "a", i, ": &a", i, " [", alias);
    for (int j = 0; j < 9; ++j) append(text, ", ", alias);
    text += "]\n";
  }
  EXPECT_NE(yaml_error(text).find("more than 1000000 values"), std::string::npos);
}

TEST(Yaml, BoundsItsDepth) {
  EXPECT_NE(yaml_error(std::string(70, '[') + std::string(70, ']')).find("nested more than 64 deep"),
            std::string::npos);
  EXPECT_NE(yaml_error(std::string(100'000, '[')), "none");
}

TEST(Yaml, SaysWhereTheTextIsBroken) {
  EXPECT_TRUE(yaml_error("a: 1\n  b: [\n").starts_with("line ")) << yaml_error("a: 1\n  b: [\n");
  EXPECT_NE(yaml_error("? [1]\n: 2\n"), "none");
}

TEST(Document, OfAKeyThatStandsTwiceTheLastOneCountsAndIsMarked) {
  const auto yaml = parse_yaml("a: 1\nb: {c: 1, c: 2, d: 0, c: 3}\na: 3\n");
  const auto json = parse_json(R"({"a": 1, "b": {"c": 1, "c": 2, "d": 0, "c": 3}, "a": 3})");
  ASSERT_TRUE(yaml.ok() && json.ok());
  for (const Node* read : {&yaml->front(), &*json}) {
    EXPECT_EQ(read->members.size(), 2u);
    EXPECT_EQ(read->find("a")->text, "3");
    EXPECT_TRUE(read->members[1].is_repeated);
    const Node& inner = *read->find("b");
    ASSERT_EQ(inner.members.size(), 2u);
    EXPECT_EQ(inner.members[0].key, "d");
    EXPECT_FALSE(inner.members[0].is_repeated);
    EXPECT_EQ(inner.find("c")->text, "3");
  }
}

TEST(Document, HoldsAMillionValuesAndNoMore) {
  std::string text = "[0";
  for (size_t i = 0; i < kMaxDocumentNodes; ++i) text += ",0";
  EXPECT_NE(reason(parse_json(text + "]").status()).find("more than 1000000 values in one document"),
            std::string::npos);
}

TEST(Document, VeryManyKeysThatStandTwiceAreReadInNoTime) {
  std::string text = "{";
  for (int i = 0; i < 100'000; ++i) append(text, i == 0 ? "" : ",", "\"k", i % 50'000, "\":", i);
  const auto read = parse_json(text + "}");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->members.size(), 50'000u);
  EXPECT_EQ(read->find("k0")->text, "50000");
}

TEST(Json, KeepsNumbersAsWrittenAndPositions) {
  const Result<Node> node = parse_json("{\n \"a\": 12345678901234567890,\n \"b\": {\"c\": [1.5, \"x\\n\"]}}");
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(node->find("a")->text, "12345678901234567890");
  EXPECT_EQ(node->find("b")->find("c")->items[1].text, "x\n");
  EXPECT_EQ(locate(*node, "b.c").line, 3);
}

TEST(Json, SaysWhereTheTextIsBroken) {
  EXPECT_TRUE(json_error("{,\n}").starts_with("line 1, column 2: ")) << json_error("{,\n}");
  EXPECT_NE(json_error(""), "none");
  EXPECT_NE(json_error("{} x"), "none");
  EXPECT_NE(json_error("{\"a\":\"\xff\"}"), "none");
  EXPECT_NE(json_error(std::string(100'000, '[')), "none");
}

}  // namespace
}  // namespace weft
