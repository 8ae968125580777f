#include "base/document/variables.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(Variables, TemplatesThatAResourceHoldsStayAsTheyAre) {
  std::vector<std::string> unset;
  const std::string text = R"(path: '/ns/{{ .Namespace }}/{{ label "team" }}/{{.Workload}}')";
  EXPECT_EQ(*render_variables(text, {{"Namespace", "x"}}, &unset), text);
  EXPECT_TRUE(unset.empty());
}

TEST(VariablesTest, ReplacesNamesAndNamesTheUnset) {
  Variables variables;
  ASSERT_TRUE(add_variables("name=web-01,a.b=x=y", variables).ok());
  std::vector<std::string> unset;
  EXPECT_EQ(*render_variables("n: {{ name }}/{{a.b}}-{{ other }}!", variables, &unset), "n: web-01/x=y-!");
  EXPECT_EQ(unset, (std::vector<std::string>{"other"}));
}

TEST(VariablesTest, AnOpenBraceIsAnErrorWithItsLine) {
  EXPECT_EQ(reason(render_variables("a\nb: {{ name", {}).status()), "line 2: \"{{\" without \"}}\"");
  Variables variables;
  EXPECT_FALSE(add_variables("novalue", variables).ok());
}

}  // namespace
}  // namespace weft
