// What OpenSSL asks in the middle of a handshake, and how it gets and gives its bytes. For proxy/tls alone; called on
// the thread of the stream that is being worked on.
#pragma once

struct ssl_ctx_st;
struct ssl_st;

namespace weft::proxy {

class TlsStream;

struct TlsCallbacks {
  static void install_for_servers(ssl_ctx_st* context);
  static void install_for_clients(ssl_ctx_st* context);
  // False: out of memory.
  static bool attach(ssl_st* ssl, TlsStream& stream);
  // After a handshake: what ALPN came to.
  static bool agreed_on_http2(const ssl_st* ssl);
};

}  // namespace weft::proxy
