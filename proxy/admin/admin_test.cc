#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "proxy/admin/admin_api.h"
#include "proxy/admin/config_dump.h"
#include "proxy/asio_control_thread.h"
#include "proxy/config/identity_for_test.h"
#include "proxy/config/items_for_test.h"
#include "proxy/wait.h"

namespace weft::proxy {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Readiness, is_given_in_the_contracts_words) {
  Readiness readiness;
  const auto probe = [&](const std::string& path) { return answer_probe(readiness, {"GET", path, ""}); };
  EXPECT_EQ(probe("/ready").status, 503u);
  EXPECT_EQ(probe("/ready").body, "NOT_READY");
  readiness.set_without_certificate(true);
  EXPECT_EQ(probe("/ready").body, "NOT_READY: waiting for a certificate");
  readiness.set_without_certificate(false);
  readiness.set_configured();
  EXPECT_EQ(probe("/ready").status, 200u);
  EXPECT_EQ(probe("/ready").body, "READY");
  EXPECT_EQ(probe("/ready").content_type, "text/plain");
  EXPECT_EQ(probe("/config_dump").status, 404u);
  EXPECT_EQ(answer_probe(readiness, {"POST", "/ready", ""}).status, 405u);
  readiness.set_failed();
  EXPECT_EQ(probe("/ready").body, "NOT_READY");
  readiness.set_terminating();
  EXPECT_EQ(probe("/ready").status, 503u);
  EXPECT_EQ(probe("/ready").body, "TERMINATING");
}

class AdminPaths : public testing::Test {
 protected:
  AdminReply ask(const std::string& method, const std::string& path, const std::string& query = "") {
    return answer_admin(context_, {method, path, query});
  }

  Readiness readiness_;
  SnapshotBuilder builder_{fake_material};
  std::vector<bool> drains_;
  int quits_ = 0;
  AdminContext context_{readiness_, [this]() -> const Configuration& { return builder_.current(); },
                        [] { return MetricsInput{}; }, [this](bool inbound) { drains_.push_back(inbound); },
                        [this] { ++quits_; }};
};

TEST_F(AdminPaths, commands_need_post_and_do_what_they_say) {
  EXPECT_EQ(ask("GET", "/quitquitquit").status, 405u);
  EXPECT_EQ(quits_, 0);
  EXPECT_EQ(ask("POST", "/quitquitquit").status, 200u);
  EXPECT_EQ(quits_, 1);
  EXPECT_EQ(ask("POST", "/drain").status, 200u);
  EXPECT_EQ(ask("POST", "/drain", "inboundonly&graceful").status, 200u);
  EXPECT_THAT(drains_, testing::ElementsAre(false, true));
  readiness_.set_configured();
  EXPECT_EQ(ask("POST", "/healthcheck/fail").status, 200u);
  EXPECT_EQ(ask("GET", "/ready").status, 503u);
}

TEST_F(AdminPaths, the_root_lists_the_paths_and_the_unknown_is_404) {
  EXPECT_THAT(ask("GET", "/").body, HasSubstr("/config_dump"));
  EXPECT_EQ(ask("GET", "/").status, 200u);
  EXPECT_EQ(ask("GET", "/nothing").status, 404u);
}

TEST_F(AdminPaths, the_dump_shows_what_is_used_and_what_was_refused) {
  EXPECT_THAT(ask("GET", "/config_dump").body, HasSubstr("\"revision\": 0"));
  builder_.commit(builder_.stage(update_of(
      5,
      {listeners({{"one", 1, "a"}}), destination("a", {"e"}), endpoints("e", {"10.0.0.1:80"}), destination("b", {"x"})},
      {})));
  const AdminReply dump = ask("GET", "/config_dump");
  EXPECT_EQ(dump.content_type, "application/json");
  EXPECT_THAT(dump.body, HasSubstr("\"revision\": 5"));
  EXPECT_THAT(dump.body, HasSubstr("\"protocol\": \"HTTP1\""));
  EXPECT_THAT(dump.body, HasSubstr("10.0.0.1"));
  EXPECT_THAT(dump.body, HasSubstr("there is no endpoint set"));
  EXPECT_EQ(ask("GET", "/clusters").body, "e::10.0.0.1:80::weight::1\n");
}

