// A very small HTTP server for people, probes and scrapers: one function answers every request. Runs on the control
// thread's event loop and never blocks it; each connection has a deadline and requests without a body of note are all
// it reads. Never carries traffic of the mesh. http_server.cc is the only file of the proxy that sees Beast.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/status.h"

namespace boost::asio {
class io_context;
}

namespace weft::proxy {

struct AdminRequest {
  std::string method;
  std::string path;   // without the query
  std::string query;  // without the question mark
};

struct AdminReply {
  unsigned status = 200;
  std::string body;
  std::string content_type = "text/plain";
};

using Answer = std::function<AdminReply(const AdminRequest&)>;

class HttpServer {
 public:
  // `port` 0: any free one. Error: names the address and the reason.
  static Result<std::unique_ptr<HttpServer>> listen(boost::asio::io_context& loop, const std::string& address,
                                                    uint16_t port, Answer answer);
  // Takes over a TCP socket that listens already.
  static Result<std::unique_ptr<HttpServer>> adopt(boost::asio::io_context& loop, int descriptor, Answer answer);
  // A unix socket that its owner alone may use. A left-over of a process that is gone is replaced; one that answers is
  // an error.
  static Result<std::unique_ptr<HttpServer>> listen_unix(boost::asio::io_context& loop, const std::string& path,
                                                         Answer answer);

  virtual ~HttpServer() = default;
  virtual uint16_t port() const = 0;
  // A descriptor of its own for the listening socket; -1: none was left.
  virtual int duplicate() = 0;
};

}  // namespace weft::proxy
