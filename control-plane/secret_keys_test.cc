#include "control-plane/secret_keys.h"

#include <sys/stat.h>

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/text.h"
#include "control-plane/control_plane.h"
#include "control-plane/identity/sealing_key.h"
#include "control-plane/key_program.h"
#include "control-plane/store/sqlite_store.h"
#include "control-plane/store/store_test_support.h"

namespace weft::cp {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kBytes = "-----BEGIN PRIVATE KEY----- not really";

class SecretKeys : public testing::Test {
 protected:
  static std::string make_key() { return SealingKey::generate().value().text(); }
  std::string key_file(const std::string& keys, unsigned mode = 0600) {
    const std::string path = folder_.file(cat("keys-", ++files_));
    EXPECT_TRUE(write_file(path, keys, mode).ok());
    return path;
  }
  std::string store_path() const { return folder_.file("weft.db"); }
  Result<std::unique_ptr<Store>> open(const SecretKeyOptions& options) const {
    auto box = open_secret_box(options);
    if (!box.ok()) return box.status();
    return open_sqlite_store(store_path(), {.secrets = *box});
  }
  void write_secret(const SecretKeyOptions& options, std::string_view name) const {
    const auto store = open(options);
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->write({put(secret("default", name, std::string(kBytes)))}).ok());
  }
  static std::string bytes_of(const Result<ResourcePtr>& found) {
    return found.ok() ? dynamic_cast<const v1::Secret&>(*(*found)->spec).data() : cat(reason(found.status()));
  }
  // Everything that is on the disk beside the keys.
  std::string on_disk() const {
    std::string all;
    for (const char* name : {"weft.db", "weft.db-wal"}) append(all, read_file(folder_.file(name)).value_or(""));
    return all;
  }

  const TestFolder folder_;
  int files_ = 0;
};

TEST_F(SecretKeys, ASecretIsNotInTheFilesOfTheStoreAndIsReadAgain) {
  const SecretKeyOptions options{.file = key_file(make_key())};
  {
    const auto store = open(options);
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->write({put(secret("default", "ca", std::string(kBytes)))}).ok());
    EXPECT_THAT(on_disk(), Not(HasSubstr(std::string(kBytes))));
    EXPECT_EQ(bytes_of((*store)->get({"Secret", "default", "ca"})), kBytes);
  }
  EXPECT_THAT(on_disk(), Not(HasSubstr(std::string(kBytes))));
  EXPECT_EQ(bytes_of(open(options).value()->get({"Secret", "default", "ca"})), kBytes);
}

TEST_F(SecretKeys, RowsFromBeforeThereWasEncryptionAreSealedAndLeaveNoTrace) {
  {
    const auto store = open_sqlite_store(store_path());
    ASSERT_TRUE((*store)->write({put(secret("default", "old", std::string(kBytes)))}).ok());
    ASSERT_TRUE((*store)->write({put(secret("default", "gone", std::string(kBytes)))}).ok());
    ASSERT_TRUE((*store)->write({erase({"Secret", "default", "gone"})}).ok());
  }
  ASSERT_THAT(on_disk(), HasSubstr(std::string(kBytes)));
  const SecretKeyOptions options{.file = key_file(make_key())};
  const auto store = open(options);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(bytes_of((*store)->get({"Secret", "default", "old"})), kBytes);
  EXPECT_THAT(on_disk(), Not(HasSubstr(std::string(kBytes))));
}

TEST_F(SecretKeys, AnotherKeyOrNoneIsRefusedAndNothingIsLost) {
  const SecretKeyOptions right{.file = key_file(make_key())};
  write_secret(right, "ca");
  const std::string other = make_key();
  const auto refused = open({.file = key_file(other)});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(reason(refused.status()), HasSubstr("\"ca\" of mesh \"default\" cannot be decrypted"));
  EXPECT_THAT(reason(refused.status()), HasSubstr(SealingKey::parse(other).value().id_text()));
  EXPECT_THAT(reason(refused.status()), Not(HasSubstr(other)));
  // A key made for want of one is not kept either: it would look like the right one.
  const std::string made = folder_.file("store.key");
  EXPECT_FALSE(open({.default_file = made}).ok());
  EXPECT_FALSE(std::filesystem::exists(made));
  const auto keyless = open_sqlite_store(store_path());
  ASSERT_TRUE(keyless.ok());
  EXPECT_THAT(bytes_of((*keyless)->get({"Secret", "default", "ca"})), HasSubstr("encrypted, and there is no key"));
}

