#include "policies/backend_ref.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::spec_of;

std::vector<Violation> validated(const std::string& ref) {
  Violations violations;
  validate_backend_ref(spec_of<v1::BackendRef>(ref), "ref", violations);
  return violations.list();
}

constexpr char kLabels[] = " labels { key: 'app' value: 'web' }";

TEST(BackendRef, ServicesAreFoundByLabels) {
  for (const std::string kind : {"MeshService", "MeshExternalService"}) {
    EXPECT_THAT(validated(cat("kind: '", kind, "'", kLabels)), IsEmpty()) << kind;
    EXPECT_THAT(validated(cat("kind: '", kind, "'")),
                ElementsAre(Violation{"ref.labels", cat("must be set when kind is ", kind)}));
  }
}

TEST(BackendRef, OtherKindsReceiveNoTraffic) {
  EXPECT_THAT(validated("kind: 'Mesh'"), ElementsAre(Violation{"ref.kind", "value 'Mesh' is not supported"}));
  EXPECT_THAT(validated(""), ElementsAre(Violation{"ref.kind", "must be defined"}));
}

TEST(BackendRef, APortByNameIsForServicesThatHavePorts) {
  EXPECT_THAT(validated(cat("kind: 'MeshService' section_name: 'http'", kLabels)), IsEmpty());
  EXPECT_THAT(validated("kind: 'MeshExternalService' section_name: 'http'"),
              ElementsAre(Violation{"ref.sectionName", "must not be set with kind MeshExternalService"},
                          Violation{"ref.labels", "must be set when kind is MeshExternalService"}));
}

TEST(BackendRef, AServiceOfManyZonesNeedsAPort) {
  EXPECT_THAT(validated(cat("kind: 'MeshMultiZoneService' port: 80", kLabels)), IsEmpty());
  EXPECT_THAT(validated(cat("kind: 'MeshMultiZoneService'", kLabels)),
              ElementsAre(Violation{"ref.port", "must be defined with kind MeshMultiZoneService"}));
}

TEST(TelemetryBackendRef, IsThereAndHasLabels) {
  const auto validated_telemetry = [](bool present, const std::string& text) {
    Violations violations;
    validate_telemetry_backend_ref(present, spec_of<v1::TelemetryBackendRef>(text), "ref", violations);
    return violations.list();
  };
  EXPECT_THAT(validated_telemetry(true, kLabels), IsEmpty());
  EXPECT_THAT(validated_telemetry(false, ""), ElementsAre(Violation{"ref", "must be defined"}));
  EXPECT_THAT(validated_telemetry(true, ""),
              ElementsAre(Violation{"ref", "must have labels: they are what the backend is found by"}));
}

}  // namespace
}  // namespace weft
