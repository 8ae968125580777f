#include <gmock/gmock.h>

#include "control-plane/resource/validate/problems_for_test.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> external(std::string_view fields, SchemaLayer schema = SchemaLayer::kApplied) {
  return problems(cat("{type: MeshExternalService, mesh: default, name: api, spec: {", fields, "}}"), schema);
}

std::vector<std::string> verification(std::string_view fields, SchemaLayer schema = SchemaLayer::kApplied) {
  return external(cat("match: {port: 443}, tls: {enabled: true, verification: {", fields, "}}"), schema);
}

constexpr std::string_view kSecret = "{type: Secret, secretRef: {kind: Secret, name: s}}";

TEST(ExternalServiceRules, AcceptWhatTheContractShows) {
  EXPECT_THAT(external(R"(match: {type: HostnameGenerator, port: 443, protocol: http},
    endpoints: [{address: httpbin.org, port: 443, priority: 0}, {address: "2001:db8::1", port: 443}],
    tls: {enabled: true, version: {min: TLS12, max: TLS13}, allowRenegotiation: false, verification: {mode: Secured,
      serverName: httpbin.org, subjectAltNames: [{type: Exact, value: httpbin.org}],
      caCert: {type: Secret, secretRef: {kind: Secret, name: ca}},
      clientCert: {type: InsecureInline, insecureInline: {value: c}},
      clientKey: {type: Secret, secretRef: {kind: Secret, name: key}}}})"),
              IsEmpty());
  EXPECT_THAT(external("match: {port: 80}"), IsEmpty());
}

TEST(ExternalServiceRules, PortsAddressesAndWords) {
  EXPECT_THAT(external(R"(match: {type: Other, port: 0, protocol: smtp},
                endpoints: [{port: 1}, {address: a b, port: 70000, priority: 129}])",
                       SchemaLayer::kSkipped),
              ElementsAre("spec.match.type: unrecognized type 'Other' - only 'HostnameGenerator' is supported",
                          "spec.match.port: port must be a valid (1-65535)",
                          "spec.match.protocol: \"protocol\" must be one of [\"tcp\", \"grpc\", \"http\", \"http2\"]",
                          "spec.endpoints[0].address: address has to be a valid IP or hostname",
                          "spec.endpoints[1].address: address has to be a valid IP or hostname",
                          "spec.endpoints[1].port: port must be a valid (1-65535)",
                          "spec.endpoints[1].priority: must be in inclusive range [0, 128]"));
}

TEST(ExternalServiceRules, TheOldestVersionIsNotNewerThanTheNewest) {
  const auto versions = [](std::string_view min, std::string_view max) {
    return external(cat("match: {port: 443}, tls: {version: {min: ", min, ", max: ", max, "}}"));
  };
  EXPECT_THAT(versions("TLS13", "TLS12"), ElementsAre("spec.tls.version.min: min version must be lower than max"));
  EXPECT_THAT(versions("TLS12", "TLS12"), IsEmpty());
  EXPECT_THAT(versions("TLS13", "TLSAuto"), IsEmpty());
  EXPECT_THAT(external("match: {port: 443}, tls: {version: {min: SSL3}}", SchemaLayer::kSkipped),
              ElementsAre(HasSubstr("\"min\" must be one of [\"TLSAuto\", ")));
}

TEST(ExternalServiceRules, AClientCertificateComesWithItsKey) {
  EXPECT_THAT(verification(cat("clientCert: ", kSecret)),
              ElementsAre("spec.tls.verification.clientKey: must be defined when clientCert is defined"));
  EXPECT_THAT(verification(cat("clientKey: ", kSecret)),
              ElementsAre("spec.tls.verification.clientCert: must be defined when clientKey is defined"));
}

TEST(ExternalServiceRules, SecretsComeFromTheMeshNotFromOneMachine) {
  EXPECT_THAT(verification("caCert: {type: File, file: {path: /ca.pem}}"),
              ElementsAre("spec.tls.verification.caCert.type: File must be one of: Secret, InsecureInline"));
  EXPECT_THAT(verification("caCert: {type: Secret}"),
              ElementsAre("spec.tls.verification.caCert.secretRef: must be defined"));
  EXPECT_THAT(verification("caCert: {type: Secret, secretRef: {kind: Secret}}"),
              ElementsAre("spec.tls.verification.caCert.secretRef.name: must be defined"));
  EXPECT_THAT(verification("caCert: {type: InsecureInline, insecureInline: {}}"),
              ElementsAre("spec.tls.verification.caCert.insecureInline.value: must be defined"));
}

