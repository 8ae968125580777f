#include "policies/decimal.h"

#include <gmock/gmock.h>

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::IntOrString text(const std::string& written) {
  v1::IntOrString value;
  value.set_text(written);
  return value;
}

v1::IntOrString number(int64_t written) {
  v1::IntOrString value;
  value.set_number(written);
  return value;
}

TEST(Decimal, IntegersAndDecimalTextAreNumbers) {
  EXPECT_EQ(decimal(number(-3)), -3.0);
  EXPECT_EQ(decimal(text("12.5")), 12.5);
  EXPECT_EQ(decimal(text("+1")), 1.0);
  EXPECT_EQ(decimal(text("-0.5")), -0.5);
}

TEST(Decimal, AnythingElseIsNone) {
  for (const char* written : {"", "many", "1%", " 1", "1 ", "1,5", "nan", "inf", "0x10"}) {
    EXPECT_EQ(decimal(text(written)), std::nullopt) << written;
  }
}

TEST(Decimal, PercentagesAndStatusesHaveBounds) {
  const auto said = [](auto check) {
    Violations violations;
    check(violations);
    std::vector<std::string> reasons;
    for (const Violation& violation : violations.list()) reasons.push_back(violation.reason);
    return reasons;
  };
  for (const auto& fine : {number(0), number(100), text("0.5"), text("100")}) {
    EXPECT_THAT(said([&](Violations& v) { check_percentage(fine, "f", v); }), IsEmpty());
  }
  for (const auto& outside : {number(-1), number(101), text("100.1")}) {
    EXPECT_THAT(said([&](Violations& v) { check_percentage(outside, "f", v); }),
                ElementsAre("must be in inclusive range [0.0, 100.0]"));
  }
  EXPECT_THAT(said([&](Violations& v) { check_percentage(text("x"), "f", v); }),
              ElementsAre("string must be a valid number"));
  EXPECT_THAT(said([&](Violations& v) { check_percentage(101, "f", v); }),
              ElementsAre("must be in inclusive range [0, 100]"));
  for (const int64_t status : {100, 599}) {
    EXPECT_THAT(said([&](Violations& v) { check_status(status, "f", v); }), IsEmpty());
  }
  for (const int64_t status : {99, 600}) {
    EXPECT_THAT(said([&](Violations& v) { check_status(status, "f", v); }),
                ElementsAre("must be in inclusive range [100, 599]"));
  }
}

}  // namespace
}  // namespace weft
