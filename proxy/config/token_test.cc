#include "proxy/config/token.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace weft::proxy {
namespace {

constexpr std::string_view kToken = "eyJhbGciOiJSUzI1NiJ9.eyJOYW1lIjoid2ViIn0.c2ln";

TEST(Token, surrounding_white_space_is_cut_off) {
  const Result<std::string> token = check_token(std::string("  ") + std::string(kToken) + "\r\n");
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(*token, kToken);
}

TEST(Token, what_is_not_a_jwt_is_refused_without_repeating_it) {
  for (std::string_view bad : {"", "abc", "eyJ.b", "xx.yy.zz", "eyJ.b.c.d", "eyJ.a b.c", "eyJ..c"}) {
    const Result<std::string> token = check_token(bad);
    ASSERT_FALSE(token.ok()) << bad;
    if (bad.size() > 2) {
      EXPECT_EQ(reason(token.status()).find(bad), std::string::npos);
    }
  }
  EXPECT_EQ(reason(check_token("eyJ.a\n.b").status()), "the token cannot contain line breaks");
}

TEST(Token, a_file_is_read_again_each_time) {
  const std::string path = testing::TempDir() + "token_test." + std::to_string(getpid());
  std::ofstream(path) << kToken << "\n";
  const TokenSource source("", path);
  ASSERT_TRUE(source.read().ok());
  EXPECT_EQ(*source.read(), kToken);
  std::ofstream(path) << "eyJ.new.token";
  EXPECT_EQ(*source.read(), "eyJ.new.token");
  std::remove(path.c_str());
  const Result<std::string> gone = source.read();
  ASSERT_FALSE(gone.ok());
  EXPECT_NE(reason(gone.status()).find(path), std::string::npos);
}

TEST(Token, without_a_token_nothing_is_sent) {
  EXPECT_EQ(*TokenSource("", "").read(), "");
  EXPECT_FALSE(TokenSource("garbled", "").read().ok());
}

}  // namespace
}  // namespace weft::proxy
