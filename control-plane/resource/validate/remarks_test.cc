#include "control-plane/resource/validate/remarks.h"

#include <gmock/gmock.h>

#include "base/text.h"
#include "control-plane/resource/decode.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> said(std::string_view type, std::string_view fields) {
  const auto documents = parse_yaml(cat("{type: ", type, ", mesh: default, name: x, ", fields, "}"));
  EXPECT_TRUE(documents.ok()) << documents.status();
  Resource resource;
  resource.spec = decode(documents->at(0)).spec;
  return remarks(resource);
}

TEST(Remarks, OfServices) {
  EXPECT_THAT(said("MeshService", "spec: {selector: {dataplaneRef: {name: d}}, ports: [{port: 1}, {port: 2}]}"),
              IsEmpty());
  EXPECT_THAT(said("MeshService", "spec: {ports: [{port: 1}, {port: 1}]}"),
              ElementsAre(HasSubstr("selects no dataplane"), HasSubstr("port 1 more than once")));
  EXPECT_THAT(said("MeshExternalService", "spec: {match: {port: 80}}"), ElementsAre(HasSubstr("lead nowhere")));
  EXPECT_THAT(said("MeshExternalService", "spec: {match: {port: 80}, extension: {type: x}}"), IsEmpty());
}

TEST(Remarks, OfIdentities) {
  EXPECT_THAT(said("MeshIdentity", "spec: {}"), ElementsAre(HasSubstr("nobody's"), HasSubstr("no certificates")));
  EXPECT_THAT(said("MeshIdentity", "spec: {selector: {dataplane: {}}, provider: {type: Spire, spire: {}}}"), IsEmpty());
}

TEST(Remarks, OfSecrets) {
  EXPECT_THAT(said("Secret", "data: ''"), ElementsAre("data is empty"));
  EXPECT_THAT(said("GlobalSecret", "data: eA=="), IsEmpty());
}

}  // namespace
}  // namespace weft::cp
