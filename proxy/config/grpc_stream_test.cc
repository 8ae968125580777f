#include "proxy/config/grpc_stream.h"

#include <gmock/gmock.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <optional>

#include "proxy/asio_control_thread.h"
#include "proxy/config/certificate_for_test.h"
#include "weft/v1/config_service.grpc.pb.h"

namespace weft::proxy {
namespace {

using testing::HasSubstr;

// Answers every Hello with a Welcome that names the token, or ends the stream with `refusal`.
class FakeService final : public v1::ConfigService::CallbackService {
 public:
  class Stream final : public grpc::ServerBidiReactor<v1::ProxyMessage, v1::ControlMessage> {
   public:
    Stream(std::string token, const grpc::Status& refusal) : token_(std::move(token)) {
      if (!refusal.ok()) {
        Finish(refusal);
      } else {
        StartRead(&in_);
      }
    }
    void OnReadDone(bool good) override {
      if (!good) return Finish(grpc::Status::OK);
      if (in_.has_hello()) {
        out_.mutable_welcome()->set_instance(token_ + "/" + in_.hello().name());
        StartWrite(&out_);
      }
      if (in_.has_ack()) return Finish(grpc::Status(grpc::UNAVAILABLE, "shutting down"));
      StartRead(&in_);
    }
    void OnDone() override { delete this; }

   private:
    std::string token_;
    v1::ProxyMessage in_;
    v1::ControlMessage out_;
  };

  grpc::ServerBidiReactor<v1::ProxyMessage, v1::ControlMessage>* Stream(grpc::CallbackServerContext* context) override {
    const auto token = context->client_metadata().find("authorization");
    const bool there = token != context->client_metadata().end();
    return new class Stream(there ? std::string(token->second.data(), token->second.size()) : "", refusal);
  }

  grpc::Status refusal;
};

const TestCertificate& certificate() {
  static const TestCertificate made = make_test_certificate();
  return made;
}

class GrpcStreaming : public testing::Test {
 protected:
  // As GrpcStreams does, but before this process's server starts gRPC. (The distribution's c-ares leaks at every
  // start.)
  static void SetUpTestSuite() { setenv("GRPC_DNS_RESOLVER", "native", 0); }
  void SetUp() override {
    grpc::SslServerCredentialsOptions tls;
    tls.pem_key_cert_pairs.push_back({certificate().key, certificate().certificate});
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls), &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    options_ = {{"localhost", port_}, certificate().certificate, false};
  }
  void TearDown() override {
    stream_.reset();
    streams_.reset();
    server_->Shutdown();
  }

  // Runs the control thread until the stream has ended, or `until_message` and something was received.
  void run(const std::string& token, bool until_message) {
    streams_.emplace(options_, thread_);
    const auto give_up = thread_.after(std::chrono::seconds(20), [this] { thread_.stop(); });
    stream_ = streams_->open(token, {[this, until_message](v1::ControlMessage message) {
                                       received_ = std::move(message);
                                       if (until_message) thread_.stop();
                                     },
                                     [this](StreamEnd end) {
                                       end_ = std::move(end);
                                       thread_.stop();
                                     }});
    v1::ProxyMessage hello;
    hello.mutable_hello()->set_name("web-1");
    stream_->send(hello);
    stream_->read();
    thread_.run();
  }

