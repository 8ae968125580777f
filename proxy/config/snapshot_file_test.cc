#include "proxy/config/snapshot_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace weft::proxy {
namespace {

using testing::HasSubstr;

class SnapshotFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "snapshot_file.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/snapshot.pb";
    stored_.set_mesh("default");
    stored_.set_name("web-1");
    stored_.set_revision(42);
    v1::Item& item = *stored_.add_accepted();
    item.set_name("listeners");
    item.set_payload("bytes");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string read_error() const {
    const Result<v1::StoredConfiguration> read = read_stored_configuration(path_, "default", "web-1");
    return read.ok() ? "" : reason(read.status());
  }
  std::string bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void overwrite(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }

  std::string folder_;
  std::string path_;
  v1::StoredConfiguration stored_;
};

TEST_F(SnapshotFile, what_was_written_is_read_and_belongs_to_its_owner_alone) {
  ASSERT_TRUE(write_stored_configuration(path_, stored_).ok());
  const Result<v1::StoredConfiguration> read = read_stored_configuration(path_, "default", "web-1");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->revision(), 42u);
  EXPECT_EQ(read->accepted(0).payload(), "bytes");
  struct stat file {};
  ASSERT_EQ(stat(path_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
}

TEST_F(SnapshotFile, no_file_is_told_from_a_bad_one) {
  EXPECT_TRUE(is_not_found(read_stored_configuration(path_, "default", "web-1").status()));
}

TEST_F(SnapshotFile, another_proxys_file_is_not_used) {
  ASSERT_TRUE(write_stored_configuration(path_, stored_).ok());
  EXPECT_FALSE(read_stored_configuration(path_, "default", "web-2").ok());
  EXPECT_FALSE(read_stored_configuration(path_, "other", "web-1").ok());
}

TEST_F(SnapshotFile, every_truncation_and_every_flipped_byte_is_noticed) {
  ASSERT_TRUE(write_stored_configuration(path_, stored_).ok());
  const std::string good = bytes();
  for (size_t length = 0; length < good.size(); ++length) {
    overwrite(good.substr(0, length));
    ASSERT_NE(read_error(), "") << length;
  }
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x20);
    overwrite(bad);
    ASSERT_NE(read_error(), "") << at;
  }
}

TEST_F(SnapshotFile, a_file_of_another_format_is_named_as_such) {
  overwrite("weft-snapshot 9 0000000000000000 0\n");
  EXPECT_THAT(read_error(), HasSubstr("format 9"));
}

TEST_F(SnapshotFile, a_failed_write_says_why) {
  std::filesystem::create_directories(path_ + "/in-the-way");  // cannot be renamed over
  const Status status = write_stored_configuration(path_, stored_);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(reason(status), HasSubstr("snapshot.pb"));
}

TEST_F(SnapshotFile, the_writer_finishes_what_waits_before_it_ends) {
  int writes = 0;
  {
    SnapshotWriter writer(path_, [&](const Status& status) {
      EXPECT_TRUE(status.ok()) << status;
      ++writes;
    });
    for (uint64_t revision = 1; revision <= 50; ++revision) {
      stored_.set_revision(revision);
      writer.write(stored_);
    }
  }
  EXPECT_GE(writes, 1);
  EXPECT_LE(writes, 50);
  EXPECT_EQ(read_stored_configuration(path_, "default", "web-1")->revision(), 50u);
}

}  // namespace
}  // namespace weft::proxy
