// For tests: policies from protobuf text. Any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "policies/policy.h"
#include "policies/policy_resource.h"

namespace weft::testing {

template <typename Spec>
Spec spec_of(const std::string& text) {
  Spec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &spec)) << text;
  return spec;
}

// What a kind says against a spec, "field: reason" each.
template <typename Spec>
std::vector<std::string> violations_of(const PolicyKind& kind, const std::string& text) {
  Violations violations;
  kind.validate(spec_of<Spec>(text), violations);
  std::vector<std::string> out;
  for (const Violation& violation : violations.list()) out.push_back(cat(violation.field, ": ", violation.reason));
  return out;
}

// A policy of mesh "default"; its KRI is "kri:<name>".
template <typename Spec>
PolicyPtr policy_of(const std::string& name, const std::string& text, const Labels& labels = {}) {
  return make_policy_resource("default", name, cat("kri:", name), labels,
                              std::make_shared<const Spec>(spec_of<Spec>(text)));
}

}  // namespace weft::testing
