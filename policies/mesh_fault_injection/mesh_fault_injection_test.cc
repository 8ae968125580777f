#include "policies/mesh_fault_injection/mesh_fault_injection.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "weft/v1/mesh_fault_injection.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> validated(const std::string& text) {
  return testing::violations_of<v1::MeshFaultInjection>(mesh_fault_injection_kind(), text);
}

std::vector<std::string> validated_faults(const std::string& faults) {
  return validated("rules { default { " + faults + " } }");
}

const std::string kHttp = "spec.rules[0].default.http.";

TEST(MeshFaultInjection, NothingIsNeeded) {
  EXPECT_THAT(validated(""), IsEmpty());
  EXPECT_THAT(validated_faults(""), IsEmpty());
  EXPECT_THAT(validated("to { target_ref { kind: 'Mesh' } }"), IsEmpty());
  EXPECT_THAT(validated("to { target_ref { kind: 'Mesh' } } rules { }"), IsEmpty());
}

TEST(MeshFaultInjection, ToIsForTheMesh) {
  EXPECT_THAT(validated("target_ref { kind: 'Dataplane' } to { target_ref { kind: 'Mesh' } }"),
              ElementsAre("spec.to: must not be defined"));
  EXPECT_THAT(validated("target_ref { kind: 'Dataplane' } rules { }"), IsEmpty());
}

TEST(MeshFaultInjection, AFaultIsReportedByItsNameAndItsPlaceInTheList) {
  EXPECT_THAT(validated_faults("http { abort { http_status: 500 percentage { number: 1 } } } "
                               "http { abort { http_status: 99 percentage { number: 101 } } }"),
              ElementsAre(kHttp + "abort[1].httpStatus: must be in inclusive range [100, 599]",
                          kHttp + "abort[1].percentage: must be in inclusive range [0.0, 100.0]"));
  EXPECT_THAT(validated("to { target_ref { kind: 'Mesh' } default { http { abort { percentage { } } } } }"),
              ElementsAre("spec.to[0].default.http.abort[0].httpStatus: must be in inclusive range [100, 599]",
                          "spec.to[0].default.http.abort[0].percentage: string must be a valid number"));
}

TEST(MeshFaultInjection, ADelayIsNotNegative) {
  EXPECT_THAT(validated_faults("http { delay { value { } percentage { text: '0.5' } } }"), IsEmpty());
  EXPECT_THAT(validated_faults("http { delay { value { seconds: -1 } percentage { text: 'x' } } }"),
              ElementsAre(kHttp + "delay[0].value: must not be negative when defined",
                          kHttp + "delay[0].percentage: string must be a valid number"));
}

TEST(MeshFaultInjection, ABandwidthHasAUnit) {
  const auto limit = [](const std::string& text) {
    return validated_faults("http { response_bandwidth { limit: '" + text + "' percentage { number: 100 } } }");
  };
  for (const char* fine : {"10kbps", "10 Mbps", "1Gbps"}) EXPECT_THAT(limit(fine), IsEmpty()) << fine;
  EXPECT_THAT(limit(""), ElementsAre(kHttp + "responseBandwidth[0].limit: must be defined"));
  for (const char* wrong : {"1000", "1000bps", "fast 1Mbps", "1  Mbps", "1Mbps ", "1.5Mbps"}) {
    EXPECT_THAT(limit(wrong), ElementsAre(kHttp + "responseBandwidth[0].limit: must be in kbps/Mbps/Gbps units"))
        << wrong;
  }
}

TEST(MeshFaultInjection, AnEmptyMatchIsLeftAloneAndAWrongOneIsNot) {
  EXPECT_THAT(validated("rules { matches { } }"), IsEmpty());
  EXPECT_THAT(validated("rules { matches { sni { type: 'Exact' } } }"),
              ElementsAre("spec.rules[0].matches[0].sni.value: must be set"));
}

TEST(MeshFaultInjection, ToIsAcceptedAndRemarkedOn) {
  std::vector<std::string> remarks;
  mesh_fault_injection_kind().remark(testing::spec_of<v1::MeshFaultInjection>("rules { }"), remarks);
  EXPECT_THAT(remarks, IsEmpty());
  mesh_fault_injection_kind().remark(testing::spec_of<v1::MeshFaultInjection>("to { target_ref { kind: 'Mesh' } }"),
                                     remarks);
  EXPECT_THAT(remarks,
              ElementsAre("spec.to harms nothing: a MeshFaultInjection is for traffic that arrives, in rules"));
}

}  // namespace
}  // namespace weft
