#include "proxy/hand_over.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace weft::proxy {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// A successor that is not ready by then will not be.
constexpr auto kPatience = std::chrono::minutes(2);

class UnixHandOver final : public HandOver {
 public:
  UnixHandOver(asio::io_context& loop, ControlThread& thread, std::string path, Events events)
      : thread_(thread), path_(std::move(path)), events_(std::move(events)), socket_(loop), waiting_(loop) {}
  ~UnixHandOver() override { close(); }

  Status open() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) return invalid(cat(path_, ": too long for a unix socket"));
    path_.copy(address.sun_path, path_.size());
    ::unlink(path_.c_str());
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return errno_status(path_, errno);
    socket_.assign(descriptor);
    // Nobody can connect before it listens, and then its mode is right.
    if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        chmod(path_.c_str(), 0600) != 0 || ::listen(descriptor, 4) != 0) {
      return errno_status(path_, errno);
    }
    accept();
    return ok();
  }

 private:
  void close() {
    patience_.reset();
    if (waiting_.is_open()) waiting_.release();
    if (!socket_.is_open()) return;
    error_code ignored;
    socket_.close(ignored);
    ::unlink(path_.c_str());
  }

  void accept() {
    socket_.async_wait(asio::posix::stream_descriptor::wait_read, [this](error_code error) {
      if (error) return;
      const int descriptor = ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
      if (descriptor >= 0) meet(std::make_unique<InheritanceLink>(descriptor));
      accept();
    });
  }

  void meet(std::unique_ptr<InheritanceLink> link) {
    if (Status known = link->check_peer(); !known.ok()) {
      log_error("somebody asked for the listening sockets", {{"reason", reason(known)}});
      return;
    }
    const Result<InheritanceLink::Frame> ask = link->receive();
    if (!ask.ok() || ask->text != kAsk) return;
    if (successor_ != nullptr) {
      (void)link->send("no: another process is taking over already");
      return;
    }
    successor_ = std::move(link);
    log_info("a successor has come");
    if (Status given = successor_->send(events_.successor_came()); !given.ok()) return leave(reason(given));
    // Not owned here: the link closes it.
    waiting_.assign(successor_->descriptor());
    patience_ = thread_.after(kPatience, [this] {
      (void)successor_->send("no: it took too long");
      leave("it took too long");
    });
    wait_for_word();
  }

  void wait_for_word() {
    waiting_.async_wait(asio::posix::stream_descriptor::wait_read, [this](error_code error) {
      if (error || successor_ == nullptr) return;
      const Result<InheritanceLink::Frame> word = successor_->receive();
      if (!word.ok() || word->text != kReady) return leave(word.ok() ? word->text : reason(word.status()));
      log_info("the successor serves");
      const std::unique_ptr<InheritanceLink> link = std::move(successor_);
      close();
      events_.taken();
      (void)link->send(kYours);
    });
  }

  void leave(const std::string& why) {
    log_warning("the successor has gone", {{"reason", why}});
    patience_.reset();
    if (waiting_.is_open()) waiting_.release();
    successor_.reset();
    events_.successor_left();
  }

  ControlThread& thread_;
  const std::string path_;
  Events events_;
  asio::posix::stream_descriptor socket_;
  asio::posix::stream_descriptor waiting_;
  std::unique_ptr<InheritanceLink> successor_;
  ControlThread::Ticket patience_;
};

}  // namespace

Result<std::unique_ptr<HandOver>> HandOver::listen(asio::io_context& loop, ControlThread& thread,
                                                   const std::string& path, Events events) {
  auto made = std::make_unique<UnixHandOver>(loop, thread, path, std::move(events));
  if (Status status = made->open(); !status.ok()) return status;
  return made;
}

}  // namespace weft::proxy
