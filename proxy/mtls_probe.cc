#include "proxy/mtls_probe.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/document/json_writer.h"
#include "base/text.h"
#include "proxy/tls/certificate_facts.h"
#include "proxy/tls/stream.h"

namespace weft::proxy {
namespace {

using Clock = std::chrono::steady_clock;
using Step = TlsStream::Step;

constexpr size_t kLongestHead = 16 * 1024;

struct Target {
  std::shared_ptr<const EndpointSet> set;
  const Endpoint* endpoint = nullptr;
  Protocol protocol = Protocol::kTcp;
};

// A set that speaks mutual TLS is preferred to one that does not.
Target find_target(const Configuration& configuration, const std::string& address) {
  Target best;
  for (const auto& [name, destination] : configuration.destinations) {
    if (destination->direction != Direction::kOutbound) continue;
    for (const Route& route : destination->routes) {
      for (const Backend& backend : route.backends) {
        for (const Endpoint& endpoint : backend.endpoints->endpoints) {
          if (endpoint.address.text() != address || (best.set != nullptr && best.set->tls != nullptr)) continue;
          best = {backend.endpoints, &endpoint, destination->protocol};
        }
      }
    }
  }
  return best;
}

// A socket with TLS on it, spoken to step by step until a deadline.
class Wire {
 public:
  Wire(std::shared_ptr<const TlsMaterial> material, std::shared_ptr<const PeerNames> names, TlsApplication application)
      : deadline_(Clock::now() + kProbePatience),
        tls_(TlsStream::connect(std::move(material), std::move(names), application, nullptr)) {}
  ~Wire() {
    if (socket_ >= 0) ::close(socket_);
  }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  const TlsStream& tls() const { return *tls_; }

  // Empty: it worked.
  std::string connect(const Endpoint& endpoint) {
    socket_ = ::socket(endpoint.address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_ < 0) return reason(errno_status("make a socket", errno));
    if (::connect(socket_, endpoint.address.get(), endpoint.address.length()) == 0) return {};
    if (errno != EINPROGRESS) return reason(errno_status("connect", errno));
    if (!wait_for(POLLOUT)) return "connect: not in time";
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    return error == 0 ? std::string() : reason(errno_status("connect", error));
  }

  std::string handshake() {
    const std::string failure = drive([this] { return tls_->handshake(); });
    if (tls_->established()) return {};
    if (tls_->failure() == TlsFailure::kNone) return failure.empty() ? "the handshake did not end" : failure;
    return cat(tls_failure_word(tls_->failure()), tls_->detail().empty() ? "" : ": ", tls_->detail());
  }

  std::string send(std::string_view text) {
    return drive([&] {
      size_t taken = 0;
      const Step step = tls_->write({text.data(), text.size()}, taken);
      text.remove_prefix(taken);
      return step == Step::kDone && !text.empty() ? Step::kWantRoom : step;
    });
  }

  // Up to the end of a head, or of what the peer sends.
  std::string receive_head(std::string& head) {
    return drive([&] {
      std::array<char, 4096> plain;
      size_t got = 0;
      const Step step = tls_->read(plain, got);
      head.append(plain.data(), got);
      const bool whole = head.find("\r\n\r\n") != std::string::npos || head.size() > kLongestHead;
      return step == Step::kDone && !whole ? Step::kWantRoom : step;
    });
  }

 private:
  bool wait_for(short events) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
    pollfd ready{socket_, events, 0};
    return left > 0 && ::poll(&ready, 1, static_cast<int>(left)) > 0;
  }

  bool flush() {
    size_t sent = 0;
    while (sent < tls_->pipe.out_size) {
      const ssize_t count = ::send(socket_, out_.data() + sent, tls_->pipe.out_size - sent, MSG_NOSIGNAL);
      if (count > 0) {
        sent += static_cast<size_t>(count);
      } else if (errno != EAGAIN || !wait_for(POLLOUT)) {
        return false;
      }
    }
    return true;
  }

