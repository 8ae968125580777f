// For tests: policies from protobuf text. Any thread.
#pragma once

#include <memory>
#include <string>

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "policies/policy_resource.h"

namespace weft::testing {

template <typename Spec>
Spec spec_of(const std::string& text) {
  Spec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &spec)) << text;
  return spec;
}

// A policy of mesh "default"; its KRI is "kri:<name>".
template <typename Spec>
PolicyPtr policy_of(const std::string& name, const std::string& text, const Labels& labels = {}) {
  return make_policy_resource("default", name, cat("kri:", name), labels,
                              std::make_shared<const Spec>(spec_of<Spec>(text)));
}

}  // namespace weft::testing
