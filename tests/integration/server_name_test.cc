// TLS passthrough by server name, by real programs: weft-proxy, a control plane that gives it server names (weft-cp
// does not yet), Python's TLS on both ends.
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/hash.h"
#include "base/text.h"
#include "proxy/config/certificate_for_test.h"
#include "proxy/runtime/test_sockets.h"
#include "tests/support/http.h"
#include "tests/support/mesh.h"
#include "tests/support/wait.h"
#include "weft/v1/config_service.grpc.pb.h"

namespace weft::test {
namespace {

// Two servers and a client of each, through the proxy. Arguments: the proxy's port, then for each server its port, its
// certificate with its key, and a name that leads there. Each client trusts that one server's certificate alone.
constexpr const char* kScript = R"(
import socket, ssl, sys, threading
proxy, servers = int(sys.argv[1]), [sys.argv[i:i + 3] for i in range(2, len(sys.argv), 3)]
def answer(plain, context, own):
    with context.wrap_socket(plain, server_side=True) as tls:
        for line in tls.makefile("rb"):
            tls.sendall(own.encode() + b" got " + line)
def serve(port, pem, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listener = socket.create_server(("127.0.0.1", int(port)))
    def accept():
        while True:
            threading.Thread(target=answer, args=(listener.accept()[0], context, port), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
for one in servers: serve(*one)
def ask(pem, name, line):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(pem)
    with context.wrap_socket(socket.create_connection(("127.0.0.1", proxy), 10), server_hostname=name) as tls:
        tls.sendall(line + b"\n")
        return tls.makefile("rb").readline()
for port, pem, name in servers:
    for line in (b"hello", b"x" * 1000000):
        assert ask(pem, name, line) == port.encode() + b" got " + line + b"\n", name
    assert ask(pem, name.upper(), b"hello") == port.encode() + b" got hello\n", name
for name in ("other.example.com", None, "127.0.0.1"):
    try:
        ask(servers[0][1], name, b"hello")
        raise SystemExit(f"{name} was served")
    except ssl.SSLError as error:
        assert "UNRECOGNIZED_NAME" in str(error), error
print("all passed")
)";

// Gives whoever connects one configuration.
class OneConfiguration final : public v1::ConfigService::CallbackService {
 public:
  explicit OneConfiguration(v1::Update update) : update_(std::move(update)) {}
  grpc::ServerBidiReactor<v1::ProxyMessage, v1::ControlMessage>* Stream(grpc::CallbackServerContext*) override {
    return new Session(update_);
  }

 private:
  class Session final : public grpc::ServerBidiReactor<v1::ProxyMessage, v1::ControlMessage> {
   public:
    explicit Session(const v1::Update& update) {
      welcome_.mutable_welcome()->set_instance("test");
      *configuration_.mutable_update() = update;
      StartRead(&in_);
    }
    void OnReadDone(bool good) override {
      if (!good) return Finish(grpc::Status::OK);
      if (in_.has_hello()) StartWrite(&welcome_);
      StartRead(&in_);
    }
    void OnWriteDone(bool good) override {
      if (good && !std::exchange(told_, true)) StartWrite(&configuration_);
    }
    void OnDone() override { delete this; }

   private:
    v1::ProxyMessage in_;
    v1::ControlMessage welcome_;
    v1::ControlMessage configuration_;
    bool told_ = false;
  };
  const v1::Update update_;
};

void add(v1::Update& update, v1::ItemType type, const std::string& name, const google::protobuf::Message& payload) {
  v1::Item& item = *update.add_changed();
  item.set_type(type);
  item.set_name(name);
  item.set_payload(payload.SerializeAsString());
  item.set_hash(content_hash(item.payload()));
}

// A TCP service on this host.
void add_service(v1::Update& update, const std::string& name, uint16_t port) {
  v1::Destination destination;
  destination.set_name(name);
  destination.set_direction(v1::OUTBOUND);
  destination.add_routes()->add_backends()->set_endpoints(name);
  add(update, v1::DESTINATION, name, destination);
  v1::EndpointSet endpoints;
  endpoints.set_name(name);
  endpoints.add_endpoints()->set_address("127.0.0.1");
  endpoints.mutable_endpoints(0)->set_port(port);
  add(update, v1::ENDPOINTS, name, endpoints);
}

TEST(ServerName, TlsReachesTheServerOfItsNameWithThatServersCertificate) {
  setenv("GRPC_DNS_RESOLVER", "native", 0);
  Mesh files;
  const uint16_t listening = free_port(), shop = free_port(), bank = free_port();
  v1::Update update;
  update.set_nonce(1);
  update.set_revision(1);
  v1::ListenerSet listeners;
  v1::Listener& listener = *listeners.add_listeners();
  listener.set_name("passing");
  listener.set_direction(v1::OUTBOUND);
  listener.set_address("127.0.0.1");
  listener.set_port(listening);
  for (const auto& [name, destination] : {std::pair{"shop.example.com", "shop"}, {"*.bank.example.com", "bank"}}) {
    v1::ServerNameRoute& route = *listener.add_server_names();
    route.add_names(name);
    route.set_destination(destination);
  }
  add(update, v1::LISTENERS, "listeners", listeners);
  add_service(update, "shop", shop);
  add_service(update, "bank", bank);

  const auto own = proxy::make_test_certificate();
  grpc::SslServerCredentialsOptions tls;
  tls.pem_key_cert_pairs.push_back({own.key, own.certificate});
  OneConfiguration service(update);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  ASSERT_NE(server, nullptr);

  const std::string work = files.folder() + "/proxy";
  Process proxy(WEFT_PROXY,
                {"run", cat("--cp-address=https://localhost:", port),
                 cat("--ca-cert-file=", files.file("ca.crt", own.certificate)), "--mesh=default", "--name=passing",
                 cat("--work-dir=", work), "--concurrency=2"},
                files.folder() + "/proxy.log", {{"KUMA_READINESS_PORT", "0"}});
  ASSERT_TRUE(eventually([&] { return !proxy.running() || proxy::test::dial(listening).get() >= 0; }))
      << proxy.output();
  const auto pem = [&](const std::string& name) {
    const auto made = proxy::make_test_certificate();
    return files.file(name, made.key + made.certificate);
  };
  const Finished clients = run("/usr/bin/python3",
                               {"-c", kScript, cat(listening), cat(shop), pem("shop.pem"), "shop.example.com",
                                cat(bank), pem("bank.pem"), "a.b.bank.example.com"},
                               files.folder());
  EXPECT_EQ(clients.out, "all passed\n") << clients.err << proxy.output();
  EXPECT_NE(proxy.output().find("reason=unknown_name server_name=other.example.com"), std::string::npos)
      << proxy.output();
  proxy.signal(SIGTERM);
  EXPECT_EQ(proxy.wait(), 0);
  server->Shutdown(std::chrono::system_clock::now());
}

}  // namespace
}  // namespace weft::test