TEST_F(AdminPaths, the_dump_shows_how_near_instances_are) {
  v1::EndpointSet set;
  set.set_name("e");
  set.add_localities()->set_name("local");
  v1::Endpoint& endpoint = *set.add_endpoints();
  endpoint.set_address("10.0.0.1");
  endpoint.set_port(80);
  builder_.commit(builder_.stage(update_of(5, {item(v1::ENDPOINTS, "e", set.SerializeAsString())}, {})));
  EXPECT_THAT(ask("GET", "/config_dump").body, HasSubstr("\"localities\": ["));
  EXPECT_THAT(ask("GET", "/clusters").body,
              HasSubstr("e::10.0.0.1:80::priority::0\ne::10.0.0.1:80::locality::local\n"));
}

TEST(Metrics, denials_are_told_by_policy_and_plain_callers_by_address) {
  WorkerCounters one;
  WorkerCounters other;
  DenialEvent event{.policy = "kri_mtp_default___a_", .peer = {true, "spiffe://td/a", ""}};
  event.kind = "MeshTrafficPermission";
  one.denials.record(event, {});
  one.denials.record(event, {});
  other.denials.record(event, {});
  event.denial = Denial::kRehearsed;
  other.denials.record(event, {});
  for (int i = 0; i < 12; ++i) {
    for (int times = 0; times <= i; ++times) one.plain_callers.record(0, cat("10.0.0.", i));
  }
  other.plain_callers.record(0, "[fd00::1]");
  other.asked_names.record(0, "db.example");
  MetricsInput input;
  input.workers = {&one, &other};
  input.destinations = {{"kri_a", Direction::kInbound}};
  const std::string text = metrics_text(input);
  const std::string labels = "destination=\"kri_a\",direction=\"inbound\",";
  const std::string policy = labels + "kind=\"MeshTrafficPermission\",policy=\"kri_mtp_default___a_\"";
  EXPECT_THAT(text, HasSubstr("weft_policy_denials_total{" + policy + "} 3\n"));
  EXPECT_THAT(text, HasSubstr("weft_policy_shadow_denials_total{" + policy + "} 1\n"));
  const std::string caller = "weft_unauthenticated_caller_connections_total{" + labels + "address=\"";
  EXPECT_THAT(text, HasSubstr(caller + "10.0.0.11\"} 12\n"));
  EXPECT_THAT(text, HasSubstr(caller + "10.0.0.2\"} 3\n"));
  EXPECT_THAT(text, Not(HasSubstr(caller + "10.0.0.0\""))) << "only the ten that came most often";
  EXPECT_THAT(text,
              HasSubstr("weft_own_tls_server_name_connections_total{" + labels + "server_name=\"db.example\"} 1\n"));
}