TEST_F(SecretKeys, ANewFirstKeySealsEverythingAnew) {
  const std::string old_key = make_key(), new_key = make_key();
  write_secret({.file = key_file(old_key)}, "ca");
  ASSERT_TRUE(open({.file = key_file(cat(new_key, "\n", old_key, "\n"))}).ok());
  const auto store = open({.keys = new_key});  // the old one is needed no more
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(bytes_of((*store)->get({"Secret", "default", "ca"})), kBytes);
}

TEST_F(SecretKeys, ARowPutInThePlaceOfAnotherDoesNotOpen) {
  const SecretKeyOptions options{.file = key_file(make_key())};
  const auto box = open_secret_box(options).value();
  const std::string sealed = box->seal({"Secret", "default", "a"}, "x").value();
  EXPECT_TRUE(box->open({"Secret", "default", "a"}, sealed).ok());
  EXPECT_FALSE(box->open({"Secret", "default", "b"}, sealed).ok());
  EXPECT_FALSE(box->open({"Secret", "other", "a"}, sealed).ok());
  EXPECT_FALSE(box->open({"GlobalSecret", "", "a"}, sealed).ok());
}

TEST_F(SecretKeys, AFileThatEverybodyMayReadIsRefused) {
  const std::string file = key_file(make_key());
  ASSERT_EQ(::chmod(file.c_str(), 0604), 0);
  EXPECT_THAT(reason(open({.file = file}).status()), HasSubstr("0600"));
}

TEST_F(SecretKeys, ComeFromOnePlaceOnly) {
  const auto refused = open({.file = key_file(make_key()), .keys = make_key()});
  EXPECT_THAT(reason(refused.status()), HasSubstr("say once"));
}

TEST_F(SecretKeys, AProgramPrintsThem) {
  const std::string key = make_key();
  write_secret({.command = cat("/bin/echo ", key)}, "ca");
  EXPECT_TRUE(open({.keys = key}).ok());
}

TEST_F(SecretKeys, AProgramThatFailsHangsOrPrintsNoKeyIsAnErrorThatKeepsItsOutputToItself) {
  EXPECT_THAT(reason(open({.command = "/bin/false"}).status()), HasSubstr("exit code 1"));
  EXPECT_THAT(reason(open({.command = "/no/such/kms"}).status()), HasSubstr("/no/such/kms"));
  EXPECT_THAT(reason(open({.command = "/bin/sleep 60", .command_timeout = std::chrono::milliseconds(50)}).status()),
              HasSubstr("in time"));
  const auto rubbish = open({.command = "/bin/echo geheimnis"});
  EXPECT_FALSE(rubbish.ok());
  EXPECT_THAT(reason(rubbish.status()), Not(HasSubstr("geheimnis")));
}

TEST_F(SecretKeys, AControlPlaneMakesAKeyForItselfAndKeepsNoSecretReadable) {
  Options options;
  options.work_dir = folder_.file("work");
  options.api_interface = options.dp_interface = options.diagnostics_interface = "127.0.0.1";
  options.api_port = options.dp_port = options.diagnostics_port = 0;
  { ASSERT_TRUE(ControlPlane::start(options).ok()); }
  struct stat found {};
  ASSERT_EQ(::stat(cat(options.work_dir, "/store.key").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  const std::string database = read_file(cat(options.work_dir, "/weft.db")).value();
  EXPECT_THAT(database, HasSubstr("dataplane-token-signing-key-default-1"));
  EXPECT_THAT(database, Not(HasSubstr("PRIVATE KEY")));
  std::filesystem::remove(cat(options.work_dir, "/store.key"));
  EXPECT_THAT(reason(ControlPlane::start(options).status()), HasSubstr("cannot be decrypted"));
}

}  // namespace
}  // namespace weft::cp