  // Steps until one is done; moves what the steps use and make. Empty: it was done.
  template <typename One>
  std::string drive(One one) {
    while (Clock::now() < deadline_) {
      tls_->pipe.in = {in_.data(), in_.size()};
      tls_->pipe.out = {out_.data(), out_.size()};
      tls_->pipe.out_size = 0;
      const Step step = one();
      in_.erase(0, in_.size() - tls_->pipe.in.size());
      const bool flushed = flush();
      if (step == Step::kDone) return flushed ? "" : "the connection was closed";
      if (step == Step::kFailed) return std::string(tls_failure_word(tls_->failure()));
      if (step == Step::kClosed) return "the peer closed the connection";
      if (!flushed) return "the connection was closed";
      if (step == Step::kWantInput && !receive()) return "no answer, or the connection was closed";
    }
    return "not in time";
  }

  bool receive() {
    if (!wait_for(POLLIN)) return false;
    std::array<char, 16 * 1024> bytes;
    const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (count <= 0) return false;
    in_.append(bytes.data(), static_cast<size_t>(count));
    return true;
  }

  const Clock::time_point deadline_;
  std::unique_ptr<TlsStream> tls_;
  int socket_ = -1;
  std::string in_;
  std::array<char, 2 * TlsStream::kRecordRoom> out_{};
};

std::string header_value(std::string_view head, std::string_view name) {
  for (const std::string_view line : split(head, '\n')) {
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos && equal_ignoring_case(line.substr(0, colon), name))
      return std::string(trim(line.substr(colon + 1)));
  }
  return {};
}

void write_peer(JsonWriter& out, const TlsStream& tls) {
  out.key("peer");
  out.begin_object();
  out.member("spiffeId", tls.peer().spiffe_id);
  out.key("chain");
  out.begin_list();
  for (const std::string& der : tls.peer_chain()) {
    const Result<CertificateFacts> facts = read_certificate(der);
    if (!facts.ok()) continue;
    out.begin_object();
    out.member("uris", join(facts->uris, " "));
    out.member("serial", facts->serial);
    out.key("notBefore");
    out.number(facts->not_before);
    out.key("notAfter");
    out.number(facts->not_after);
    out.member("authority", facts->authority);
    out.end_object();
  }
  out.end_list();
  out.end_object();
}

void ask(Wire& wire, JsonWriter& out, const std::string& address) {
  std::string head;
  std::string failure =
      wire.send(cat("GET / HTTP/1.1\r\nhost: ", address, "\r\nuser-agent: weft-verify\r\nconnection: close\r\n\r\n"));
  if (failure.empty()) failure = wire.receive_head(head);
  uint16_t status = 0;
  const bool answered = head.size() > 12 && parse_number(std::string_view(head).substr(9, 3), status);
  if (!answered) return out.member("failure", failure.empty() ? "the answer is not HTTP/1.1" : failure);
  out.key("status");
  out.number(status);
  out.member("reason", header_value(head, "x-weft-reason"));
}

}  // namespace

Result<std::string> probe_mtls(const Configuration& configuration, const std::string& address) {
  const auto& snapshot = configuration.snapshot;
  if (snapshot == nullptr || snapshot->tls == nullptr) return invalid("this proxy has no identity");
  const Target target = find_target(configuration, address);
  if (target.endpoint == nullptr) return not_found(cat("this proxy sends nothing to ", address));
  if (target.set->tls == nullptr) return invalid(cat("this proxy speaks to ", address, " without TLS"));
  const bool http = target.protocol == Protocol::kHttp1;
  Wire wire(snapshot->tls, target.set->tls, http ? TlsApplication::kHttp1 : TlsApplication::kTcp);
  JsonWriter out;
  out.begin_object();
  out.member("address", address);
  out.member("destination", target.set->name);
  out.member("serverName", target.set->tls->server_name);
  out.member("expected", join(target.set->tls->spiffe_ids, " "));
  out.member("own", snapshot->tls->certificate().spiffe_id);
  std::string failure = wire.connect(*target.endpoint);
  if (failure.empty()) failure = wire.handshake();
  if (failure.empty()) {
    write_peer(out, wire.tls());
    if (http) ask(wire, out, address);
  } else {
    out.member("failure", failure);
  }
  out.end_object();
  return out.take();
}

}  // namespace weft::proxy
