#include "proxy/http/canonical.h"

#include <gtest/gtest.h>

#include <string>

namespace weft::proxy {
namespace {

// The canonical form, or "refused".
std::string canonical(std::string_view path) {
  std::string out;
  switch (canonical_path(path, out)) {
    case PathResult::kUnchanged: return std::string(path);
    case PathResult::kChanged: return out;
    case PathResult::kRefused: break;
  }
  return "refused";
}

TEST(CanonicalPath, LeavesAPlainPathAlone) {
  std::string out;
  EXPECT_EQ(canonical_path("/a/b.c/d?x=../y", out), PathResult::kUnchanged);
  EXPECT_EQ(canonical_path("/.hidden/a", out), PathResult::kUnchanged);
  EXPECT_EQ(canonical_path("/", out), PathResult::kUnchanged);
}

TEST(CanonicalPath, ResolvesDotSegments) {
  EXPECT_EQ(canonical("/./admin"), "/admin");
  EXPECT_EQ(canonical("/a/../admin"), "/admin");
  EXPECT_EQ(canonical("/a/b/.."), "/a/");
  EXPECT_EQ(canonical("/a/."), "/a/");
  EXPECT_EQ(canonical("/../../x"), "/x");
  EXPECT_EQ(canonical("/.."), "/");
  EXPECT_EQ(canonical("/a/%2e%2E/b"), "/b");
  EXPECT_EQ(canonical("/a\\..\\b"), "/b");
  EXPECT_EQ(canonical("/a//../b"), "/a/b");
}

TEST(CanonicalPath, DecodesOnlyWhatNeedsNoEncoding) {
  EXPECT_EQ(canonical("/%41%7e"), "/A~");
  EXPECT_EQ(canonical("/a%2fb"), "/a%2Fb");
  EXPECT_EQ(canonical("/a%2Fb"), "/a%2Fb");
  EXPECT_EQ(canonical("/%255c"), "/%255c");
  EXPECT_EQ(canonical("/a%5cb"), "/a%5Cb");
  EXPECT_EQ(canonical("//a//b"), "//a//b");
  EXPECT_EQ(canonical("/%41?%41"), "/A?%41");
}

TEST(CanonicalPath, RefusesTheAmbiguous) {
  for (const std::string_view path : {"/a#b", "/a?b#c", "/%00", "/%", "/%4", "/%zz", "/a\x80", "/a b", "/a?\x01"}) {
    EXPECT_EQ(canonical(path), "refused") << path;
  }
}

TEST(Target, KnowsTheFourForms) {
  EXPECT_EQ(split_target("GET", "/a").form, Target::Form::kOrigin);
  EXPECT_EQ(split_target("OPTIONS", "*").form, Target::Form::kAsterisk);
  EXPECT_EQ(split_target("GET", "*").form, Target::Form::kMalformed);
  EXPECT_EQ(split_target("CONNECT", "a:443").form, Target::Form::kAuthority);
  const Target absolute = split_target("GET", "HTTP://host:81/x?y");
  EXPECT_EQ(absolute.form, Target::Form::kAbsolute);
  EXPECT_EQ(absolute.authority, "host:81");
  EXPECT_EQ(absolute.path_and_query, "/x?y");
  EXPECT_EQ(split_target("GET", "http://host").path_and_query, "/");
  EXPECT_EQ(canonical(split_target("GET", "http://host?q").path_and_query), "/?q");
  EXPECT_EQ(split_target("GET", "ftp://host/").form, Target::Form::kMalformed);
  EXPECT_EQ(split_target("GET", "http:///x").form, Target::Form::kMalformed);
  EXPECT_EQ(split_target("GET", "a/b").form, Target::Form::kMalformed);
}

TEST(Authority, IsAHostAndAPort) {
  for (const std::string_view good : {"a", "a.b:80", "127.0.0.1:8080", "[::1]", "[::1]:80", "a_b"}) {
    EXPECT_TRUE(valid_authority(good)) << good;
  }
  for (const std::string_view bad :
       {"", ":80", "a:", "a:b", "a:99999", "u@a", "a#b", "a/b", "a?b", "a b", "[::1", "[x]", "a,b", "a%41", "[::1]x"}) {
    EXPECT_FALSE(valid_authority(bad)) << bad;
  }
}

}  // namespace
}  // namespace weft::proxy
