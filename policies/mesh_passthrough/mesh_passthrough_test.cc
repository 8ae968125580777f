#include "policies/mesh_passthrough/mesh_passthrough.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "weft/v1/mesh_passthrough.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> validated(const std::string& text) {
  return testing::violations_of<v1::MeshPassthrough>(mesh_passthrough_kind(), text);
}

std::string match(const std::string& type, const std::string& value, const std::string& protocol, int port = -1) {
  return cat("append_match { type: '", type, "' value: '", value, "' protocol: '", protocol, "' ",
             port < 0 ? "" : cat("port: ", port), " } ");
}

std::vector<std::string> validated_list(const std::string& list) { return validated("default { " + list + " }"); }

std::string at(int index, const std::string& rest) { return cat("spec.default.appendMatch[", index, "].", rest); }

TEST(MeshPassthrough, NothingIsNeeded) {
  EXPECT_THAT(validated(""), IsEmpty());
  EXPECT_THAT(validated_list("passthrough_mode: 'None'"), IsEmpty());
}

TEST(MeshPassthrough, AddressesAndRanges) {
  for (const char* ip : {"10.0.0.1", "fd00::1"}) EXPECT_THAT(validated_list(match("IP", ip, "tcp")), IsEmpty()) << ip;
  for (const char* ip : {"10.0.0.256", "10.0.0.0/8", "example.com", ""}) {
    EXPECT_THAT(validated_list(match("IP", ip, "tcp")), ElementsAre(at(0, "value: provided IP has incorrect value")));
  }
  for (const char* range : {"10.0.0.0/8", "fd00::/64", "10.0.0.0/0"}) {
    EXPECT_THAT(validated_list(match("CIDR", range, "tcp")), IsEmpty()) << range;
  }
  for (const char* range : {"10.0.0.0/33", "10.0.0.1", "fd00::/129", "10.0.0.0/", "10.0.0.0/-1", "/8", "10.0.0.0/08"}) {
    EXPECT_THAT(validated_list(match("CIDR", range, "tcp")),
                ElementsAre(at(0, "value: provided CIDR has incorrect value")))
        << range;
  }
}

TEST(MeshPassthrough, Domains) {
  for (const char* name : {"example.com", "*.example.com", "localhost", "a_b.example.com.", "EXAMPLE.com"}) {
    EXPECT_THAT(validated_list(match("Domain", name, "tls")), IsEmpty()) << name;
  }
  for (const char* name : {"", "exa mple.com", "*.exa mple.com", "10.0.0.1", "http://example.com", "a..b", "-a.com"}) {
    EXPECT_THAT(validated_list(match("Domain", name, "tls")),
                ElementsAre(at(0, "value: provided DNS has incorrect value")))
        << name;
  }
  EXPECT_THAT(validated_list(match("Domain", "*ample.com", "tls")),
              ElementsAre(at(0,
                             "value: provided DNS has incorrect value, partial wildcard is currently not "
                             "supported")));
}

TEST(MeshPassthrough, ADomainNeedsAProtocolThatSaysTheName) {
  for (const char* protocol : {"tls", "http", "http2", "grpc"}) {
    EXPECT_THAT(validated_list(match("Domain", "a.com", protocol)), IsEmpty()) << protocol;
  }
  for (const char* protocol : {"tcp", "mysql"}) {
    EXPECT_THAT(validated_list(match("Domain", "a.com", protocol, 1)),
                ElementsAre(at(0, cat("protocol: protocol ", protocol, " is not supported for a domain"))));
  }
}

TEST(MeshPassthrough, WildcardsOfRequestsNeedAPort) {
  for (const char* protocol : {"http", "http2", "grpc"}) {
    EXPECT_THAT(validated_list(match("Domain", "*.a.com", protocol, 80)), IsEmpty());
    EXPECT_THAT(validated_list(match("Domain", "*.a.com", protocol)),
                ElementsAre(at(0, "port: wildcard domains doesn't work for all ports and layer 7 protocol")));
  }
}

TEST(MeshPassthrough, Ports) {
  EXPECT_THAT(validated_list(match("IP", "10.0.0.1", "tcp", 65535)), IsEmpty());
  for (const int port : {0, 65536}) {
    EXPECT_THAT(validated_list(match("IP", "10.0.0.1", "tcp", port)),
                ElementsAre(at(0, "port: port must be a valid (1-65535)")));
  }
  EXPECT_THAT(validated_list(match("IP", "10.0.0.1", "mysql")),
              ElementsAre(at(0, "port: port must be defined for Mysql protocol")));
}

TEST(MeshPassthrough, APortThatLooksIntoRequestsHasOneProtocol) {
  const std::string said =
      at(1,
         "port: using the same port in multiple matches requires the same protocol for the following protocols: "
         "[grpc http http2]");
  EXPECT_THAT(validated_list(match("IP", "10.0.0.1", "tcp", 80) + match("Domain", "a.com", "http", 80)),
              ElementsAre(said));
  EXPECT_THAT(validated_list(match("Domain", "a.com", "http", 80) + match("Domain", "b.com", "http2", 80)),
              ElementsAre(said));
  EXPECT_THAT(validated_list(match("Domain", "a.com", "http", 80) + match("Domain", "b.com", "http", 80)), IsEmpty());
  EXPECT_THAT(validated_list(match("IP", "10.0.0.1", "tcp", 80) + match("Domain", "a.com", "tls", 80)), IsEmpty());
}

TEST(MeshPassthrough, ADestinationStandsOnceOnAPort) {
  const std::string one = match("Domain", "a.com", "tls", 443);
  EXPECT_THAT(validated_list(one + one),
              ElementsAre(at(1, "value: value a.com is already defiend for this port and protocol")));
  EXPECT_THAT(validated_list(one + match("Domain", "a.com", "tls", 8443)), IsEmpty());
  EXPECT_THAT(validated_list(match("Domain", "a.com", "tls") + match("Domain", "a.com", "tls")), IsEmpty());
}

TEST(MeshPassthrough, UnknownWordsAreNamedWithoutTheSchemaToo) {
  EXPECT_THAT(
      validated_list(match("Host", "a", "udp")),
      ElementsAre(at(0, R"(protocol: "protocol" must be one of ["tcp", "tls", "grpc", "http", "http2", "mysql"])"),
                  at(0, "type: provided type Host is not supported, one of Domain, IP, or CIDR is supported")));
}

}  // namespace
}  // namespace weft
