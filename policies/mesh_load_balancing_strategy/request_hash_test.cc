#include "policies/mesh_load_balancing_strategy/request_hash.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

#include "base/key_hash.h"
#include "base/text.h"
#include "policies/mesh_load_balancing_strategy/balance_rule.h"

namespace weft::mesh_load_balancing_strategy {
namespace {

using ::testing::MatchesRegex;
using Conf = v1::MeshLoadBalancingStrategyConf;

Conf conf_of(const std::string& text) {
  Conf conf;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &conf)) << text;
  return conf;
}

struct Made {
  std::optional<uint64_t> hash;
  std::string line;
};

Made hash(const std::string& policies, const Request& request) {
  RequestHash made;
  const Conf conf = conf_of(policies);
  for (const auto& policy : conf.hash_policies()) made.add(policy);
  Made out;
  out.hash = made.of(request, out.line);
  return out;
}

Request with(std::span<const Header> headers, std::string_view path = "/") {
  return {.method = "GET",
          .path = path,
          .authority = "backend",
          .headers = headers,
          .peer = {},
          .source = "10.0.0.9",
          .lot = 7};
}

const std::string kHeader = "hash_policies { type: 'Header' header { name: 'x-user' } }";
const std::string kQuery = "hash_policies { type: 'QueryParameter' query_parameter { name: 'id' } }";
const std::string kCookie = "hash_policies { type: 'Cookie' cookie { name: 'sid' } }";
const std::string kMadeCookie =
    "hash_policies { type: 'Cookie' cookie { name: 'sid' ttl { seconds: 90 } path: '/shop' } }";

TEST(RequestHash, OfAHeaderIsThatOfItsValue) {
  const Header headers[] = {{"x-other", "b"}, {"X-User", "ann"}};
  EXPECT_EQ(hash(kHeader, with(headers)).hash, xx_hash64("ann"));
  EXPECT_EQ(hash(kHeader, with({})).hash, std::nullopt);
}

TEST(RequestHash, TheOrderOfSeveralValuesDoesNotMatter) {
  const Header one[] = {{"x-user", "ann"}, {"x-user", "bob"}};
  const Header other[] = {{"x-user", "bob"}, {"x-user", "ann"}};
  const Header ann[] = {{"x-user", "ann"}};
  EXPECT_EQ(hash(kHeader, with(one)).hash, hash(kHeader, with(other)).hash);
  EXPECT_NE(hash(kHeader, with(one)).hash, hash(kHeader, with(ann)).hash);
}

TEST(RequestHash, OfAQueryParameterIsThatOfTheFirstOfItsName) {
  EXPECT_EQ(hash(kQuery, with({}, "/a?b=c&id=7&id=8")).hash, xx_hash64("7"));
  EXPECT_EQ(hash(kQuery, with({}, "/a?ID=7&idx=8&xid=9")).hash, std::nullopt);
  EXPECT_EQ(hash(kQuery, with({}, "/id=7")).hash, std::nullopt);
  EXPECT_EQ(hash(kQuery, with({}, "/?id=")).hash, xx_hash64(""));
}

TEST(RequestHash, OfTheConnectionIsThatOfTheClientsAddress) {
  EXPECT_EQ(hash("hash_policies { type: 'Connection' connection { source_ip: true } }", with({})).hash,
            xx_hash64("10.0.0.9"));
  EXPECT_EQ(hash("hash_policies { type: 'Connection' connection { source_ip: false } }", with({})).hash, std::nullopt);
}

TEST(RequestHash, OfACookieIsThatOfItsValue) {
  const Header headers[] = {{"Cookie", "a=1;  sid=\"x=y\" ; sidx=3"}, {"cookie", "other=2"}};
  EXPECT_EQ(hash(kCookie, with(headers)).hash, xx_hash64("x=y"));
  const Header without[] = {{"cookie", "asid=1; SID=2; sid"}};
  EXPECT_EQ(hash(kCookie, with(without)).hash, std::nullopt);
  EXPECT_EQ(hash(kCookie, with(without)).line, "");
}

TEST(RequestHash, ACookieWithATimeToLiveIsMadeWhereThereIsNone) {
  const Made made = hash(kMadeCookie, with({}));
  EXPECT_THAT(made.line, MatchesRegex("set-cookie: sid=[0-9a-f]{16}; Max-Age=90; Path=/shop; HttpOnly\r\n"));
  // What is sent back with it goes to the same place.
  const Header headers[] = {{"cookie", std::string_view(made.line).substr(12, 20)}};
  const Made again = hash(kMadeCookie, with(headers));
  EXPECT_EQ(again.hash, made.hash);
  EXPECT_EQ(again.line, "");
  Request other = with({});
  other.lot = 8;
  EXPECT_NE(hash(kMadeCookie, other).hash, made.hash);
}

TEST(RequestHash, ACookieForTheSessionHasNoMaxAge) {
  const Made made = hash("hash_policies { type: 'Cookie' cookie { name: 'sid' ttl { } } }", with({}));
  EXPECT_THAT(made.line, MatchesRegex("set-cookie: sid=[0-9a-f]{16}; HttpOnly\r\n"));
}

