#include "proxy/tls/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "proxy/tls/certificates_for_test.h"

namespace weft::proxy {
namespace {

using test::bundle;
using test::member;
using test::named;
using test::TestAuthority;
using test::workload;
using test::workload_certificate;
using Step = TlsStream::Step;

// One end: a stream and the bytes on their way out of it.
struct End {
  explicit End(std::unique_ptr<TlsStream> made) : stream(std::move(made)) { stream->pipe.out = room; }
  std::string take_out() {
    std::string bytes(room.data(), stream->pipe.out_size);
    stream->pipe.out_size = 0;
    return bytes;
  }
  void give(std::string bytes) {
    in = std::string(stream->pipe.in.begin(), stream->pipe.in.end()) + bytes;
    stream->pipe.in = in;
  }
  std::string in;
  std::array<char, 128 * 1024> room;
  std::unique_ptr<TlsStream> stream;
};

// A client that is no proxy of ours: OpenSSL as anybody may set it up, with a certificate of the mesh.
struct ForeignClient {
  explicit ForeignClient(const WorkloadCertificate& shown) : context(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_use_certificate(context.get(), certificate_of(shown.chain.front()).get());
    SSL_CTX_use_PrivateKey(context.get(), shown.key->native());
  }
  ~ForeignClient() { SSL_free(ssl); }

  // As far as it goes; the context says how it sets out.
  void meet(End& server) {
    ssl = SSL_new(context.get());
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl);
    for (int i = 0; i < 5; ++i) {
      SSL_do_handshake(ssl);
      pass_on(server);
      server.stream->handshake();
      take_from(server);
    }
    ERR_clear_error();
  }
  void pass_on(End& server) const {
    std::array<char, 16 * 1024> bytes;
    const int size = BIO_read(SSL_get_wbio(ssl), bytes.data(), bytes.size());
    server.give(std::string(bytes.data(), static_cast<size_t>(std::max(size, 0))));
  }
  void take_from(End& server) const {
    const std::string bytes = server.take_out();
    BIO_write(SSL_get_rbio(ssl), bytes.data(), static_cast<int>(bytes.size()));
  }

  ContextPtr context;
  SSL* ssl = nullptr;
};

struct StreamTest : testing::Test {
  TestAuthority root;
  std::shared_ptr<const TlsMaterial> material = member(root, "spiffe://td/web");
  std::shared_ptr<const PeerNames> names = named({"spiffe://td/web"});
  std::shared_ptr<ClientSession> session = std::make_shared<ClientSession>();
  TlsRule rule;
  std::unique_ptr<End> client;
  std::unique_ptr<End> server;

