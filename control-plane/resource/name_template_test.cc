#include "control-plane/resource/name_template.h"

#include <gtest/gtest.h>

namespace weft::cp {
namespace {

// The result, or "error: " and why.
std::string render(std::string_view text) {
  const Result<NameTemplate> parsed = NameTemplate::parse(text);
  if (!parsed.ok()) return "unreadable: " + reason(parsed.status());
  const NameTemplate::Field fields[] = {{"Name", "web-x1"}, {"Zone", "east"}, {"Key", "team"}};
  const Result<std::string> rendered = parsed->render(fields, {{"team", "shop"}, {"a/b.c", "x"}, {"empty", ""}});
  return rendered.ok() ? *rendered : "error: " + reason(rendered.status());
}

TEST(NameTemplate, TextWithoutActionsIsItself) {
  EXPECT_EQ(render(""), "");
  EXPECT_EQ(render("web.mesh"), "web.mesh");
  EXPECT_EQ(render("a { b } }} c"), "a { b } }} c");
}

TEST(NameTemplate, FieldsAndLabelsStandForTheirValues) {
  EXPECT_EQ(render("{{ .Name }}.svc.{{.Zone}}.local"), "web-x1.svc.east.local");
  EXPECT_EQ(render("{{ label \"team\" }}.{{label `a/b.c`}}"), "shop.x");
  EXPECT_EQ(render("[{{ label \"empty\" }}]"), "[]");
  EXPECT_EQ(render("{{ \"a\\\"b\" }}"), "a\"b");
}

TEST(NameTemplate, AKeyMayComeThroughAPipe) {
  EXPECT_EQ(render("{{ .Key | label }}"), "shop");
  EXPECT_EQ(render("{{ \"team\" | label }}"), "shop");
}

TEST(NameTemplate, CommentsPrintNothingAndDashesTakeWhiteSpace) {
  EXPECT_EQ(render("a{{/* why }} not */}}b"), "ab");
  EXPECT_EQ(render("a \n {{- .Zone -}} \t b"), "aeastb");
  EXPECT_EQ(render("a {{- /* gone */ -}} b"), "ab");
}

TEST(NameTemplate, WhatIsNotThereIsAnErrorOfTheOneResource) {
  EXPECT_EQ(render("{{ .Nope }}"), "error: there is no field .Nope here");
  EXPECT_EQ(render("{{ label \"nope\" }}"), "error: label \"nope\" is not set");
  EXPECT_EQ(render("{{ .Name | label }}"), "error: label \"web-x1\" is not set");
}

TEST(NameTemplate, WhatCannotBeReadIsAnErrorOfTheTemplate) {
  for (const char* text :
       {"{{", "{{ .Name", "{{ }}", "{{ . }}", "{{ .Name .Zone }}", "{{ upper .Name }}", "{{ label }}",
        "{{ label \"a\" \"b\" }}", "{{ label \"a }}", "{{ label \"a\\n\" }}", "{{ .Name | }}", "{{ .Name | .Zone }}",
        "{{ .Name | \"a\" }}", "{{ .Name | label \"a\" }}", "{{/* open", "{{ /* a */ .Name }}", "{{ ! }}"}) {
    EXPECT_FALSE(NameTemplate::parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace weft::cp
