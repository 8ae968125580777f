#include "api/reference/pages.h"

#include <gmock/gmock.h>

#include "base/text.h"

namespace weft::reference {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Pages, OneForEachKindAndAnIndexThatLeadsToThem) {
  const auto all = pages(Schema::embedded());
  EXPECT_EQ(all.size(), Schema::embedded().kinds().size() + 1);
  for (const Kind& kind : Schema::embedded().kinds()) {
    const std::string name = cat(lower(kind.type()), ".md");
    EXPECT_TRUE(all.contains(name)) << name;
    EXPECT_THAT(all.at("README.md"), HasSubstr(cat("[", kind.type(), "](", name, ")")));
  }
}

TEST(Pages, APageHasEveryField) {
  const std::string page = pages(Schema::embedded()).at("meshtimeout.md");
  EXPECT_THAT(page, AllOf(HasSubstr("| `spec.to.default.http.requestTimeout` | duration | "),
                          HasSubstr("When nothing sets it: 15s."), HasSubstr("```yaml\ntype: MeshTimeout\n")));
}

}  // namespace
}  // namespace weft::reference
