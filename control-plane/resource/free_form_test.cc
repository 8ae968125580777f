#include "control-plane/resource/free_form.h"

#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include "control-plane/resource/decode.h"
#include "control-plane/resource/encode.h"

namespace weft::cp {
namespace {

std::string there_and_back(std::string_view json) {
  google::protobuf::Value value;
  EXPECT_TRUE(read_free_form(*parse_json(json), value));
  JsonWriter out(JsonWriter::Style::kCompact);
  write_free_form(out, value);
  return out.take();
}

TEST(FreeForm, AnyJsonComesBack) {
  for (const std::string_view same : {R"({"a":[1,-2.5,true,null,"x"],"b":{}})", "[]", "null", "\"text\"", "3"}) {
    EXPECT_EQ(there_and_back(same), same);
  }
  EXPECT_EQ(there_and_back(R"({"b":1,"a":9007199254740991})"), R"({"a":9007199254740991,"b":1})");
}

TEST(FreeForm, AStructIsAnObject) {
  google::protobuf::Struct object;
  EXPECT_TRUE(read_free_form(*parse_json("{\"a\": 1}"), object));
  EXPECT_EQ(object.fields().at("a").number_value(), 1);
  EXPECT_FALSE(read_free_form(*parse_json("[1]"), object));
}

TEST(FreeForm, StandsInADocumentAsItWasWritten) {
  const auto documents = parse_yaml(
      "{type: MeshIdentity, mesh: default, name: i, spec: {provider: {type: Extension, extension: {name: x, config: "
      "{deep: [{er: true}]}}}}}");
  const Decoded decoded = decode(documents->at(0));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(encode_message(*decoded.spec),
            R"({"provider":{"type":"Extension","extension":{"name":"x","config":{"deep":[{"er":true}]}}}})");
}

}  // namespace
}  // namespace weft::cp
