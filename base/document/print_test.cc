#include "base/document/print.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

Node yaml(std::string_view text) {
  auto documents = parse_yaml(text);
  EXPECT_TRUE(documents.ok()) << documents.status();
  return documents.ok() && !documents->empty() ? documents->front() : Node{};
}

constexpr std::string_view kText = R"(type: MeshRetry
name: retry
labels:
  kuma.io/zone: default
spec:
  to:
  - targetRef:
      kind: Mesh
    default:
      http:
        numRetries: 5
        retryOn:
        - 5xx
        - "500"
  empty: {}
  none: []
  ratio: 1.5
  odd key: "yes: no"
  nothing: null
  version: "1.20"
)";

TEST(PrintTest, YamlReadsBackAsItself) {
  EXPECT_EQ(yaml_text(yaml(kText)), kText);
  for (const char* word : {"true", "null", "~", "0x1f", "1e3", "- a", "#x", "a # b", "'", "\"", "a: b", "", " x",
                           "multi\nline", "@a", "*a"}) {
    Node node;
    node.kind = Node::Kind::kString;
    node.text = word;
    const Node back = yaml(yaml_text(node));
    EXPECT_TRUE(back.is_string()) << word;
    EXPECT_EQ(back.text, word);
  }
}

TEST(PrintTest, WhatOlderReadersTakeForSomethingElseIsQuoted) {
  const auto printed = [](std::string_view text) {
    Node node;
    node.kind = Node::Kind::kString;
    node.text = text;
    return yaml_text(node);
  };
  for (const std::string word : {"yes", "No", "on", "OFF", "y", "2026-02-01T10:00:00Z", "2026-02-01", "10:30"})
    EXPECT_EQ(printed(word), "\"" + word + "\"\n");
  for (const std::string word : {"127.0.0.1", "online", "0-1", "http://a:1"}) EXPECT_EQ(printed(word), word + "\n");
}

TEST(PrintTest, ListsInListsKeepTheirDepth) {
  EXPECT_EQ(compact_json(yaml(yaml_text(yaml("[[1, [2, 3]], {a: [{b: c}]}, []]")))),
            R"([[1,[2,3]],{"a":[{"b":"c"}]},[]])");
}

TEST(PrintTest, JsonKeepsOrderAndNumbers) {
  EXPECT_EQ(compact_json(yaml("{b: 18446744073709551615, a: [1.50, true, null, x]}")),
            R"({"b":18446744073709551615,"a":[1.5,true,null,"x"]})");
  EXPECT_EQ(pretty_json(yaml("{a: {b: 1}}")), "{\n \"a\": {\n  \"b\": 1\n }\n}\n");
}

}  // namespace
}  // namespace weft