  void connect(const std::shared_ptr<const TlsMaterial>& from, const std::shared_ptr<const TlsMaterial>& to) {
    client = std::make_unique<End>(TlsStream::connect(from, names, TlsApplication::kHttp1, session));
    server = std::make_unique<End>(TlsStream::accept(to, rule, TlsApplication::kHttp1));
  }
  // As far as it goes.
  void shake() {
    for (int i = 0; i < 10; ++i) {
      if (!client->stream->established()) client->stream->handshake();
      server->give(client->take_out());
      if (!server->stream->established()) server->stream->handshake();
      client->give(server->take_out());
    }
    read(*client);  // what came behind the handshake: a session, or an alert
  }
  static std::string read(End& end) {
    std::string all;
    std::array<char, 20000> plain;
    size_t got = 0;
    while (end.stream->established() && end.stream->read(plain, got) == Step::kDone) all.append(plain.data(), got);
    return all;
  }
  void meet() {
    connect(material, material);
    shake();
  }
  bool both() const { return client->stream->established() && server->stream->established(); }
};

TEST_F(StreamTest, BothEndsKnowWhoTheOtherIs) {
  meet();
  ASSERT_TRUE(both()) << client->stream->detail() << server->stream->detail();
  EXPECT_EQ(client->stream->peer().spiffe_id, "spiffe://td/web");
  EXPECT_EQ(server->stream->peer().spiffe_id, "spiffe://td/web");
  EXPECT_EQ(server->stream->server_name(), "sni.web");
  EXPECT_FALSE(server->stream->resumed());
}

TEST_F(StreamTest, BytesPassUnchangedAndTheEndIsSaid) {
  meet();
  const std::string text(30000, 'x');
  size_t taken = 0;
  ASSERT_EQ(client->stream->write({text.data(), text.size()}, taken), Step::kDone);
  EXPECT_EQ(taken, TlsStream::kRecord);
  client->stream->close_notify();
  client->stream->close_notify();
  server->give(client->take_out());
  EXPECT_EQ(read(*server), text.substr(0, taken));
  std::array<char, 8> plain;
  size_t got = 0;
  EXPECT_EQ(server->stream->read(plain, got), Step::kClosed);
}

TEST_F(StreamTest, ASessionIsResumedWithThePeersIdentity) {
  meet();
  ASSERT_NE(session->session, nullptr);
  for (int i = 0; i < 3; ++i) {
    meet();
    ASSERT_TRUE(both());
    EXPECT_TRUE(client->stream->resumed());
    EXPECT_TRUE(server->stream->resumed());
    EXPECT_EQ(server->stream->peer().spiffe_id, "spiffe://td/web");
    EXPECT_EQ(client->stream->peer().spiffe_id, "spiffe://td/web");
    EXPECT_EQ(server->stream->server_name(), "sni.web");
  }
}

TEST_F(StreamTest, ARenewedCertificateDoesNotEndSessions) {
  meet();
  material = member(root, "spiffe://td/web");
  meet();
  EXPECT_TRUE(server->stream->resumed());
}

// Case 42.
TEST_F(StreamTest, Case42NothingIsResumedPastAChangeOfTrust) {
  meet();
  TestAuthority next(test::authority_plan("next"));
  const auto certificate = workload_certificate(root, workload("spiffe://td/web"));
  material = test::material_of(certificate, {bundle("td", {&root, &next})});
  meet();
  EXPECT_TRUE(both());
  EXPECT_FALSE(server->stream->resumed());
  // The server alone has changed; the client still offers its session.
  auto old = test::material_of(certificate, {bundle("td", {&root})});
  session = std::make_shared<ClientSession>();
  connect(old, old);
  shake();
  ASSERT_NE(session->session, nullptr);
  connect(old, material);
  shake();
  EXPECT_TRUE(both());
  EXPECT_FALSE(server->stream->resumed());
  // The root is dropped by the server: whoever it vouched for is out, session or not.
  connect(old, test::material_of(workload_certificate(next, workload("spiffe://td/web")), {bundle("td", {&next})}));
  shake();
  EXPECT_EQ(server->stream->failure(), TlsFailure::kRefused);
  EXPECT_EQ(client->stream->failure(), TlsFailure::kUnknownAuthority);
}

// Case 42.
TEST_F(StreamTest, Case42AResumedPeerMustStillBeTheOneExpected) {
  meet();
  names = named({"spiffe://td/other"});
  meet();
  EXPECT_EQ(client->stream->failure(), TlsFailure::kWrongIdentity);
}

// Case 42.
TEST_F(StreamTest, Case42NothingIsResumedPastThePeersCertificate) {
  auto plan = workload("spiffe://td/web");
  plan.ends = 2;
  const auto brief = workload_certificate(root, plan);
  connect(test::material_of(brief, {bundle("td", {&root})}), material);
  shake();
  ASSERT_TRUE(both());
  const int64_t expires = server->stream->peer().expires;
  EXPECT_LE(expires, std::time(nullptr) + 2);
  EXPECT_FALSE(server->stream->peer().holds_at(expires));
}

TEST_F(StreamTest, TheServerMustBeExactlyWhoIsExpected) {
  names = named({"spiffe://td/we", "spiffe://td/web/x", "spiffe://td/webb"});
  meet();
  EXPECT_EQ(client->stream->failure(), TlsFailure::kWrongIdentity);
  EXPECT_FALSE(server->stream->established());
  EXPECT_EQ(server->stream->failure(), TlsFailure::kRefused) << "it was told";
  names = named({});
  meet();
  EXPECT_EQ(client->stream->failure(), TlsFailure::kWrongIdentity) << "with no name, nobody is trusted";
}

// Case 34.
TEST_F(StreamTest, Case34AServerSaysWhyItRefuses) {
  TestAuthority foreign(test::authority_plan("foreign"));
  const auto stranger =
      test::material_of(workload_certificate(foreign, workload("spiffe://td/web")), {bundle("td", {&root})});
  connect(stranger, material);
  shake();
  EXPECT_EQ(server->stream->failure(), TlsFailure::kUnknownAuthority);
  EXPECT_TRUE(client->stream->refused_us());
  EXPECT_EQ(client->stream->failure(), TlsFailure::kRefused);
  EXPECT_EQ(client->stream->detail(), "unknown CA");
}

// Case 34.
TEST_F(StreamTest, Case34AClientWithoutCertificateIsRefused) {
  connect(material, material);
  ContextPtr bare(SSL_CTX_new(TLS_client_method()));
  SSL* const ssl = SSL_new(bare.get());
  BIO* const to = BIO_new(BIO_s_mem());
  BIO* const from = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, from, to);
  SSL_set_connect_state(ssl);
  for (int i = 0; i < 5; ++i) {
    SSL_do_handshake(ssl);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(to, &bytes);
    server->give(std::string(bytes, static_cast<size_t>(size)));
    (void)BIO_reset(to);
    server->stream->handshake();
    const std::string answer = server->take_out();
    BIO_write(from, answer.data(), static_cast<int>(answer.size()));
  }
  SSL_free(ssl);
  EXPECT_EQ(server->stream->failure(), TlsFailure::kNoCertificate);
}

