// Completion in a real shell against a real control plane.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include "base/text.h"
#include "tests/support/mesh.h"

namespace weft::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;

constexpr char kBash[] = "/bin/bash";

class CompletionTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::access(kBash, X_OK) != 0) GTEST_SKIP() << kBash << " is not here";
    ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output();
    const Finished script = mesh_.weftctl({"completion", "bash"});
    ASSERT_EQ(script.exit_code, 0) << script.err;
    script_ = mesh_.file("completion.bash", script.out);
  }

  // What bash offers after these words, the last of which is being typed.
  std::vector<std::string> offered(const std::vector<std::string>& words) {
    std::string line;
    for (const std::string& word : words) append(line, " '", word, "'");
    const std::string text =
        cat("source ", script_, "\nCOMP_WORDS=('", mesh_.weftctl_path(), "'", line, ")\nCOMP_CWORD=", words.size(),
            "\n_weftctl\nfor one in \"${COMPREPLY[@]}\"; do echo \"$one\"; done\n");
    const Finished finished = run(kBash, {"--norc", mesh_.file("ask.bash", text)}, mesh_.folder());
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_EQ(finished.err, "");
    std::vector<std::string> out;
    for (const std::string_view one : split(finished.out, '\n')) {
      if (!one.empty()) out.emplace_back(one);
    }
    return out;
  }
  std::vector<std::string> asked(std::vector<std::string> words) {
    words.insert(words.begin(), {"--config-file", mesh_.config_file()});
    return offered(words);
  }

  Mesh mesh_;
  std::string script_;
};

TEST_F(CompletionTest, CommandsFlagsAndKinds) {
  EXPECT_THAT(offered({"expl"}), ElementsAre("explain"));
  EXPECT_THAT(offered({"config", "control-planes", "s"}), ElementsAre("switch"));
  EXPECT_THAT(offered({"apply", "--dr"}), ElementsAre("--dry-run"));
  EXPECT_THAT(offered({"get", "meshret"}), ElementsAre("meshretries", "meshretry"));
  EXPECT_THAT(offered({"explain", "meshtimeout.to.default.http.requestT"}),
              ElementsAre("meshtimeout.to.default.http.requestTimeout"));
  EXPECT_THAT(offered({"nonsense", ""}), IsEmpty());
}

TEST_F(CompletionTest, NamesMeshesAndContextsComeFromWhereTheyAre) {
  ASSERT_EQ(mesh_.apply("type: Mesh\nname: shop\n---\ntype: Secret\nmesh: shop\nname: till\ndata: YQ==\n").exit_code,
            0);
  EXPECT_THAT(asked({"get", "secret", "--mesh", "shop", "ti"}), ElementsAre("till"));
  EXPECT_THAT(asked({"get", "secrets", "--mesh", "s"}), ElementsAre("shop"));
  EXPECT_THAT(asked({"get", "mesh", ""}), IsSupersetOf({"default", "shop"}));
  EXPECT_THAT(asked({"get", "secrets", "-m", "=", "sh"}), Contains("shop"));
}

TEST_F(CompletionTest, FilesAreOfferedWhereAFileIsMeant) {
  const std::string file = mesh_.file("policy.yaml", "");
  EXPECT_THAT(offered({"apply", "-f", mesh_.folder() + "/pol"}), ElementsAre(file));
}

TEST_F(CompletionTest, AControlPlaneThatIsAwayIsNoReasonToComplain) {
  mesh_.control_plane().kill();
  EXPECT_THAT(asked({"get", "mesh", ""}), IsEmpty());
  EXPECT_THAT(asked({"get", "dataplanes"}), ElementsAre("dataplanes"));
}

}  // namespace
}  // namespace weft::test
