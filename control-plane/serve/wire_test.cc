#include "control-plane/serve/wire.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "control-plane/serve/test_items.h"
#include "weft/v1/config_service.pb.h"

namespace weft::cp {
namespace {

std::string joined(const std::vector<Piece>& pieces) {
  std::string out;
  for (const Piece& piece : pieces) {
    const auto* own = std::get_if<std::string>(&piece);
    out += own != nullptr ? *own : *std::get<1>(piece);
  }
  return out;
}

TEST(Wire, ThePiecesAreTheMessage) {
  const CompiledItemPtr small = destination("small", "abc");
  const CompiledItemPtr large = item(v1::ENDPOINTS, "large", std::string(100'000, 'x'));
  const CompiledItemPtr empty = destination("empty", "");
  const Update update{
      .nonce = 7, .revision = 1ull << 40, .changed = {small, large, empty}, .removed = {{v1::DESTINATION, "gone"}}};
  v1::ControlMessage message;
  ASSERT_TRUE(message.ParseFromString(joined(encode_update(update))));
  EXPECT_EQ(message.update().nonce(), 7u);
  EXPECT_EQ(message.update().revision(), 1ull << 40);
  ASSERT_EQ(message.update().changed_size(), 3);
  EXPECT_EQ(message.update().changed(0).name(), "small");
  EXPECT_EQ(message.update().changed(0).payload(), "abc");
  EXPECT_EQ(message.update().changed(0).hash(), small->hash);
  EXPECT_EQ(message.update().changed(1).type(), v1::ENDPOINTS);
  EXPECT_EQ(message.update().changed(1).payload(), *large->bytes);
  EXPECT_EQ(message.update().changed(2).payload(), "");
  ASSERT_EQ(message.update().removed_size(), 1);
  EXPECT_EQ(message.update().removed(0).name(), "gone");
}

TEST(Wire, SizesAroundTheLengthOfALengthAreRight) {
  for (const size_t size : {100u, 127u, 128u, 255u, 256u, 257u, 16'300u, 16'383u, 16'384u, 2'100'000u}) {
    const Update update{
        .nonce = 1,
        .changed = {destination(std::string(size % 300, 'n'), std::string(size, 'x')), destination("b", "c")}};
    v1::ControlMessage message;
    ASSERT_TRUE(message.ParseFromString(joined(encode_update(update)))) << size;
    ASSERT_EQ(message.update().changed_size(), 2) << size;
    EXPECT_EQ(message.update().changed(0).payload().size(), size);
  }
}

TEST(Wire, ALargePayloadIsSharedAndNotCopied) {
  const CompiledItemPtr large = destination("large", std::string(5'000, 'x'));
  const std::vector<Piece> pieces = encode_update({.changed = {large}});
  bool shared = false;
  for (const Piece& piece : pieces) shared |= piece.index() == 1 && std::get<1>(piece) == large->bytes;
  EXPECT_TRUE(shared);
}

TEST(Wire, AnUpdateWithoutItemsOnlyMovesTheRevision) {
  v1::ControlMessage message;
  ASSERT_TRUE(message.ParseFromString(joined(encode_update({.nonce = 2, .revision = 3}))));
  EXPECT_EQ(message.update().revision(), 3u);
  EXPECT_EQ(message.update().changed_size(), 0);
}

}  // namespace
}  // namespace weft::cp