// Case 40.
TEST_F(StreamTest, Case40AKeyThatIsNotTheCertificatesIsNoMaterial) {
  auto one = workload_certificate(root, workload("spiffe://td/web"));
  one->key = workload_certificate(root, workload("spiffe://td/web"))->key;
  EXPECT_FALSE(make_tls_material(one, {bundle("td", {&root})}, {}).ok());
  auto cut = workload_certificate(root, workload("spiffe://td/web"));
  cut->chain[0].resize(cut->chain[0].size() / 2);
  EXPECT_EQ(reason(make_tls_material(cut, {bundle("td", {&root})}, {}).status()), "chain[0]: is not a certificate");
  cut->chain.clear();
  EXPECT_FALSE(make_tls_material(cut, {bundle("td", {&root})}, {}).ok());
}

TEST_F(StreamTest, ACertificateThatRanOutIsNotShown) {
  auto plan = workload("spiffe://td/web");
  plan.begins = -20;
  plan.ends = -10;
  material = test::material_of(workload_certificate(root, plan), {bundle("td", {&root})});
  meet();
  EXPECT_EQ(client->stream->failure(), TlsFailure::kOwnCertificate);
  EXPECT_EQ(server->stream->failure(), TlsFailure::kOwnCertificate);
}

TEST_F(StreamTest, VersionsAndCiphersAreTheRules) {
  rule.max_version = TlsRule::Version::kTls12;
  rule.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384";
  meet();
  EXPECT_TRUE(both()) << server->stream->detail();
  meet();
  EXPECT_TRUE(server->stream->resumed()) << "TLS 1.2 resumes too";
  EXPECT_EQ(server->stream->server_name(), "sni.web");
  TlsRule only13;
  only13.min_version = TlsRule::Version::kTls13;
  material =
      test::material_of(workload_certificate(root, workload("spiffe://td/web")), {bundle("td", {&root})}, only13);
  meet();
  EXPECT_EQ(server->stream->failure(), TlsFailure::kProtocol);
}

// Case 37.
TEST_F(StreamTest, Case37AClientHelloOfOneByteARecordIsRead) {
  connect(material, material);
  client->stream->handshake();
  const std::string hello = client->take_out();
  ASSERT_EQ(hello.size(), 5u + (static_cast<unsigned char>(hello[3]) << 8 | static_cast<unsigned char>(hello[4])));
  std::string pieces;
  for (const char byte : hello.substr(5)) pieces += std::string("\x16\x03\x01\x00\x01", 5) + byte;
  server->give(pieces);
  server->stream->handshake();
  client->give(server->take_out());
  shake();
  EXPECT_TRUE(both()) << server->stream->detail();
}

