#include "policies/mesh_access_log/mesh_access_log.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "policies/written_lists.h"
#include "weft/v1/mesh_access_log.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::spec_of;

std::vector<Violation> validated(const std::string& spec) {
  Violations violations;
  mesh_access_log_kind().validate(spec_of<v1::MeshAccessLog>(spec), violations);
  return violations.list();
}

// Violations of one backend, their fields without what stands before it.
std::vector<Violation> backend(const std::string& text) {
  constexpr std::string_view kBefore = "spec.rules[0].default.backends[0].";
  std::vector<Violation> list = validated(cat("rules { default { backends { ", text, " } } }"));
  for (Violation& violation : list) {
    EXPECT_TRUE(violation.field.starts_with(kBefore)) << violation.field;
    violation.field.erase(0, kBefore.size());
  }
  return list;
}
std::vector<Violation> format(const std::string& text) {
  return backend(cat("type: 'File' file { path: '/a' format { ", text, " } }"));
}

constexpr char kFile[] = "default { backends { type: 'File' file { path: '/tmp/a' } } }";

TEST(MeshAccessLog, ItIsAboutWhatLeavesOrWhatArrives) {
  EXPECT_THAT(validated(cat("rules { ", kFile, " }")), IsEmpty());
  EXPECT_THAT(validated(cat("to { target_ref { kind: 'Mesh' } ", kFile, " }")), IsEmpty());
  EXPECT_THAT(validated(""), ElementsAre(Violation{"spec", "at least one of 'to' or 'rules' has to be defined"}));
  EXPECT_THAT(validated(cat("to { target_ref { kind: 'Mesh' } ", kFile, " } rules { ", kFile, " }")),
              ElementsAre(Violation{"spec", "'to' must be empty when 'rules' is defined"}));
}

TEST(MeshAccessLog, ACallerMayBeNamedByIdentityOrServerName) {
  EXPECT_THAT(
      validated(cat("rules { matches {} matches { spiffe_id { type: 'Exact' value: 'spiffe://a' } } ", kFile, " }")),
      IsEmpty());
  EXPECT_THAT(validated(cat("rules { matches { sni { type: 'Exact' } } ", kFile, " }")),
              ElementsAre(Violation{"spec.rules[0].matches[0].sni.value", "must be set"}));
}

TEST(MeshAccessLog, NoBackendsHasToBeWrittenDown) {
  EXPECT_THAT(validated("rules { default {} }"),
              ElementsAre(Violation{"spec.rules[0].default.backends", "must be defined"}));
  EXPECT_THAT(validated("to { target_ref { kind: 'Mesh' } }"),
              ElementsAre(Violation{"spec.to[0].default.backends", "must be defined"}));
  auto off = spec_of<v1::MeshAccessLog>("rules { default {} }");
  set_written_empty(*off.mutable_rules(0)->mutable_default_(),
                    *v1::MeshAccessLogConf::descriptor()->FindFieldByName("backends"));
  Violations violations;
  mesh_access_log_kind().validate(off, violations);
  EXPECT_TRUE(violations.empty());
}

TEST(MeshAccessLog, ABackendHasTheObjectOfItsType) {
  EXPECT_THAT(backend("type: 'Tcp'"), ElementsAre(Violation{"tcp", "must be defined"}));
  EXPECT_THAT(backend("type: 'File'"), ElementsAre(Violation{"file", "must be defined"}));
  EXPECT_THAT(backend("type: 'OpenTelemetry'"), ElementsAre(Violation{"openTelemetry", "must be defined"}));
}

TEST(MeshAccessLog, AnAddressIsHostAndPort) {
  for (const char* good : {"logs:5000", "a_b.example.com:1", "10.0.0.1:65535", "[fd00::1]:80"}) {
    EXPECT_THAT(backend(cat("type: 'Tcp' tcp { address: '", good, "' }")), IsEmpty()) << good;
  }
  for (const char* bad : {"logs", "logs:", ":80", "a b:80", "logs:0", "logs:65536", "logs:80/x", "http://logs:80"}) {
    EXPECT_THAT(backend(cat("type: 'Tcp' tcp { address: '", bad, "' }")),
                ElementsAre(Violation{"tcp.address", "tcp backend requires valid address"}))
        << bad;
  }
}

TEST(MeshAccessLog, APathIsAbsolute) {
  for (const char* good : {"/tmp/access.log", "/dev/stdout", "C:/logs/a.log"}) {
    EXPECT_THAT(backend(cat("type: 'File' file { path: '", good, "' }")), IsEmpty()) << good;
  }
  for (const char* bad : {"access.log", "a path"}) {
    EXPECT_THAT(backend(cat("type: 'File' file { path: '", bad, "' }")),
                ElementsAre(Violation{"file.path", "file backend requires a valid path"}));
  }
}

TEST(MeshAccessLog, APlainFormatIsALine) {
  EXPECT_THAT(format("type: 'Plain' plain: '%START_TIME%'"), IsEmpty());
  EXPECT_THAT(format("type: 'Plain'"), ElementsAre(Violation{"file.format.plain", "must be defined"}));
  EXPECT_THAT(format("type: 'Plain' plain: ''"), ElementsAre(Violation{"file.format.plain", "must not be empty"}));
}

TEST(MeshAccessLog, AJsonFormatHasKeysAndValuesThatMakeAnObject) {
  EXPECT_THAT(format("type: 'Json' json { key: 'a' value: '%PROTOCOL%' }"), IsEmpty());
  EXPECT_THAT(format("type: 'Json'"), ElementsAre(Violation{"file.format.json", "must be defined"}));
  EXPECT_THAT(format("type: 'Json' json { key: '' value: '' }"),
              ElementsAre(Violation{"file.format.json[0].key", "key cannot be empty"},
                          Violation{"file.format.json[0].value", "value cannot be empty"}));
  EXPECT_THAT(format("type: 'Json' json { key: 'a' value: 'b' } json { key: '\"' value: 'b' }"),
              ElementsAre(Violation{"file.format.json[1]", "is not a valid JSON object"}));
}

TEST(MeshAccessLog, FormatsOfConnectionsAreCheckedAlike) {
  EXPECT_THAT(backend("type: 'Tcp' tcp { address: 'a:1' format { type: 'Plain' } }"),
              ElementsAre(Violation{"tcp.format.plain", "must be defined"}));
}

TEST(MeshAccessLog, AttributesOfOpenTelemetryHaveNamesOfTheirOwn) {
  const std::string ref = "backend_ref { kind: 'MeshOpenTelemetryBackend' labels { key: 'a' value: 'b' } }";
  const auto key = [&](const std::string& name) {
    return backend(cat("type: 'OpenTelemetry' open_telemetry { ", ref, " attributes { key: '", name, "' } }"));
  };
  EXPECT_THAT(key("mesh.name"), IsEmpty());
  EXPECT_THAT(key("otel.scope"), ElementsAre(Violation{"openTelemetry.attributes[0].key",
                                                       "must not start with the reserved prefix \"otel.\""}));
  EXPECT_THAT(key("%A%"), ElementsAre(Violation{"openTelemetry.attributes[0].key",
                                                "must not hold placeholders: they go into the value"}));
  EXPECT_THAT(key(""), ElementsAre(Violation{"openTelemetry.attributes[0].key", "must not be empty"}));
  EXPECT_THAT(backend("type: 'OpenTelemetry' open_telemetry {}"),
              ElementsAre(Violation{"openTelemetry.backendRef", "must be defined"}));
}

}  // namespace
}  // namespace weft
