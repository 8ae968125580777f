// What the engine makes of whole meshes, readable. testdata/<case>.yaml holds the resources, testdata/<case>.golden.txt
// what their proxies run on. WEFT_UPDATE_GOLDEN=1 writes the golden files anew.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "base/document/document.h"
#include "control-plane/engine/compile_proxy.h"
#include "control-plane/engine/test_world.h"
#include "control-plane/resource/decode.h"
#include "control-plane/resource/encode.h"

namespace weft::cp {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

testing::TestWorld world_of(const fs::path& path) {
  testing::TestWorld world;
  const auto documents = parse_yaml(read(path));
  EXPECT_TRUE(documents.ok()) << documents.status();
  for (const Node& document : *documents) {
    const Decoded decoded = decode(document);
    EXPECT_TRUE(decoded.ok());
    auto resource = std::make_shared<Resource>();
    resource->key = decoded.key;
    resource->labels = decoded.labels;
    resource->labels.insert({"kuma.io/display-name", decoded.key.name});
    resource->spec = decoded.spec;
    world.put(std::move(resource));
  }
  return world;
}

std::string conf_text(const std::string& kind, const std::string& bytes) {
  const auto* spec = find_kind(kind)->spec->GetDescriptor();
  const auto* items = spec->FindFieldByName("to");
  if (items == nullptr) items = spec->FindFieldByName("rules");
  const auto* field = items->message_type()->FindFieldByName("default");
  const auto* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(field->message_type());
  const std::unique_ptr<google::protobuf::Message> conf(prototype->New());
  EXPECT_TRUE(conf->ParseFromString(bytes));
  return encode_message(*conf);
}

std::string text_of(const v1::PolicyUnit& unit) {
  if (find_policy_kind(unit.kind())->keeps_rules_apart) {
    v1::RuleList list;
    EXPECT_TRUE(list.ParseFromString(unit.conf()));
    std::string rules;
    for (const auto& rule : list.rules())
      append(rules, " ", conf_text(unit.kind(), rule.conf()), " of ", rule.origin());
    return cat(unit.kind(), rules.empty() ? " no rules" : rules, "\n");
  }
  std::string origins;
  for (const std::string& origin : unit.origins()) append(origins, " ", origin);
  return cat(unit.kind(), " ", conf_text(unit.kind(), unit.conf()), origins.empty() ? "" : " from", origins, "\n");
}

std::string text_of(const CompiledItem& item) {
  std::string out = cat("  ", v1::ItemType_Name(item.type), " ", item.name, "\n");
  if (item.type == v1::LISTENERS) {
    v1::ListenerSet set;
    EXPECT_TRUE(set.ParseFromString(*item.bytes));
    for (const auto& listener : set.listeners())
      append(out, "    ", listener.name(), " -> ", listener.destination(), "\n");
  } else if (item.type == v1::DESTINATION) {
    v1::Destination destination;
    EXPECT_TRUE(destination.ParseFromString(*item.bytes));
    append(out, "    ", v1::Direction_Name(destination.direction()), " ", v1::Protocol_Name(destination.protocol()),
           "\n");
    for (const auto& unit : destination.policies()) append(out, "    connections: ", text_of(unit));
    for (const auto& route : destination.routes()) {
      append(out, "    route ", route.name(), "\n");
      for (const auto& unit : route.policies()) append(out, "      ", text_of(unit));
      for (const auto& backend : route.backends())
        append(out, "      -> ", backend.endpoints(), " weight ", backend.weight(), "\n");
    }
  } else {
    v1::EndpointSet set;
    EXPECT_TRUE(set.ParseFromString(*item.bytes));
    for (const auto& locality : set.localities()) {
      append(out, "    priority ", locality.priority(), " ", locality.name(), " weight ", locality.weight(), "\n");
    }
    for (const auto& endpoint : set.endpoints()) {
      append(out, "    ", endpoint.address(), " ", endpoint.port(), endpoint.zone().empty() ? "" : " zone ",
             endpoint.zone());
      if (!set.localities().empty()) append(out, " in ", set.localities(static_cast<int>(endpoint.locality())).name());
      out += "\n";
    }
  }
  return out;
}

std::string compiled(const testing::TestWorld& world) {
  std::string out;
  Memo memo;
  for (const ResourcePtr& dataplane : world->list("Dataplane")) {
    const auto items = compile_proxy(*world, dataplane->key, memo);
    EXPECT_TRUE(items.ok()) << items.status();
    append(out, dataplane->key.mesh, "/", dataplane->key.name, "\n");
    for (const CompiledItemPtr& item : (*items)->items) out += text_of(*item);
    for (const std::string& warning : (*items)->warnings) append(out, "  warning: ", warning, "\n");
  }
  return out;
}

TEST(Golden, EveryMeshInTestdataCompilesToWhatIsWrittenBesideIt) {
  const fs::path folder = "control-plane/engine/testdata";  // tests run at the top of the source tree
  ASSERT_TRUE(fs::is_directory(folder));
  int cases = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    ++cases;
    const std::string now = compiled(world_of(entry.path()));
    const fs::path golden = fs::path(entry.path()).replace_extension(".golden.txt");
    if (std::getenv("WEFT_UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << now;
    EXPECT_EQ(now, read(golden)) << entry.path().filename();
  }
  EXPECT_GT(cases, 0);
}

}  // namespace
}  // namespace weft::cp
