// What a kind must have before the reference is complete: words for itself and for each of its fields, an example, and
// pages that are up to date.
#include <gmock/gmock.h>

#include <filesystem>

#include "api/reference/facts.h"
#include "api/reference/pages.h"
#include "base/file.h"
#include "base/text.h"

namespace weft::reference {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(Schema, EveryKindIsDescribedAndHasAnExample) {
  for (const Kind& kind : Schema::embedded().kinds()) {
    EXPECT_THAT(kind.description, Not(IsEmpty())) << kind.type() << ": no comment on its message";
    if (kind.rules.read_only()) continue;
    EXPECT_THAT(kind.example, HasSubstr(cat("type: ", kind.type(), "\n")))
        << kind.type() << ": the comment of its message has no \"Example:\"";
  }
}

TEST(Schema, EveryFieldHasAComment) {
  for (const Kind& kind : Schema::embedded().kinds()) {
    const auto check = [&](const FieldDescriptor& field, const std::string& path) {
      EXPECT_THAT(comment_of(field), Not(IsEmpty())) << kind.type() << " " << path << " (" << field.full_name() << ")";
    };
    walk_fields(*kind.message, kind.is_inline() ? "" : "spec", check);
    if (kind.status != nullptr) walk_fields(*kind.status, "status", check);
  }
}

// The tests run in the root of the checkout.
TEST(Pages, ThoseInTheRepositoryAreUpToDate) {
  const std::string folder = "docs/reference";
  const auto all = pages(Schema::embedded());
  for (const auto& [name, text] : all) {
    const auto committed = read_file(cat(folder, "/", name));
    ASSERT_TRUE(committed.ok()) << committed.status() << "; `tools/dev reference` writes it";
    EXPECT_TRUE(*committed == text) << folder << "/" << name << " is stale; `tools/dev reference` writes it anew";
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    EXPECT_TRUE(all.contains(entry.path().filename().string())) << entry.path() << " belongs to no kind";
  }
}

}  // namespace
}  // namespace weft::reference