TEST(ExternalServiceRules, WhatIsVerified) {
  EXPECT_THAT(verification("serverName: 'not[]valid', mode: Most, subjectAltNames: [{type: Regex, value: x}]",
                           SchemaLayer::kSkipped),
              ElementsAre("spec.tls.verification.serverName: must be a valid DNS name",
                          HasSubstr("spec.tls.verification.mode: \"mode\" must be one of ["),
                          "spec.tls.verification.subjectAltNames[0].type: \"type\" must be one of [\"Prefix\", "
                          "\"Exact\"]"));
}

TEST(ExternalServiceRules, AnExtensionTakesCareOfEndpointsButNotOfSecrets) {
  EXPECT_THAT(external("match: {port: 80}, extension: {type: x, config: {a: [1, true]}}, endpoints: [{address: a b, "
                       "port: 80}]"),
              IsEmpty());
  EXPECT_THAT(external("match: {port: 80}, extension: {config: {}}", SchemaLayer::kSkipped),
              ElementsAre("spec.extension.type: must not be empty"));
  EXPECT_THAT(external("match: {port: 80}, extension: {type: x}, tls: {verification: {caCert: {type: EnvVar}}}"),
              ElementsAre("spec.tls.verification.caCert.type: EnvVar must be one of: Secret, InsecureInline"));
}

TEST(MultiZoneServiceRules, NeedALabelAndAPort) {
  const auto service = [](std::string_view fields) {
    return problems(cat("{type: MeshMultiZoneService, mesh: default, name: api, spec: {", fields, "}}"));
  };
  EXPECT_THAT(service("selector: {meshService: {matchLabels: {app: x}}}, ports: [{port: 80}]"), IsEmpty());
  EXPECT_THAT(service("selector: {meshService: {}}, ports: []"),
              ElementsAre("spec.selector.meshService.matchLabels: cannot be empty", "spec.ports: cannot be empty"));
  EXPECT_THAT(service("selector: {meshService: {matchLabels: {app: x}}}, ports: [{port: 0}]"),
              ElementsAre("spec.ports[0].port: must be in the range [1, 65535]"));
}

TEST(HostnameGeneratorRules, OneSelectorAndATemplateThatCanBeRead) {
  const auto generator = [](std::string_view fields) {
    return problems(cat("{type: HostnameGenerator, name: g, spec: {", fields, "}}"));
  };
  constexpr std::string_view one = "selector: {meshService: {matchLabels: {a: b}}}";
  constexpr std::string_view selectors =
      "spec.selector: exact one selector (meshService, meshExternalService) must be defined";
  EXPECT_THAT(generator(cat(one, ", template: '{{ .DisplayName }}.{{ label \"team\" }}.mesh'")), IsEmpty());
  EXPECT_THAT(generator("template: x"), ElementsAre(selectors));
  EXPECT_THAT(generator("selector: {meshService: {}, meshMultiZoneService: {}}, template: x"), ElementsAre(selectors));
  EXPECT_THAT(generator(one), ElementsAre("spec.template: must not be empty"));
  EXPECT_THAT(generator(cat(one, ", extension: {type: x}")), IsEmpty());
  EXPECT_THAT(generator(cat(one, ", template: '{{ nope }}'")),
              ElementsAre(HasSubstr("spec.template: couldn't parse template: ")));
}

TEST(ZoneAddressRules, AHostAndAPort) {
  const auto address = [](std::string_view fields) {
    return problems(cat("{type: MeshZoneAddress, mesh: default, name: a, spec: {", fields, "}}"),
                    SchemaLayer::kSkipped);
  };
  EXPECT_THAT(address("address: zone.example.com, port: 10001"), IsEmpty());
  EXPECT_THAT(address("address: '', port: 0"), ElementsAre("spec.address: address has to be a valid IP or hostname",
                                                           "spec.port: port must be a valid (1-65535)"));
}

TEST(NameRules, ServicesZonesAndMeshesAreHostLabels) {
  EXPECT_THAT(problems("{type: Zone, name: 1st}"), ElementsAre(HasSubstr("name: a DNS-1035 label must consist of")));
  EXPECT_THAT(problems(cat("{type: Zone, name: ", std::string(64, 'a'), "}")),
              ElementsAre("name: must be no more than 63 characters"));
  EXPECT_THAT(problems(cat("{type: Mesh, name: ", std::string(64, 'a'), "}")),
              ElementsAre("name: cannot be longer than 63 characters"));
}

}  // namespace
}  // namespace weft::cp
