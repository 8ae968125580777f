#include "api/reference/openapi.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>

#include "base/document/document.h"
#include "base/text.h"

namespace weft::reference {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

const Node& document() {
  static const Node parsed = [] {
    const std::array others = {Operation{"GET", "/meshes/{mesh}/dataplanes/{name}/_rules", "Rules"},
                               Operation{"GET", "/meshes/{mesh}/dataplanes/{name}", "left out"}};
    const auto text = parse_json(openapi_document(Schema::embedded(), "1.2.3", others));
    EXPECT_TRUE(text.ok()) << text.status();
    return text.ok() ? *text : Node();
  }();
  return parsed;
}

const Node& at(const Node& node, const std::vector<std::string>& path) {
  static const Node kNothing;
  const Node* found = &node;
  for (const std::string& key : path) {
    found = found->find(key);
    if (found == nullptr) return kNothing;
  }
  return *found;
}
const Node& schema(const std::string& name) { return at(document(), {"components", "schemas", name}); }

std::vector<std::string> words(const Node& list) {
  std::vector<std::string> out;
  for (const Node& item : list.items) out.push_back(item.text);
  return out;
}

void check_refs(const Node& node) {
  if (const Node* ref = node.find("$ref")) {
    const std::string prefix = "#/components/schemas/";
    ASSERT_TRUE(ref->text.starts_with(prefix)) << ref->text;
    EXPECT_TRUE(schema(ref->text.substr(prefix.size())).is_object()) << ref->text;
    EXPECT_EQ(node.members.size(), 1u) << "beside $ref nothing counts: " << ref->text;
  }
  for (const Member& member : node.members) check_refs(member.value);
  for (const Node& item : node.items) check_refs(item);
}

// What a schema object may look like, as far as it is used here.
void check_schema(const Node& node, const std::string& where) {
  static const std::vector<std::string> kTypes = {"object", "array", "string", "integer", "number", "boolean"};
  ASSERT_TRUE(node.is_object()) << where;
  if (const Node* type = node.find("type")) {
    EXPECT_THAT(kTypes, Contains(type->text)) << where;
  }
  if (at(node, {"type"}).text == "array") {
    EXPECT_TRUE(at(node, {"items"}).is_object()) << where;
  }
  for (const Member& property : at(node, {"properties"}).members)
    check_schema(property.value, where + "." + property.key);
  for (const std::string& name : words(at(node, {"required"})))
    EXPECT_TRUE(at(node, {"properties", name}).is_object()) << where << " requires " << name;
}

TEST(OpenApi, SaysWhatItIs) {
  EXPECT_EQ(at(document(), {"openapi"}).text, "3.0.3");
  EXPECT_EQ(at(document(), {"info", "version"}).text, "1.2.3");
}

TEST(OpenApi, EveryReferenceResolves) { check_refs(document()); }

TEST(OpenApi, EverySchemaIsWellFormed) {
  for (const Member& one : at(document(), {"components", "schemas"}).members) check_schema(one.value, one.key);
}

TEST(OpenApi, EveryKindHasItsPathsAndSchema) {
  for (const Kind& kind : Schema::embedded().kinds()) {
    EXPECT_TRUE(schema(kind.type()).is_object()) << kind.type();
    EXPECT_TRUE(at(document(), {"paths", kind.collection(), "get"}).is_object()) << kind.type();
    const Node& item = at(document(), {"paths", kind.collection() + "/{name}"});
    EXPECT_TRUE(at(item, {"get"}).is_object()) << kind.type();
    EXPECT_EQ(at(item, {"put"}).is_object(), !kind.rules.read_only()) << kind.type();
    EXPECT_EQ(at(item, {"delete"}).is_object(), !kind.rules.read_only()) << kind.type();
  }
}

TEST(OpenApi, EveryParameterOfAPathIsDeclared) {
  for (const Member& path : at(document(), {"paths"}).members) {
    const size_t placeholders = static_cast<size_t>(std::count(path.key.begin(), path.key.end(), '{'));
    for (const Member& operation : path.value.members) {
      size_t declared = 0;
      for (const Node& parameter : at(operation.value, {"parameters"}).items)
        declared += at(parameter, {"in"}).text == "path" ? 1 : 0;
      EXPECT_EQ(declared, placeholders) << operation.key << " " << path.key;
      EXPECT_FALSE(at(operation.value, {"responses"}).members.empty()) << path.key;
    }
  }
}

TEST(OpenApi, OtherOperationsStandBesideThoseOfTheKinds) {
  EXPECT_EQ(at(document(), {"paths", "/meshes/{mesh}/dataplanes/{name}/_rules", "get", "summary"}).text, "Rules");
  EXPECT_EQ(at(document(), {"paths", "/meshes/{mesh}/dataplanes/{name}", "get", "summary"}).text, "One Dataplane");
}

TEST(OpenApi, OptionsOfTheSchemaAreKeywords) {
  const Node& port = at(schema("MeshService.Port"), {"properties"});
  EXPECT_EQ(at(port, {"appProtocol", "default"}).text, "tcp");
  EXPECT_THAT(words(at(schema("MeshService.Port"), {"required"})), Contains("port"));
  EXPECT_TRUE(at(port, {"targetPort", "oneOf"}).is_list());
  const Node& header = at(schema("HeaderMatch"), {"properties"});
  EXPECT_THAT(words(at(header, {"type", "enum"})), Contains("RegularExpression"));
  EXPECT_TRUE(at(header, {"name", "pattern"}).text.starts_with("^(?:"));
  EXPECT_THAT(words(at(schema("Mesh"), {"properties", "type", "enum"})), ElementsAre("Mesh"));
  EXPECT_EQ(at(schema("MeshTimeoutConf.Http"), {"properties", "requestTimeout", "x-runtime-default"}).text, "15s");
}

}  // namespace
}  // namespace weft::reference
