#include "proxy/dataplane_file.h"

#include <gtest/gtest.h>

namespace weft::proxy {
namespace {

std::string error_of(std::string_view text) {
  const Result<DataplaneDefinition> parsed = parse_dataplane(text, {});
  return parsed.ok() ? "" : reason(parsed.status());
}

TEST(DataplaneFile, yaml_becomes_the_same_json) {
  const Result<DataplaneDefinition> parsed = parse_dataplane(
      "type: Dataplane\nmesh: demo\nname: {{ name }}\nnetworking:\n  address: {{ address }}\n  inbound:\n"
      "  - port: 8080\n    protocol: http\n    state: \"Ready\"\nlabels: {\"a\": \"1\", b: 1.5, c: true, d: ~}\n",
      {{"name", "web-1"}, {"address", "10.0.0.5"}});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->mesh, "demo");
  EXPECT_EQ(parsed->name, "web-1");
  EXPECT_EQ(parsed->json,
            R"({"type":"Dataplane","mesh":"demo","name":"web-1","networking":{"address":"10.0.0.5","inbound":)"
            R"([{"port":8080,"protocol":"http","state":"Ready"}]},"labels":{"a":"1","b":1.5,"c":true,"d":null}})");
}

TEST(DataplaneFile, json_is_read_too_and_a_missing_mesh_is_the_default_one) {
  const Result<DataplaneDefinition> parsed = parse_dataplane(R"({"type":"Dataplane","name":"web-1"})", {});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->mesh, "default");
  EXPECT_EQ(parsed->json, R"({"type":"Dataplane","name":"web-1","mesh":"default"})");
}

TEST(DataplaneFile, what_is_not_a_dataplane_is_refused_with_a_reason) {
  EXPECT_EQ(error_of("type: Mesh\nname: x"), "invalid proxy resource type \"Mesh\", expected Dataplane");
  EXPECT_EQ(error_of("type: Dataplane"), "name: must not be empty");
  EXPECT_EQ(error_of("- 1"), "expected a Dataplane document");
  EXPECT_EQ(error_of("type: Dataplane\n---\ntype: Dataplane"), "expected one document, found 2");
  EXPECT_EQ(error_of("type: Dataplane\nname: {{ x"), "line 2: \"{{\" without \"}}\"");
  EXPECT_TRUE(error_of("type: Dataplane\nname: [").starts_with("line "));
}

TEST(DataplaneFile, a_missing_file_is_named) {
  const Result<std::string> text = read_dataplane_text("/nonexistent/dp.yaml");
  ASSERT_FALSE(text.ok());
  EXPECT_NE(reason(text.status()).find("/nonexistent/dp.yaml"), std::string::npos);
}

}  // namespace
}  // namespace weft::proxy
