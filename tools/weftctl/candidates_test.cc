#include "tools/weftctl/candidates.h"

#include <gmock/gmock.h>

namespace weft::ctl {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> completed(const std::vector<std::string>& words) {
  Lookup lookup;
  lookup.names = [](const reference::Kind& kind, const std::string& mesh) {
    return std::vector<std::string>{kind.type() + " of " + mesh};
  };
  lookup.contexts = [] { return std::vector<std::string>{"local", "prod"}; };
  lookup.flags = flags_of;
  return candidates(commands(), reference::Schema::embedded(), words, lookup);
}

TEST(Candidates, TheFirstWordIsACommand) {
  EXPECT_THAT(completed({""}), IsSupersetOf({"apply", "get", "explain", "config", "diff"}));
  EXPECT_THAT(completed({""}), Not(Contains("__complete")));
  EXPECT_THAT(completed({"config", ""}), ElementsAre("control-planes", "view"));
  EXPECT_THAT(completed({"config", "control-planes", ""}), ElementsAre("add", "list", "remove", "switch"));
}

TEST(Candidates, GetKnowsKindsInBothNumbersAndTheirNames) {
  EXPECT_THAT(completed({"get", "mesh"}), IsSupersetOf({"meshretry", "meshretries", "mesh", "meshes"}));
  EXPECT_THAT(completed({"delete", ""}), AllOf(Contains("meshretry"), Not(Contains("meshretries"))));
  EXPECT_THAT(completed({"get", "meshretry", ""}), ElementsAre("MeshRetry of "));
  EXPECT_THAT(completed({"get", "-m", "shop", "meshretry", ""}), ElementsAre("MeshRetry of shop"));
  EXPECT_THAT(completed({"get", "meshretry", "x", ""}), IsEmpty());
  EXPECT_THAT(completed({"get", "nothing", ""}), IsEmpty());
}

TEST(Candidates, FlagsAreThoseOfTheCommand) {
  EXPECT_THAT(completed({"apply", "--"}), IsSupersetOf({"--file", "--dry-run", "--wait", "--context"}));
  EXPECT_THAT(completed({"get", "-"}), AllOf(Contains("--mesh"), Not(Contains("--wait")), Each(StartsWith("--"))));
}

TEST(Candidates, TheValueOfAFlagIsCompletedToo) {
  EXPECT_THAT(completed({"get", "meshretries", "--mesh", ""}), ElementsAre("Mesh of "));
  EXPECT_THAT(completed({"get", "meshretries", "-o", ""}), ElementsAre("json", "table", "yaml"));
  EXPECT_THAT(completed({"--context", ""}), ElementsAre("local", "prod"));
  EXPECT_THAT(completed({"apply", "-f", ""}), ElementsAre(":files"));
  EXPECT_THAT(completed({"--context", "prod", "get", "meshretry", ""}), ElementsAre("MeshRetry of "));
}

TEST(Candidates, ExplainFollowsThePath) {
  EXPECT_THAT(completed({"explain", "meshr"}), Contains("meshretry"));
  EXPECT_THAT(completed({"explain", "meshtimeout."}), Contains("meshtimeout.spec"));
  EXPECT_THAT(completed({"explain", "meshtimeout.to.default.http.req"}),
              Contains("meshtimeout.to.default.http.requestTimeout"));
  EXPECT_THAT(completed({"explain", "nonsense.to."}), IsEmpty());
}

TEST(Candidates, WordsOfAChoiceAreOffered) {
  EXPECT_THAT(completed({"completion", ""}), ElementsAre("bash", "fish", "zsh"));
}

TEST(Candidates, OfADataplaneTheNamesAreAsked) {
  EXPECT_THAT(completed({"inspect", "rules", ""}), ElementsAre("Dataplane of "));
}

TEST(Candidates, NothingIsOfferedForNothing) { EXPECT_THAT(completed({}), IsEmpty()); }

}  // namespace
}  // namespace weft::ctl
