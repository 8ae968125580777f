#include "api/reference/explain.h"

#include <gmock/gmock.h>

namespace weft::reference {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Result<Place> place(const std::string& words) { return find_place(Schema::embedded(), words); }

std::string explained(const std::string& words, const TextStyle& style = {}) {
  const auto found = place(words);
  EXPECT_TRUE(found.ok()) << found.status();
  return found.ok() ? explain(*found, style) : std::string();
}

std::string refusal(const std::string& words) {
  const auto found = place(words);
  EXPECT_FALSE(found.ok()) << words;
  return found.ok() ? std::string() : reason(found.status());
}

TEST(Place, SpecMayBeLeftOutAndPositionsAreIgnored) {
  for (const char* words : {"meshtimeout.spec.to.default.http", "meshtimeout.to.default.http",
                            "MeshTimeout.spec.to[0].default.http", "mt.to.DEFAULT.http"}) {
    EXPECT_EQ(place(words)->path, "spec.to.default.http") << words;
  }
  EXPECT_EQ(place("dataplane.networking.inbound.port")->path, "networking.inbound.port");
  EXPECT_EQ(place("meshservice.status.vips.ip")->path, "status.vips.ip");
}

TEST(Place, AnUnknownWordIsNamedWithWhatWasProbablyMeant) {
  EXPECT_EQ(refusal("meshtimout"), "there is no kind \"meshtimout\", did you mean \"meshtimeout\"?");
  EXPECT_EQ(refusal("meshtimeout.to.default.http.requestTimeot"),
            "MeshTimeout spec.to.default.http: there is no field \"requestTimeot\", did you mean \"requestTimeout\"?");
  EXPECT_EQ(refusal("meshtimeout.speck"), "MeshTimeout: there is no field \"speck\", did you mean \"spec\"?");
  EXPECT_EQ(refusal("meshtimeout.to.default.idleTimeout.x"),
            "MeshTimeout spec.to.default.idleTimeout: there is nothing below it, so no \"x\"");
  EXPECT_THAT(refusal("mesh.zzzzzzzz"), HasSubstr("there is no field \"zzzzzzzz\"; there are type, name"));
}

TEST(ExplainKinds, ListsPoliciesAndTheRest) {
  const std::string text = explain_kinds(Schema::embedded(), {});
  EXPECT_THAT(text, HasSubstr("POLICIES\n"));
  EXPECT_LT(text.find("  MeshRetry"), text.find("OTHER KINDS"));
  EXPECT_GT(text.find("  Dataplane "), text.find("OTHER KINDS"));
}

TEST(Explain, AKindShowsItsNamesFieldsAndExample) {
  EXPECT_THAT(explained("meshretry"),
              AllOf(HasSubstr("MeshRetry, a policy\n"), HasSubstr("meshretry, meshretries, mr"),
                    HasSubstr("/meshes/{mesh}/meshretries/{name}"), HasSubstr("For proxies     Mesh, Dataplane"),
                    HasSubstr("<TargetRef>"), HasSubstr("\nEXAMPLE\n  type: MeshRetry\n")));
}

TEST(Explain, AFieldShowsItsTypeCommentAndDefault) {
  const std::string text = explained("meshtimeout.to.default.http.requestTimeout");
  EXPECT_THAT(text, AllOf(HasSubstr("MeshTimeout spec.to.default.http.requestTimeout  <duration>"),
                          HasSubstr("When nothing sets it: 15s."), Not(HasSubstr("FIELDS"))));
}

TEST(Explain, AFieldShowsItsPartOfTheExample) {
  EXPECT_THAT(explained("meshtimeout.to.targetRef"), HasSubstr("EXAMPLE\n  targetRef:\n    kind: "));
}

TEST(Explain, RecursivelyAllFieldsBelowAreShown) {
  EXPECT_THAT(explained("meshtimeout"), Not(HasSubstr("requestTimeout  ")));
  TextStyle style;
  style.recursive = true;
  EXPECT_THAT(explained("meshtimeout", style), HasSubstr("requestTimeout  "));
}

TEST(Explain, LinesKeepToTheWidth) {
  TextStyle style;
  style.width = 60;
  const std::string text = explained("meshtimeout.to.default.http", style);
  EXPECT_THAT(text, HasSubstr("The whole answer, tries included;"));
  size_t longest = 0, start = 0;
  for (size_t end = text.find('\n'); end != text.npos; end = text.find('\n', start)) {
    longest = std::max(longest, end - start);
    start = end + 1;
  }
  EXPECT_LE(longest, 62u);
}

TEST(Explain, AKeyOfEveryDocumentIsExplainedToo) {
  EXPECT_THAT(explained("meshretry.name"), HasSubstr("MeshRetry name  <string>"));
  EXPECT_THAT(explained("meshretry.creationTime"), HasSubstr("Written by the control plane"));
}

}  // namespace
}  // namespace weft::reference
