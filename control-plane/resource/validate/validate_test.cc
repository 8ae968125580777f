#include "control-plane/resource/validate/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control-plane/resource/validate/problems_for_test.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> networking(std::string_view fields) {
  return problems(cat("{type: Dataplane, mesh: default, name: d, networking: {", fields, "}}"));
}

TEST(DataplaneRules, AcceptWhatTheContractShows) {
  EXPECT_THAT(
      networking(
          R"(address: 10.0.0.5, inbound: [{name: http, port: 8080, servicePort: 80, serviceAddress: 127.0.0.1, protocol:
    HTTP, serviceProbe: {tcp: {}, interval: 1s, timeout: 2s, healthyThreshold: 1, unhealthyThreshold: 1}}], outbound: [{address:
    127.0.0.1, port: 33010, backendRef: {kind: MeshService, name: backend, port: 8080}}], admin: {port: 9901})"),
      IsEmpty());
  EXPECT_THAT(networking("address: web_1.Local, inbound: []"), IsEmpty());
  EXPECT_THAT(
      networking("address: 10.0.0.9, gateway: {type: DELEGATED}, transparentProxying: {redirectPortInbound: 15006}"),
      IsEmpty());
}

TEST(DataplaneRules, TheAddressIsNeeded) {
  EXPECT_THAT(problems("{type: Dataplane, mesh: default, name: d}"), ElementsAre("networking: must be defined"));
  EXPECT_THAT(networking(""), ElementsAre("networking.address: address can't be empty"));
  EXPECT_THAT(networking("address: '::'"), ElementsAre("networking.address: must not be 0.0.0.0 or ::"));
  EXPECT_THAT(networking("address: a b"),
              ElementsAre("networking.address: address has to be valid IP address or domain name"));
}

TEST(DataplaneRules, Inbounds) {
  EXPECT_THAT(
      networking("address: 10.0.0.1, inbound: [{port: 70000, protocol: smtp, address: x}]"),
      ElementsAre(
          "networking.inbound[0].port: port must be in the range [1, 65535]",
          "networking.inbound[0].address: address has to be valid IP address",
          "networking.inbound[0].protocol: has an invalid value \"smtp\". Allowed values: grpc, http, http2, tcp"));
  EXPECT_THAT(
      networking("address: 10.0.0.1, inbound: [{port: 80, serviceAddress: 10.0.0.1}]"),
      ElementsAre(
          "networking.inbound[0].serviceAddress: serviceAddress and servicePort has to differ from address and port"));
  EXPECT_THAT(networking("address: 10.0.0.1, inbound: [{port: 80, serviceProbe: {interval: 0s, healthyThreshold: 0}}]"),
              ElementsAre("networking.inbound[0].serviceProbe.interval: must have a positive value",
                          "networking.inbound[0].serviceProbe.healthyThreshold: must have a positive value"));
}

TEST(DataplaneRules, Outbounds) {
  EXPECT_THAT(
      networking(
          "address: 10.0.0.1, outbound: [{port: 80}, {port: 81, backendRef: {kind: Mesh, name: a, labels: {b: c}}}]"),
      ElementsAre("networking.outbound[0].backendRef: must be defined",
                  "networking.outbound[1].backendRef.kind: invalid value. Available values are: "
                  "MeshExternalService,MeshMultiZoneService,MeshService",
                  "networking.outbound[1].backendRef: either 'name' or 'labels' should be specified",
                  "networking.outbound[1].backendRef.port: port must be in the range [1, 65535]"));
  EXPECT_THAT(networking("address: 10.0.0.1, outbound: [{port: 80, backendRef: {kind: MeshExternalService, name: a}}]"),
              IsEmpty());
}

TEST(DataplaneRules, GatewaysListenersAndAdmin) {
  EXPECT_THAT(networking("address: 10.0.0.1, gateway: {}, inbound: [{port: 80}]"),
              ElementsAre("networking: inbound cannot be defined for delegated gateways"));
  EXPECT_THAT(
      networking("address: 10.0.0.1, listeners: [{type: X, address: 10.0.0.1, port: 1, name: a}, {type: ZoneEgress, "
                 "address: 10.0.0.1, port: 1, name: a}]"),
      ElementsAre("networking.listeners[0].type: type must be ZoneIngress or ZoneEgress",
                  "networking.listeners[1].name: must be unique among inbounds and listeners: \"a\"",
                  "networking.listeners[1].port: must be unique among inbounds and listeners: 10.0.0.1:1"));
  EXPECT_THAT(networking("address: 10.0.0.1, inbound: [{port: 9901}], admin: {port: 9901}"),
              ElementsAre("networking.admin.port: must differ from inbound"));
}

TEST(DataplaneRules, ReachableBackends) {
  EXPECT_THAT(
      networking("address: 10.0.0.1, transparentProxying: {reachableBackends: {refs: [{kind: MeshService}, {kind: "
                 "MeshService, "
                 "name: a, labels: {b: c}}, {kind: MeshService, namespace: n, labels: {b: c}}]}}"),
      ElementsAre(
          "networking.transparentProxing.reachableBackends.refs[0].name: name or labels are required",
          "networking.transparentProxing.reachableBackends.refs[1].labels: labels cannot be defined when name is "
          "specified",
          "networking.transparentProxing.reachableBackends.refs[2].name: name is required, when namespace is defined"));
}

TEST(MeshServiceRules, PortsAndSelector) {
  EXPECT_THAT(
      problems(
          "{type: MeshService, mesh: default, name: s, spec: {selector: {dataplaneRef: {name: a}, dataplaneLabels: "
          "{matchLabels: {a: b}}}, ports: [{port: 0, targetPort: 70000}]}}"),
      ElementsAre("spec.selector: must specify only one of: dataplaneRef or dataplaneLabels",
                  "spec.ports[0].port: must be in the range [1, 65535]",
                  "spec.ports[0].targetPort: must be in the range [1, 65535]"));
}

TEST(SecretRules, AnyBytesWillDo) {
  EXPECT_THAT(problems("{type: Secret, mesh: default, name: s}"), IsEmpty());
  EXPECT_THAT(problems("{type: Mesh, name: m, mtls: {enabledBackend: x}}"), IsEmpty());
}

}  // namespace
}  // namespace weft::cp
