#include "tools/weftctl/overview.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "tools/weftctl/columns.h"

namespace weft::ctl {
namespace {

using testing::ElementsAre;

Node json(std::string_view text) {
  auto tree = parse_json(text);
  EXPECT_TRUE(tree.ok()) << tree.status();
  return tree.ok() ? *std::move(tree) : Node{};
}

UtcSeconds now() {
  UtcSeconds out{};
  parse_time("2026-02-01T12:00:00Z", out);
  return out;
}

constexpr std::string_view kOnline =
    R"("dataplaneInsight": {"subscriptions": [{"connectTime": "2026-02-01T10:00:00Z"}]})";

Health health(std::string_view networking) {
  return dataplane_health(json(cat(R"({"dataplane": {"networking": )", networking, "}, ", kOnline, "}")));
}

TEST(OverviewTest, AProxyIsOnlineWhileASubscriptionIsOpen) {
  EXPECT_EQ(health("{}"), Health::kOnline);
  EXPECT_EQ(dataplane_health(json("{}")), Health::kOffline);
  EXPECT_EQ(dataplane_health(json(R"({"dataplaneInsight": {"subscriptions": [
      {"connectTime": "2026-02-01T10:00:00Z", "disconnectTime": "2026-02-01T11:00:00Z"}]}})")),
            Health::kOffline);
}

TEST(OverviewTest, InboundsAndListenersThatAreNotReadyDegrade) {
  EXPECT_EQ(health(R"({"inbound": [{"port": 1}, {"port": 2, "state": "Ready"}]})"), Health::kOnline);
  EXPECT_EQ(health(R"({"inbound": [{"port": 1}, {"port": 2, "state": "NotReady"}]})"), Health::kPartlyDegraded);
  EXPECT_EQ(health(R"({"inbound": [{"port": 1, "state": "NotReady"}]})"), Health::kOffline);
  EXPECT_EQ(health(R"({"inbound": [{"port": 1}], "listeners": [{"port": 2, "state": "NotReady"}]})"),
            Health::kPartlyDegraded);
}

TEST(OverviewTest, AnIgnoredInboundDoesNotCount) {
  EXPECT_EQ(health(R"({"inbound": [{"port": 1, "state": "Ignored"}, {"port": 2, "state": "NotReady"}]})"),
            Health::kOffline);
  EXPECT_EQ(health(R"({"inbound": [{"port": 1, "state": "Ignored"}]})"), Health::kOnline);
}

TEST(OverviewTest, OlderDocumentsSayHealthInsteadOfState) {
  EXPECT_EQ(health(R"({"inbound": [{"port": 1, "health": {}}]})"), Health::kOffline);
  EXPECT_EQ(health(R"({"inbound": [{"port": 1, "health": {"ready": true}}]})"), Health::kOnline);
  EXPECT_EQ(health(R"({"inbound": [{"port": 1, "state": "Ready", "health": {}}]})"), Health::kOnline);
}

TEST(OverviewTest, NotesNameWhatIsNotReady) {
  EXPECT_EQ(dataplane_notes(json(R"({"dataplane": {"networking": {
      "inbound": [{"port": 80, "name": "http", "state": "NotReady"}, {"port": 81}],
      "listeners": [{"port": 10001, "state": "NotReady"}]}}})")),
            "inbound[port=80,name=http] is not ready;listener[port=10001] is not ready");
}

TEST(OverviewTest, ARowSumsWhatAllSubscriptionsCountAndTakesTheRestFromTheLast) {
  const Row row = dataplane_row(json(R"({
    "mesh": "default", "name": "web", "labels": {"team": "a", "app": "web"},
    "dataplane": {"networking": {"gateway": {"tags": {"version": "v1"}}, "inbound": []}},
    "dataplaneInsight": {
      "subscriptions": [
        {"connectTime": "2026-01-31T10:00:00Z", "disconnectTime": "2026-01-31T11:00:00Z",
         "status": {"total": {"responsesSent": "6", "responsesRejected": "1"}}, "version": {"kumaDp": {"version": "0.1"}}},
        {"connectTime": "2026-02-01T10:00:00Z",
         "status": {"lastUpdateTime": "2026-02-01T11:30:00Z", "total": {"responsesSent": "4"}},
         "version": {"kumaDp": {"version": "0.2"}, "envoy": {"version": "1.0"}, "dependencies": {"dns": "1"}}}],
      "mTLS": {"certificateExpirationTime": "2026-02-06T10:00:00Z", "lastCertificateRegeneration": "2026-02-01T11:00:00Z",
               "certificateRegenerations": 2, "issuedBackend": "kri_mid_x", "supportedBackends": ["a", "b"]}}})"),
                                now());
  EXPECT_THAT(row, ElementsAre("default", "web", "app=web team=a version=v1", "Online", "2h", "30m", "10", "1", "1h",
                               "2026-02-06 10:00:00", "2", "kri_mid_x", "a,b", "0.2", "1.0", "dns=1", ""));
  EXPECT_EQ(row.size(), dataplane_header().size());
}

TEST(OverviewTest, AProxyThatNeverCameHasDashes) {
  EXPECT_THAT(
      dataplane_row(json(R"({"mesh": "m", "name": "w"})"), now()),
      ElementsAre("m", "w", "", "Offline", "never", "never", "0", "0", "never", "-", "0", "-", "-", "-", "-", "-", ""));
}

TEST(OverviewTest, AZoneShowsItsStoreAndIsOfflineWhenDisabled) {
  constexpr std::string_view kZone =
      R"({"name": "east", "zone": {"enabled": ENABLED}, "zoneInsight": {"subscriptions": [
      {"connectTime": "2026-02-01T11:00:00Z", "status": {"total": {"responsesSent": "42", "responsesRejected": "1"}},
       "version": {"kumaCp": {"version": "3.0.0"}}, "config": "{\"store\":{\"type\":\"postgres\"}}"}]}})";
  const auto row = [&](std::string_view enabled) {
    std::string text(kZone);
    text.replace(text.find("ENABLED"), 7, enabled);
    return zone_row(json(text), now());
  };
  EXPECT_THAT(row("true"), ElementsAre("east", "Online", "1h", "never", "42", "1", "3.0.0", "postgres"));
  EXPECT_EQ(row("false")[1], "Offline");
  EXPECT_EQ(row("true").size(), zone_header().size());
}

TEST(OverviewTest, AMeshCountsItsProxies) {
  EXPECT_THAT(mesh_row(json(R"({"name": "m", "dataplanes": {"total": 100, "online": 90}})")),
              ElementsAre("m", "90/100"));
  EXPECT_THAT(mesh_row(json(R"({"name": "m", "dataplanes": {}})")), ElementsAre("m", "0/0"));
}

TEST(ColumnsTest, ATypeHasColumnsOfItsOwnOrThoseOfItsScope) {
  const std::vector<Node> items = {json(R"({"mesh": "m", "name": "a", "labels": {"x": "y"},
      "networking": {"address": "10.0.0.1"}, "modificationTime": "2026-02-01T11:59:30Z"})")};
  EXPECT_EQ(resource_table({.type = "Dataplane"}, items, now()),
            "MESH   NAME   TAGS   ADDRESS    AGE\nm      a      x=y    10.0.0.1   30s\n");
  EXPECT_EQ(resource_table({.type = "MeshRetry"}, items, now()), "MESH   NAME   AGE\nm      a      30s\n");
  EXPECT_EQ(resource_table({.type = "Zone", .global = true}, items, now()), "NAME   AGE\na      30s\n");
}

}  // namespace
}  // namespace weft::ctl
