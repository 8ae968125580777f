// For tests: what is wrong with a document that its schema allows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/text.h"
#include "control-plane/resource/decode.h"
#include "control-plane/resource/validate/validate.h"

namespace weft::cp {

// "field: reason" for each. With SchemaLayer::kSkipped also what a schema would have refused first.
inline std::vector<std::string> problems(std::string_view yaml, SchemaLayer schema = SchemaLayer::kApplied) {
  const Result<std::vector<Node>> documents = parse_yaml(yaml);
  EXPECT_TRUE(documents.ok()) << documents.status();
  Decoded decoded = decode(documents->at(0), nullptr, schema);
  EXPECT_TRUE(decoded.ok()) << yaml;
  for (const auto* findings : {&decoded.unreadable, &decoded.violations}) {
    for (const Finding& finding : *findings) ADD_FAILURE() << sentence(finding);
  }
  Resource resource;
  resource.key = decoded.key;
  resource.spec = decoded.spec;
  Violations violations;
  validate(resource, violations);
  std::vector<std::string> out;
  for (const Violation& violation : violations.list()) out.push_back(cat(violation.field, ": ", violation.reason));
  return out;
}

}  // namespace weft::cp
