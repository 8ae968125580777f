#include "tools/weftctl/diff_text.h"

#include <gmock/gmock.h>

namespace weft::ctl {
namespace {

using ::testing::ElementsAre;

Node json(const std::string& text) {
  const auto node = parse_json(text);
  EXPECT_TRUE(node.ok()) << node.status();
  return node.ok() ? *node : Node();
}

constexpr char kRule[] =
    R"({"kind":"MeshTimeout","side":"outbound","place":"kri_m____default_","type":"Mesh","name":"default",
        "fields":[{"path":"idleTimeout","before":"1h","after":"2h","policy":"kri_mt_default___slow_"},
                  {"path":"connectionTimeout","before":"5s","policy":"kri_mt_default___slow_"}]})";

TEST(DiffText, DocumentsAreNamedWithTheirFields) {
  EXPECT_EQ(diff_text(json(R"({"documents":[
      {"type":"MeshTimeout","mesh":"default","name":"t","change":"changed","fields":[
        {"path":"spec.to[0].default.idleTimeout","before":"1h","after":"2h"},
        {"path":"labels.a","after":"b"},{"path":"spec.rules","before":[1]}]},
      {"type":"Mesh","name":"new","change":"created","fields":[{"path":"name","after":"new"}]},
      {"type":"Mesh","name":"old","change":"unchanged"}],"proxies":[]})")),
            "MeshTimeout t in mesh default: changed\n"
            "  ~ spec.to[0].default.idleTimeout: 1h -> 2h\n"
            "  + labels.a: b\n"
            "  - spec.rules: [1]\n"
            "Mesh new: created\n"
            "Mesh old: unchanged\n"
            "\nNo proxy changes.\n");
}

TEST(DiffText, ProxiesWithTheSameChangesStandTogether) {
  std::string proxies;
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"})
    proxies += std::string(R"({"mesh":"default","change":"changed","name":")") + name + R"(","rules":[)" + kRule +
               R"(],"units":[{"what":"destination","name":"d","change":"changed"}]},)";
  proxies += R"({"mesh":"default","name":"z","change":"changed","rules":[],"units":[
      {"what":"listeners","name":"listeners","change":"changed"},
      {"what":"endpoints","name":"kri_x","change":"created"}]})";
  const std::string documents = R"({"type":"MeshTimeout","mesh":"default","name":"slow","change":"created"})";
  EXPECT_EQ(diff_text(json("{\"documents\":[" + documents + "],\"proxies\":[" + proxies + "]}")),
            "MeshTimeout slow in mesh default: created\n"
            "\n8 proxies change\n"
            "\ndefault/a, default/b, default/c, default/d, default/e and 2 more:\n"
            "  MeshTimeout, to every destination\n"
            "    ~ idleTimeout: 1h -> 2h  (slow)\n"
            "    - connectionTimeout: 5s  (was slow)\n"
            "\ndefault/z:\n"
            "  listeners: changed\n"
            "  endpoints kri_x: created\n");
}

TEST(DiffText, NothingIsSaidToo) {
  const Node same = json(R"({"documents":[{"type":"Mesh","name":"default","change":"unchanged"}],"proxies":[]})");
  EXPECT_FALSE(has_changes(same));
  EXPECT_EQ(diff_text(same), "Mesh default: unchanged\n\nNothing would change.\n");
}

TEST(DiffText, WarningsNameTheirDocument) {
  EXPECT_THAT(diff_warnings(json(R"({"documents":[{"type":"Mesh","name":"m","change":"created","warnings":["w"]}]})")),
              ElementsAre("Mesh m: w"));
}

TEST(PlaceText, SaysWhereInWords) {
  EXPECT_EQ(place_text(json(R"({"side":"proxy"})")), "the whole proxy");
  EXPECT_EQ(place_text(json(R"({"side":"inbound","section":"http"})")), "inbound http");
  EXPECT_EQ(place_text(json(R"({"side":"inbound","section":"http","match":{"sni":{}}})")),
            R"(inbound http for {"sni":{}})");
  EXPECT_EQ(place_text(json(R"({"side":"outbound","type":"MeshService","name":"b","section":"80"})")),
            "to MeshService b port 80");
  EXPECT_EQ(name_in_kri("kri_mt_default_east_ns_slow_"), "slow");
  EXPECT_EQ(name_in_kri("something"), "something");
}

}  // namespace
}  // namespace weft::ctl