// What a scraper sees of one worker's counters.
TEST(Metrics, counters_are_exported_with_units_and_labels) {
  WorkerCounters worker;
  DestinationCounters& counters = worker.at(0);
  counters.requests_by_class[2].add(10);
  counters.requests_by_class[5].add(1);
  counters.failures[static_cast<size_t>(Reason::kConnectFailure)].add(3);
  counters.retries.add(4);
  counters.total.record(std::chrono::microseconds(100));
  counters.total.record(std::chrono::seconds(20));
  MetricsInput input;
  input.workers = {&worker};
  input.destinations = {{"kri_a\"b", Direction::kInbound}, {"unused", Direction::kOutbound}};
  input.version = "0.1.0";
  input.revision = 42;
  input.control_plane_connected = true;
  const std::string text = metrics_text(input);
  const std::string labels = "destination=\"kri_a\\\"b\",direction=\"inbound\"";
  EXPECT_THAT(text, HasSubstr("weft_requests_total{" + labels + ",code_class=\"2xx\"} 10\n"));
  EXPECT_THAT(text, HasSubstr("weft_requests_total{" + labels + ",code_class=\"5xx\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("weft_request_failures_total{" + labels + ",reason=\"connect_failure\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("weft_retries_total{" + labels + "} 4\n"));
  EXPECT_THAT(text, HasSubstr("weft_request_duration_seconds_bucket{" + labels + ",le=\"6.4e-05\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("weft_request_duration_seconds_bucket{" + labels + ",le=\"0.000128\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("weft_request_duration_seconds_bucket{" + labels + ",le=\"+Inf\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("weft_request_duration_seconds_sum{" + labels + "} 20.0001\n"));
  EXPECT_THAT(text, HasSubstr("weft_config_revision 42\n"));
  EXPECT_THAT(text, HasSubstr("weft_control_plane_connected 1\n"));
  EXPECT_THAT(text, HasSubstr("weft_build_info{version=\"0.1.0\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("unused")));
  EXPECT_THAT(stats_text(input), HasSubstr("2xx=10"));
}

// The real server on a real control thread, asked by `weft-proxy wait`.
class AdminServer : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "admin.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Runs the server's loop while `ask` runs.
  Status asked(const WaitOptions& options) {
    std::thread loop([this] { thread_.run(); });
    const Status status = ask_ready(options);
    thread_.stop();
    loop.join();
    return status;
  }
  Answer answer() {
    return [this](const AdminRequest& request) { return answer_probe(readiness_, request); };
  }

  AsioControlThread thread_;
  Readiness readiness_;
  std::string folder_;
};

TEST_F(AdminServer, answers_over_tcp) {
  auto server = HttpServer::listen(thread_.loop(), "127.0.0.1", 0, answer());
  ASSERT_TRUE(server.ok()) << server.status();
  readiness_.set_configured();
  WaitOptions options;
  options.url = cat("http://localhost:", (*server)->port(), "/ready");
  options.request_timeout = std::chrono::seconds(10);
  EXPECT_TRUE(asked(options).ok());
}

TEST_F(AdminServer, answers_its_owner_over_a_unix_socket) {
  const std::string path = folder_ + "/admin.sock";
  auto server = HttpServer::listen_unix(thread_.loop(), path, answer());
  ASSERT_TRUE(server.ok()) << server.status();
  struct stat file {};
  ASSERT_EQ(stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  WaitOptions options;
  options.unix_socket = path;
  options.request_timeout = std::chrono::seconds(10);
  const Status status = asked(options);
  EXPECT_THAT(reason(status), HasSubstr("503"));
}

TEST_F(AdminServer, a_left_over_socket_is_replaced_and_a_live_one_is_an_error) {
  const std::string path = folder_ + "/admin.sock";
  auto first = HttpServer::listen_unix(thread_.loop(), path, answer());
  ASSERT_TRUE(first.ok());
  const auto second = HttpServer::listen_unix(thread_.loop(), path, answer());
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(reason(second.status()), HasSubstr("another proxy"));
  std::filesystem::rename(path, folder_ + "/moved");
  first->reset();
  std::filesystem::rename(folder_ + "/moved", path);  // as after a kill -9
  EXPECT_TRUE(HttpServer::listen_unix(thread_.loop(), path, answer()).ok());
}

TEST_F(AdminServer, a_port_in_use_is_named) {
  auto first = HttpServer::listen(thread_.loop(), "127.0.0.1", 0, answer());
  ASSERT_TRUE(first.ok());
  const auto second = HttpServer::listen(thread_.loop(), "127.0.0.1", (*first)->port(), answer());
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(reason(second.status()), HasSubstr(cat("127.0.0.1:", (*first)->port())));
}

TEST_F(AdminServer, waiting_fails_with_the_last_reason) {
  WaitOptions options;
  options.unix_socket = folder_ + "/nobody";
  options.timeout = std::chrono::milliseconds(1);
  EXPECT_THAT(reason(wait_until_ready(options)), HasSubstr("not ready within 1ms"));
  options.url = "ftp://x";
  EXPECT_THAT(reason(wait_until_ready(options)), HasSubstr("--url"));
}

}  // namespace
}  // namespace weft::proxy
