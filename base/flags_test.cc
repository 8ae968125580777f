#include "base/flags.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

struct Options {
  std::string name = "unset";
  int port = 1;
  std::vector<std::string> files;
  bool dry_run = false;
  std::string wait;
  Nanoseconds time{5};
};

Flags flags_of(Options& options) {
  Flags flags;
  flags.add("name", 0, "NAME", "a name", &options.name);
  flags.add("port", 'p', "N", "a port", &options.port);
  flags.add("file", 'f', "FILE", "a file", &options.files);
  flags.add("dry-run", 0, "print only", &options.dry_run);
  flags.add_optional("wait", "30s", "DURATION", "wait", &options.wait);
  flags.add("time", 0, "DURATION", "a time", &options.time);
  return flags;
}

TEST(FlagsTest, FillsEveryWrittenFormAndKeepsPositionalArguments) {
  Options options;
  const auto rest = flags_of(options).parse(
      {"get", "--name", "a", "--port=7", "-f", "x", "-f", "-", "--dry-run", "mesh", "--", "--y"});
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(*rest, (std::vector<std::string>{"get", "mesh", "--y"}));
  EXPECT_EQ(options.name, "a");
  EXPECT_EQ(options.port, 7);
  EXPECT_EQ(options.files, (std::vector<std::string>{"x", "-"}));
  EXPECT_TRUE(options.dry_run);
  EXPECT_EQ(options.wait, "");
}

TEST(FlagsTest, AnOptionalValueIsOnlyTakenAfterAnEqualsSign) {
  Options options;
  const auto rest = flags_of(options).parse({"--wait", "10s"});
  ASSERT_TRUE(rest.ok());
  EXPECT_EQ(options.wait, "30s");
  EXPECT_EQ(*rest, (std::vector<std::string>{"10s"}));
  ASSERT_TRUE(flags_of(options).parse({"--wait=5s"}).ok());
  EXPECT_EQ(options.wait, "5s");
}

TEST(FlagsTest, AShortFlagMayHaveItsValueAttached) {
  std::string output;
  bool all = false;
  Flags flags;
  flags.add("output", 'o', "FORMAT", "", &output);
  flags.add("all", 'a', "", &all);
  for (const std::vector<std::string>& given : {std::vector<std::string>{"-ojson"}, {"-o=json"}, {"-o", "json"}}) {
    output.clear();
    ASSERT_TRUE(flags.parse(given).ok()) << given[0];
    EXPECT_EQ(output, "json") << given[0];
  }
  EXPECT_FALSE(flags.parse({"-ab"}).ok());
}

TEST(FlagsTest, ErrorsNameTheFlag) {
  Options options;
  const Flags flags = flags_of(options);
  EXPECT_EQ(reason(flags.parse({"--nam", "x"}).status()), "unknown flag: --nam (did you mean --name?)");
  EXPECT_EQ(reason(flags.parse({"-z"}).status()), "unknown flag: -z");
  EXPECT_EQ(reason(flags.parse({"--port", "x"}).status()), "--port: \"x\" is not a whole number");
  EXPECT_EQ(reason(flags.parse({"--file"}).status()), "--file: a value is missing (FILE)");
  EXPECT_EQ(reason(flags.parse({"--dry-run=maybe"}).status()), "--dry-run: takes true or false");
  EXPECT_FALSE(flags.parse({"--time", "5 parsecs"}).ok());
}

TEST(FlagsTest, HelpShowsOneLineAFlagWithItsDefault) {
  Options options;
  options.time = std::chrono::seconds(90);
  EXPECT_EQ(flags_of(options).help(),
            "      --name NAME                  a name (default unset)\n"
            "  -p, --port N                     a port (default 1)\n"
            "  -f, --file FILE                  a file\n"
            "      --dry-run                    print only\n"
            "      --wait[=DURATION]            wait\n"
            "      --time DURATION              a time (default 1m30s)\n");
}

}  // namespace
}  // namespace weft