// Case 37.
TEST_F(StreamTest, Case37GarbageIsAProtocolFailure) {
  for (const std::string& bytes : {std::string("\x16\x03\x01\x00\x05hello", 10),
                                   std::string("\x17\x03\x03\x00\x01x", 6), std::string(70000, '\x16')}) {
    connect(material, material);
    server->give(bytes);
    EXPECT_EQ(server->stream->handshake(), Step::kFailed);
    EXPECT_EQ(ERR_peek_error(), 0u);
  }
}

TEST_F(StreamTest, Case37AMemberThatNamesNobodyAndSpeaksAnotherProtocolIsServed) {
  ForeignClient foreign(material->certificate());
  SSL_CTX_set_alpn_protos(foreign.context.get(), reinterpret_cast<const unsigned char*>("\x02h2"), 3);
  End inbound(TlsStream::accept(material, rule, TlsApplication::kHttp1));
  foreign.meet(inbound);
  ASSERT_TRUE(inbound.stream->established()) << inbound.stream->detail();
  EXPECT_EQ(inbound.stream->peer().spiffe_id, "spiffe://td/web");
  EXPECT_EQ(inbound.stream->server_name(), "");
  const unsigned char* protocol = nullptr;
  unsigned size = 1;
  SSL_get0_alpn_selected(foreign.ssl, &protocol, &size);
  EXPECT_EQ(size, 0u);
}

TEST_F(StreamTest, Case37VersionsBefore12AreNotSpoken) {
  rule.min_version = TlsRule::Version::kTls10;  // whatever a rule allows
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    ForeignClient foreign(material->certificate());
    SSL_CTX_set_security_level(foreign.context.get(), 0);
    SSL_CTX_set_min_proto_version(foreign.context.get(), version);
    SSL_CTX_set_max_proto_version(foreign.context.get(), version);
    End inbound(TlsStream::accept(material, rule, TlsApplication::kHttp1));
    foreign.meet(inbound);
    EXPECT_EQ(inbound.stream->failure(), TlsFailure::kProtocol);
    EXPECT_EQ(inbound.stream->detail(), "unsupported protocol");
  }
}

TEST_F(StreamTest, Case37NoSessionAllowsEarlyBytes) {
  ForeignClient foreign(material->certificate());
  End inbound(TlsStream::accept(material, rule, TlsApplication::kHttp1));
  foreign.meet(inbound);
  ASSERT_TRUE(inbound.stream->established()) << inbound.stream->detail();
  char byte = 0;
  SSL_read(foreign.ssl, &byte, 1);  // the session comes behind the handshake
  EXPECT_EQ(SSL_SESSION_is_resumable(SSL_get0_session(foreign.ssl)), 1);
  EXPECT_EQ(SSL_SESSION_get_max_early_data(SSL_get0_session(foreign.ssl)), 0u);
}

TEST_F(StreamTest, Case37NobodyNegotiatesAgain) {
  rule.max_version = TlsRule::Version::kTls12;
  ForeignClient foreign(material->certificate());
  End inbound(TlsStream::accept(material, rule, TlsApplication::kHttp1));
  foreign.meet(inbound);
  ASSERT_TRUE(inbound.stream->established()) << inbound.stream->detail();
  ASSERT_EQ(SSL_renegotiate(foreign.ssl), 1);
  SSL_do_handshake(foreign.ssl);
  foreign.pass_on(inbound);
  EXPECT_EQ(read(inbound), "");
  foreign.take_from(inbound);
  EXPECT_NE(SSL_do_handshake(foreign.ssl), 1);
  EXPECT_EQ(ERR_GET_REASON(ERR_get_error()), SSL_R_NO_RENEGOTIATION);
  ERR_clear_error();
}

TEST_F(StreamTest, AnotherMaterialMayNotVouchForThePeer) {
  meet();
  EXPECT_TRUE(server->stream->vouched_by(*material));
  TestAuthority next(test::authority_plan("next"));
  const auto later =
      test::material_of(workload_certificate(next, workload("spiffe://td/web")), {bundle("td", {&next})});
  EXPECT_FALSE(server->stream->vouched_by(*later));
  EXPECT_FALSE(client->stream->vouched_by(*later));
}

}  // namespace
}  // namespace weft::proxy