  FakeService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  GrpcStreams::Options options_;
  AsioControlThread thread_;
  std::optional<GrpcStreams> streams_;
  std::optional<v1::ControlMessage> received_;
  std::optional<StreamEnd> end_;
  std::unique_ptr<ConfigStream> stream_;  // goes before its opener
};

TEST_F(GrpcStreaming, carries_messages_both_ways_with_the_raw_token) {
  run("a.b.c", true);
  ASSERT_TRUE(received_.has_value());
  EXPECT_EQ(received_->welcome().instance(), "a.b.c/web-1");
  EXPECT_FALSE(end_.has_value());
}

TEST_F(GrpcStreaming, the_control_planes_refusal_comes_with_its_words) {
  service_.refusal = grpc::Status(grpc::PERMISSION_DENIED, "the token is for another mesh");
  run("a.b.c", false);
  ASSERT_TRUE(end_.has_value());
  EXPECT_EQ(end_->kind, StreamEnd::Kind::kRefused);
  EXPECT_EQ(end_->reason, "the token is for another mesh");
}

TEST_F(GrpcStreaming, a_missing_dataplane_is_not_final) {
  service_.refusal = grpc::Status(grpc::NOT_FOUND, "no such Dataplane");
  run("a.b.c", false);
  ASSERT_TRUE(end_.has_value());
  EXPECT_EQ(end_->kind, StreamEnd::Kind::kNoDataplane);
}

TEST_F(GrpcStreaming, a_control_plane_of_another_authority_is_not_talked_to) {
  options_.ca_pem = make_test_certificate().certificate;
  run("a.b.c", false);
  ASSERT_TRUE(end_.has_value());
  EXPECT_THAT(end_->reason, HasSubstr("--ca-cert-file"));
  EXPECT_EQ(end_->kind, StreamEnd::Kind::kLost);
  EXPECT_FALSE(received_.has_value());
}

TEST_F(GrpcStreaming, a_control_plane_of_another_name_is_not_talked_to) {
  options_.address.host = "127.0.0.2";
  run("a.b.c", false);
  ASSERT_TRUE(end_.has_value());
  EXPECT_EQ(end_->kind, StreamEnd::Kind::kLost);
}

TEST_F(GrpcStreaming, verification_can_be_skipped) {
  options_.ca_pem.clear();
  options_.skip_verify = true;
  options_.address.host = "127.0.0.1";
  run("", true);
  ASSERT_TRUE(received_.has_value());
  EXPECT_EQ(received_->welcome().instance(), "/web-1");
}

TEST_F(GrpcStreaming, a_server_that_goes_away_is_a_loss) {
  server_->Shutdown();
  run("a.b.c", false);
  ASSERT_TRUE(end_.has_value());
  EXPECT_EQ(end_->kind, StreamEnd::Kind::kLost);
  EXPECT_NE(end_->reason, "");
}

TEST_F(GrpcStreaming, a_stream_may_be_dropped_in_any_state) {
  for (int i = 0; i < 20; ++i) {
    GrpcStreams streams(options_, thread_);
    auto stream = streams.open("a.b.c", {[](v1::ControlMessage) { FAIL(); }, [](StreamEnd) { FAIL(); }});
    if (i % 2 == 0) stream->read();
    stream.reset();
  }
}

TEST_F(GrpcStreaming, ends_and_begins_again_many_times) {
  service_.refusal = grpc::Status(grpc::UNAVAILABLE, "later");
  streams_.emplace(options_, thread_);
  const auto give_up = thread_.after(std::chrono::seconds(60), [this] { thread_.stop(); });
  int ends = 0;
  std::function<void()> again = [&] {
    stream_ = streams_->open("a.b.c", {[](v1::ControlMessage) { FAIL(); },
                                       [&](StreamEnd) {
                                         if (++ends == 50) return thread_.stop();
                                         again();
                                       }});
    stream_->read();
  };
  again();
  thread_.run();
  EXPECT_EQ(ends, 50);
}

TEST(ControlPlaneAddress, is_read_from_a_url) {
  EXPECT_EQ(parse_control_plane_address("https://cp.example:5678")->target(), "cp.example:5678");
  EXPECT_EQ(parse_control_plane_address("https://cp.example")->target(), "cp.example:5678");
  EXPECT_EQ(parse_control_plane_address("cp:1/")->target(), "cp:1");
  EXPECT_EQ(parse_control_plane_address("https://[::1]:99")->target(), "[::1]:99");
  EXPECT_THAT(reason(parse_control_plane_address("http://cp:5681").status()), HasSubstr("only https"));
  EXPECT_THAT(reason(parse_control_plane_address("https://cp:x").status()), HasSubstr("port"));
  EXPECT_THAT(reason(parse_control_plane_address("https://").status()), HasSubstr("no host"));
}

}  // namespace
}  // namespace weft::proxy