TEST(RequestHash, NothingOfAPolicyBreaksOutOfTheHeaderLine) {
  const auto line = [](const std::string& name, const std::string& path) {
    return hash(cat("hash_policies { type: 'Cookie' cookie { name: '", name, "' ttl { } path: '", path, "' } }"),
                with({}))
        .line;
  };
  EXPECT_EQ(line("a\\r\\nb", "/"), "");
  EXPECT_EQ(line("a b", "/"), "");
  EXPECT_THAT(line("a", "/\\r\\nx: y"), MatchesRegex("set-cookie: a=[0-9a-f]{16}; HttpOnly\r\n"));
}

TEST(RequestHash, SeveralAreCombinedInTheirOrder) {
  const Header headers[] = {{"x-user", "ann"}};
  const Request request = with(headers, "/?id=7");
  const uint64_t ann = xx_hash64("ann");
  const uint64_t seven = xx_hash64("7");
  EXPECT_EQ(hash(kHeader + kQuery, request).hash, ((ann << 1) | (ann >> 63)) ^ seven);
  EXPECT_EQ(hash(kQuery + kHeader, request).hash, ((seven << 1) | (seven >> 63)) ^ ann);
  EXPECT_EQ(hash(kCookie + kQuery, request).hash, seven);
}

TEST(RequestHash, ATerminalPolicyEndsItOnceThereIsAHash) {
  const Header headers[] = {{"x-user", "ann"}};
  const std::string terminal = "hash_policies { type: 'Header' terminal: true header { name: 'x-user' } }";
  EXPECT_EQ(hash(terminal + kQuery, with(headers, "/?id=7")).hash, xx_hash64("ann"));
  EXPECT_EQ(hash(terminal + kQuery, with({}, "/?id=7")).hash, xx_hash64("7"));
  const std::string state = "hash_policies { type: 'FilterState' terminal: true filter_state { key: 'k' } }";
  EXPECT_EQ(hash(kHeader + state + kQuery, with(headers, "/?id=7")).hash, xx_hash64("ann"));
}

Plan planned(const std::string& conf, const Request* request = nullptr) {
  static std::vector<std::unique_ptr<const Policy>> kept;
  auto made = make(conf_of(conf).SerializeAsString(), false);
  EXPECT_TRUE(made.ok());
  kept.push_back(*std::move(made));
  Plan plan;
  kept.back()->prepare(plan);
  if (request != nullptr && kept.back()->judges_requests()) kept.back()->decide(*request, plan);
  return plan;
}

TEST(BalanceRule, HasTheDefaultsOfTheContract) {
  const BalanceRule& rule = *planned("load_balancer { type: 'RoundRobin' }").balance;
  EXPECT_EQ(rule.algorithm, BalanceRule::Algorithm::kRoundRobin);
  EXPECT_EQ(rule.choice_count, 2u);
  EXPECT_EQ(rule.active_request_bias, 1.0);
  EXPECT_EQ(rule.min_ring_size, 1024u);
  EXPECT_EQ(rule.max_ring_size, 8'388'608u);
  EXPECT_EQ(rule.table_size, 65'537u);
  EXPECT_EQ(rule.slow_start_window.count(), 0);
  EXPECT_EQ(planned("").balance->algorithm, BalanceRule::Algorithm::kRoundRobin);
}

TEST(BalanceRule, TakesWhatIsWritten) {
  const BalanceRule least = *planned(
                                 "load_balancer { type: 'LeastRequest' least_request { choice_count: 4 "
                                 "active_request_bias { text: '0.5' } } slow_start { window { seconds: 30 } "
                                 "aggression { number: 2 } min_weight_percent: 20 } }")
                                 .balance;
  EXPECT_EQ(least.algorithm, BalanceRule::Algorithm::kLeastRequest);
  EXPECT_EQ(least.choice_count, 4u);
  EXPECT_EQ(least.active_request_bias, 0.5);
  EXPECT_EQ(least.slow_start_window, std::chrono::seconds(30));
  EXPECT_EQ(least.slow_start_aggression, 2.0);
  EXPECT_EQ(least.slow_start_min_share, 0.2);
  const BalanceRule ring = *planned(
                                "load_balancer { type: 'RingHash' ring_hash { hash_function: 'MurmurHash2' "
                                "min_ring_size: 5 max_ring_size: 9 } }")
                                .balance;
  EXPECT_EQ(ring.algorithm, BalanceRule::Algorithm::kRingHash);
  EXPECT_EQ(ring.point_hash, BalanceRule::PointHash::kMurmurHash2);
  EXPECT_EQ(ring.min_ring_size, 5u);
  EXPECT_EQ(ring.max_ring_size, 9u);
  EXPECT_EQ(planned("load_balancer { type: 'Maglev' maglev { table_size: 100 } }").balance->table_size, 101u);
}

TEST(BalanceRule, AHashIsMadeOnlyForAlgorithmsThatGoByIt) {
  const Header headers[] = {{"x-user", "ann"}};
  const Request request = with(headers);
  EXPECT_EQ(planned(kHeader + "load_balancer { type: 'Maglev' }", &request).balance_hash, xx_hash64("ann"));
  EXPECT_EQ(planned(kHeader + "load_balancer { type: 'Random' }", &request).balance_hash, std::nullopt);
  EXPECT_EQ(planned(kMadeCookie, &request).answer_line, "");
}

TEST(BalanceRule, BytesThatAreNoConfAreRefused) { EXPECT_FALSE(make("\xff\xff", false).ok()); }

}  // namespace
}  // namespace weft::mesh_load_balancing_strategy
