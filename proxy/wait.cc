#include "proxy/wait.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/text.h"

namespace weft::proxy {
namespace {

using Clock = std::chrono::steady_clock;

struct Target {
  std::string host;
  std::string port = "80";
  std::string path = "/";
};

Result<Target> parse_url(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return invalid(cat("--url: \"", url, "\" does not start with http://"));
  std::string_view rest = url.substr(kScheme.size());
  Target target;
  if (const size_t slash = rest.find('/'); slash != std::string_view::npos) {
    target.path = rest.substr(slash);
    rest = rest.substr(0, slash);
  }
  const size_t colon = rest.rfind(':');
  if (colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos) {
    target.port = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
  }
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  target.host = rest;
  return target;
}

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

Status wait_for(int descriptor, short events, Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd entry{descriptor, events, 0};
  const int ready = left <= 0 ? 0 : poll(&entry, 1, static_cast<int>(std::min<int64_t>(left, 60'000)));
  return ready > 0 ? ok() : weft::deadline("no answer in time");
}

Result<Socket> connect_to(const sockaddr* address, socklen_t length, Clock::time_point deadline) {
  Socket socket(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) return errno_status("socket", errno);
  if (connect(socket.get(), address, length) == 0) return socket;
  if (errno != EINPROGRESS) return errno_status("connect", errno);
  if (Status status = wait_for(socket.get(), POLLOUT, deadline); !status.ok()) return status;
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return errno_status("connect", error);
  return socket;
}

Result<Socket> connect_unix(const std::string& path, Clock::time_point deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return invalid("--unix-socket: the path is too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, deadline);
}

Result<Socket> connect_tcp(const Target& target, Clock::time_point deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(target.host.c_str(), target.port.c_str(), &hints, &found); error != 0) {
    return unavailable(cat(target.host, ": ", gai_strerror(error)));
  }
  Status last = unavailable(cat(target.host, ": no address"));
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    Result<Socket> socket = connect_to(at->ai_addr, at->ai_addrlen, deadline);
    last = socket.status();
    if (last.ok()) {
      freeaddrinfo(found);
      return socket;
    }
  }
  freeaddrinfo(found);
  return last;
}

}  // namespace

Status ask_ready(const WaitOptions& options) {
  Result<Target> target = parse_url(options.url);
  if (!target.ok()) return target.status();
  if (!options.unix_socket.empty()) *target = {"localhost", "", "/ready"};
  const auto deadline = Clock::now() + options.request_timeout;
  Result<Socket> socket =
      options.unix_socket.empty() ? connect_tcp(*target, deadline) : connect_unix(options.unix_socket, deadline);
  if (!socket.ok()) return socket.status();
  const std::string request =
      cat("GET ", target->path, " HTTP/1.1\r\nHost: ", target->host, "\r\nConnection: close\r\n\r\n");
  // A request this short fits into any socket's empty buffer.
  if (send(socket->get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return errno_status("send", errno);
  std::string answer;
  char chunk[512];
  while (answer.find("\r\n") == std::string::npos && answer.size() < 4096) {
    if (Status status = wait_for(socket->get(), POLLIN, deadline); !status.ok()) return status;
    const ssize_t got = recv(socket->get(), chunk, sizeof chunk, 0);
    if (got <= 0) return unavailable("the connection was closed");
    answer.append(chunk, static_cast<size_t>(got));
  }
  if (answer.starts_with("HTTP/1.1 200 ")) return ok();
  return unavailable(cat("answered ", answer.substr(0, answer.find("\r\n"))));
}

Status wait_until_ready(const WaitOptions& options) {
  if (Result<Target> target = parse_url(options.url); !target.ok()) return target.status();
  const auto deadline = Clock::now() + options.timeout;
  for (;;) {
    Status status = ask_ready(options);
    if (status.ok()) return status;
    if (Clock::now() + options.check_frequency >= deadline) {
      return annotate(status, cat("not ready within ", format_duration(options.timeout)));
    }
    std::this_thread::sleep_for(options.check_frequency);
  }
}

}  // namespace weft::proxy
