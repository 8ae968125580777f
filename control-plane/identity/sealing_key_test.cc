#include "control-plane/identity/sealing_key.h"

#include <gtest/gtest.h>

namespace weft::cp {
namespace {

TEST(SealingKey, OpensWhatItSealedUnderTheSameNameOnly) {
  const SealingKey key = SealingKey::generate().value();
  for (const std::string text : {"", "x", "a much longer text, of no particular length"}) {
    const std::string sealed = key.seal("Secret/a", text).value();
    EXPECT_EQ(key.open("Secret/a", sealed).value(), text);
    EXPECT_FALSE(key.open("Secret/b", sealed).ok());
    EXPECT_FALSE(SealingKey::generate().value().open("Secret/a", sealed).ok());
    EXPECT_TRUE(text.size() < 8 || sealed.find(text) == std::string::npos);
  }
}

TEST(SealingKey, EveryChangedBitAndEveryCutIsNoticed) {
  const SealingKey key = SealingKey::generate().value();
  const std::string sealed = key.seal("name", "secret").value();
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(key.open("name", changed).ok()) << i;
    EXPECT_FALSE(key.open("name", sealed.substr(0, i)).ok()) << i;
  }
}

TEST(SealingKey, NeverSealsTheSameTextAlike) {
  const SealingKey key = SealingKey::generate().value();
  EXPECT_NE(key.seal("name", "secret").value(), key.seal("name", "secret").value());
}

TEST(SealingKey, IsReadFromBase64InEitherAlphabet) {
  const SealingKey key = SealingKey::parse("__________________________________________8").value();
  EXPECT_EQ(SealingKey::parse("//////////////////////////////////////////8=\n").value().id(), key.id());
  EXPECT_EQ(key.text(), "//////////////////////////////////////////8=");
  EXPECT_EQ(key.id_text().size(), 2 * SealingKey::kIdBytes);
  for (const char* bad : {"", "short", "//////////////////////////////////////////8=8=", "%%%"}) {
    const auto parsed = SealingKey::parse(bad);
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_TRUE(*bad == '\0' || reason(parsed.status()).find(bad) == std::string::npos);
  }
}

}  // namespace
}  // namespace weft::cp
