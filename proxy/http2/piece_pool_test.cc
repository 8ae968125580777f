#include "proxy/http2/piece_pool.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <vector>

namespace weft::proxy {
namespace {

TEST(PiecePool, PiecesOfEverySizeHoldWhatIsWrittenAndDoNotOverlap) {
  std::vector<std::pair<unsigned char*, size_t>> pieces;
  for (size_t size = 0; size <= 3000; size += 7) {
    auto* piece = static_cast<unsigned char*>(take_piece(size));
    ASSERT_NE(piece, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(piece) % alignof(std::max_align_t), 0u);
    std::memset(piece, static_cast<int>(size % 251), size);
    pieces.emplace_back(piece, size);
  }
  for (auto& [piece, size] : pieces) {
    for (size_t i = 0; i < size; ++i) ASSERT_EQ(piece[i], size % 251);
    give_piece(piece);
  }
}

#if !defined(__SANITIZE_ADDRESS__)
TEST(PiecePool, WhatWasGivenIsTakenAgain) {
  void* const first = take_piece(200);
  give_piece(first);
  EXPECT_EQ(take_piece(220), first);  // the same class
  give_piece(first);
}
#endif

TEST(PiecePool, AUsedPieceIsZeroedWhenZeroesAreAskedFor) {
  auto* piece = static_cast<unsigned char*>(take_piece(100));
  std::memset(piece, 0xff, 100);
  give_piece(piece);
  piece = static_cast<unsigned char*>(take_zeroed_pieces(10, 10));
  for (size_t i = 0; i < 100; ++i) ASSERT_EQ(piece[i], 0);
  give_piece(piece);
  EXPECT_EQ(take_zeroed_pieces(SIZE_MAX / 2, 3), nullptr);
}

TEST(PiecePool, GrowingKeepsTheContent) {
  auto* piece = static_cast<unsigned char*>(resize_piece(nullptr, 10));
  std::memset(piece, 7, 10);
  for (size_t size = 20; size < 100'000; size *= 3) piece = static_cast<unsigned char*>(resize_piece(piece, size));
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(piece[i], 7);
  give_piece(piece);
  give_piece(nullptr);
}

}  // namespace
}  // namespace weft::proxy
