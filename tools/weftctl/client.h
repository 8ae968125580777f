// Talks HTTP to a control plane: one request, one answer, over plain TCP or TLS, under one deadline. The connection is
// kept for the next request. client.cc is the only file of weftctl that knows Beast. Blocks; used on the main thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/duration.h"
#include "base/status.h"
#include "tools/weftctl/config_file.h"

namespace weft::ctl {

struct Answer {
  int status = 0;
  std::string body;
  uint64_t revision = 0;  // x-weft-revision; 0: not there

  bool ok() const { return status >= 200 && status < 300; }
};

class Connection;

class Client {
 public:
  Client(ControlPlane plane, Nanoseconds timeout, std::string mesh = "default");
  Client(Client&&) noexcept;
  ~Client();

  // `target`: path and query. Error: the control plane could not be reached or did not answer in time; an HTTP error is
  // an Answer.
  Result<Answer> get(std::string_view target) { return request("GET", target, ""); }
  Result<Answer> put(std::string_view target, std::string_view json) { return request("PUT", target, json); }
  Result<Answer> post(std::string_view target, std::string_view json) { return request("POST", target, json); }
  Result<Answer> remove(std::string_view target) { return request("DELETE", target, ""); }

  const ControlPlane& plane() const { return plane_; }
  // The mesh of a command whose --mesh says `given`; empty: not given.
  std::string mesh(std::string_view given) const { return given.empty() ? mesh_ : std::string(given); }
  void set_timeout(Nanoseconds timeout) { timeout_ = timeout; }
  // What it says of itself at the root: a control plane of another product does not know Weft's extensions of the API.
  bool speaks_weft() const { return speaks_weft_; }
  void set_speaks_weft(bool speaks) { speaks_weft_ = speaks; }

 private:
  Result<Answer> request(std::string_view method, std::string_view target, std::string_view body);

  ControlPlane plane_;
  Nanoseconds timeout_;  // 0: none
  std::string mesh_;
  bool speaks_weft_ = false;
  std::unique_ptr<Connection> connection_;  // null: none was needed yet
};

// The control plane that the flags and the configuration name. Warns when it runs another version. Error: none is
// named, or it cannot be reached.
Result<Client> make_client(const Globals& globals);
Result<Client> make_client(const Globals& globals, Destination destination);

// Whom a server shows, without anything being asked of it.
struct Presented {
  std::vector<std::string> chain;  // PEM, the server's own first
  bool known = false;              // this machine's authorities vouch for it
};
// Error: `plane` is no https URL, or there is no server.
Result<Presented> presented_chain(const ControlPlane& plane, Nanoseconds timeout);

// A document from the web.
Result<std::string> fetch(std::string_view url, Nanoseconds timeout);

// %-encodes what may not stand in a path segment or a query value.
std::string url_part(std::string_view text);

// What follows a path: "" or "?size=1&offset=2".
class Query {
 public:
  // `key` is taken as it is, `value` encoded.
  void add(std::string_view key, std::string_view value);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace weft::ctl
