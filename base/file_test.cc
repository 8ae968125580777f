#include "base/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

namespace weft {
namespace {

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/weft-file-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(FileTest, WhatWasWrittenIsReadBackWithTheModeAskedFor) {
  const std::string path = folder_ + "/secret";
  ASSERT_TRUE(write_file(path, std::string("a\0b", 3), 0600).ok());
  EXPECT_EQ(read_file(path).value(), std::string("a\0b", 3));
  struct stat found {};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
}

TEST_F(FileTest, ReplacingLeavesNoTemporaryFileBehind) {
  ASSERT_TRUE(write_file(folder_ + "/f", "one").ok());
  ASSERT_TRUE(write_file(folder_ + "/f", "two").ok());
  EXPECT_EQ(read_file(folder_ + "/f").value(), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(FileTest, ErrorsNameThePath) {
  const auto missing = read_file(folder_ + "/nothing");
  EXPECT_TRUE(is_not_found(missing.status()));
  EXPECT_NE(reason(missing.status()).find(folder_ + "/nothing"), std::string::npos);
  EXPECT_NE(reason(write_file(folder_ + "/no/such/f", "x")).find(folder_ + "/no/such/f"), std::string::npos);
}

TEST_F(FileTest, FoldersAreMadeWithTheirParentsAndAFileInTheWayIsAnError) {
  EXPECT_TRUE(make_folder(folder_ + "/a/b/c").ok());
  EXPECT_TRUE(make_folder(folder_ + "/a/b/c").ok());
  EXPECT_TRUE(std::filesystem::is_directory(folder_ + "/a/b/c"));
  ASSERT_TRUE(write_file(folder_ + "/f", "x").ok());
  EXPECT_FALSE(make_folder(folder_ + "/f").ok());
}

}  // namespace
}  // namespace weft
