// The same server over TLS, asked by a client made of OpenSSL.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <filesystem>

#include "base/file.h"
#include "control-plane/identity/ca.h"
#include "control-plane/source/http_server.h"
#include "control-plane/source/test_client.h"

namespace weft::cp {
namespace {

class Https : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "weft-https-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto made = load_or_make_server_certificate({.folder = folder_, .hostname = "cp"}, now);
    ASSERT_TRUE(made.ok()) << made.status();
    tls_.certificate_pem = made->certificate_pem;
    tls_.key_pem = made->key_pem;
    authority_file_ = made->authority_file;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Result<std::unique_ptr<HttpServer>> serve() {
    HttpServerOptions options;
    options.tls = tls_;
    return HttpServer::start(options, [](const HttpRequest& request, const Respond& respond) {
      respond({200,
               cat(request.target, request.from_loopback ? " from here" : "", request.over_tls ? "" : " in the clear"),
               "text/plain",
               {}});
    });
  }

  // The answer to one request; empty when there is none. `newest`: the newest version the client speaks.
  std::string ask(uint16_t port, int newest = TLS1_3_VERSION) {
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_max_proto_version(context.get(), newest);
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_load_verify_locations(context.get(), authority_file_.c_str(), nullptr);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    TestClient connection(port);
    std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context.get()), SSL_free);
    SSL_set_fd(ssl.get(), connection.socket());
    if (SSL_connect(ssl.get()) != 1) return "";
    constexpr std::string_view request = "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    if (SSL_write(ssl.get(), request.data(), static_cast<int>(request.size())) <= 0) return "";
    std::string answer;
    char bytes[4096];
    for (int got; (got = SSL_read(ssl.get(), bytes, sizeof bytes)) > 0;) {
      answer.append(bytes, static_cast<size_t>(got));
    }
    const size_t end = answer.find("\r\n\r\n");
    return end == std::string::npos ? "" : answer.substr(end + 4);
  }

  HttpServerTls tls_;
  std::string folder_;
  std::string authority_file_;
};

TEST_F(Https, AnswersAClientThatTrustsItsAuthority) {
  const auto server = serve();
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(ask((*server)->port()), "/x from here");
  EXPECT_EQ(ask((*server)->port(), TLS1_2_VERSION), "/x from here");
}

TEST_F(Https, VersionsBeforeTls12AreRefused) {
  const auto server = serve();
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(ask((*server)->port(), TLS1_1_VERSION), "");
}

TEST_F(Https, PlainTextEndsTheConnection) {
  const auto server = serve();
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(TestClient((*server)->port()).get("/").status, 0);
}

TEST_F(Https, AClientCertificateCanBeDemanded) {
  tls_.client_authority_pem = read_file(authority_file_).value();
  tls_.require_client_certificate = true;
  const auto server = serve();
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(ask((*server)->port(), TLS1_2_VERSION), "");
}

TEST_F(Https, WithoutTheDemandAClientNeedsNone) {
  tls_.client_authority_pem = read_file(authority_file_).value();
  const auto server = serve();
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(ask((*server)->port()), "/x from here");
}

TEST_F(Https, ACertificateOrKeyThatIsNoneIsAnErrorThatSaysWhich) {
  tls_.key_pem = "nonsense";
  EXPECT_EQ(reason(serve().status()).find("private key of the server: "), 0u) << serve().status();
  tls_.certificate_pem = "nonsense";
  EXPECT_EQ(reason(serve().status()).find("certificate of the server: "), 0u) << serve().status();
}

}  // namespace
}  // namespace weft::cp
