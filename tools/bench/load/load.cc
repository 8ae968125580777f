#include "tools/bench/load/load.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/text.h"

namespace weft::bench {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::seconds;

constexpr auto kGrace = seconds(10);  // for the requests under way when a load ends

TimePoint after(TimePoint start, double length) {
  return start + duration_cast<Clock::duration>(duration<double>(length));
}

}  // namespace

class Load::Connection final : public Watched {
 public:
  explicit Connection(Load& load) : load_(load) {}
  ~Connection() override { drop(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  TimePoint due;  // when the request under way should have been sent

  void send_request() {
    load_.under_way_ += 1;
    answer_.start(load_.options_.size);
    if (stream_ == nullptr) {
      open();
    } else {
      write_request();
    }
  }
  void drop() { stream_.reset(); }
  void rest() { state_ = State::kIdle; }
  bool closes() const { return answer_.closes(); }

  void on_events(uint32_t events) override {
    if (state_ == State::kConnecting) return connected(events);
    if (state_ == State::kHandshaking) return shake_hands();
    do {
      receive();
    } while (stream_ != nullptr && stream_->has_pending());
  }

 private:
  enum class State { kIdle, kConnecting, kHandshaking, kBusy };

  void receive() {
    static char buffer[256 * 1024];
    const ssize_t count = stream_->read(buffer, sizeof buffer);
    if (count < 0 && errno == EAGAIN) return;
    if (state_ == State::kIdle) {  // closed by the peer, or bytes that nobody asked for
      drop();
      if (count > 0) load_.faults_.length += 1;
      if (count <= 0 && load_.options_.hold) load_.faults_.closed += 1;
      return;
    }
    if (count <= 0) return fail(load_.faults_.closed);
    switch (answer_.take({buffer, static_cast<size_t>(count)})) {
      case Fault::kNone: break;
      case Fault::kStatus:
        if (load_.first_bad_status_ == 0) load_.first_bad_status_ = answer_.status();
        return fail(load_.faults_.status);
      case Fault::kLength: return fail(load_.faults_.length);
      case Fault::kMalformed: return fail(load_.faults_.malformed);
    }
    if (answer_.complete()) load_.finished(*this, true);
  }

  // The outcome is told by an event, even when it is known at once.
  void open() {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const LoadOptions& options = load_.options_;
    stream_ = std::make_unique<Stream>(descriptor, options.tls ? load_.tls_ : nullptr, Stream::Role::kClient);
    if (options.resume) stream_->resume_last_session();
    state_ = State::kConnecting;
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)connect(descriptor, reinterpret_cast<const sockaddr*>(&options.target), sizeof(sockaddr_in));
    load_.poller_.add(descriptor, EPOLLOUT, *this);
  }

  void connected(uint32_t events) {
    if (events & (EPOLLERR | EPOLLHUP)) return fail(load_.faults_.connect);
    load_.poller_.change(stream_->descriptor(), EPOLLIN, *this);
    state_ = State::kHandshaking;
    shake_hands();
  }

  void shake_hands() {
    switch (stream_->handshake()) {
      case Stream::Handshake::kUnderWay: return;
      case Stream::Handshake::kFailed: return fail(load_.faults_.connect);
      case Stream::Handshake::kDone: break;
    }
    load_.handshakes_ += load_.options_.tls ? 1 : 0;
    load_.resumed_ += stream_->resumed() ? 1 : 0;
    write_request();
  }

  // A request is far smaller than a socket's buffer: it leaves whole or not at all.
  void write_request() {
    state_ = State::kBusy;
    const std::string& request = load_.request_;
    const ssize_t count = stream_->write(request);
    if (count != static_cast<ssize_t>(request.size())) fail(load_.faults_.closed);
  }

  void fail(uint64_t& counter) {
    counter += 1;
    drop();
    load_.finished(*this, false);
  }

  Load& load_;
  std::unique_ptr<Stream> stream_;  // null: not connected
  State state_ = State::kIdle;
  Answer answer_;
};

Load::Load(Poller& poller, LoadOptions options, void (*measuring)(), Tls* tls)
    : poller_(poller), options_(std::move(options)), measuring_(measuring), tls_(tls), started_(Clock::now()) {
  append(request_, "GET /", options_.size, " HTTP/1.1\r\nHost: ", options_.host, "\r\nUser-Agent: weft-bench-load\r\n");
  request_ += "Accept: */*\r\nX-Padding: ";
  request_ += std::string(131 - std::min<size_t>(127, request_.size()) - 4, 'p') + "\r\n\r\n";
  if (options_.hold) options_.requests = options_.connections;
  if (options_.warmup_seconds == 0) begin_measuring();
  for (uint32_t i = 0; i < options_.connections; ++i) connections_.emplace_back(*this);
  if (options_.rate > 0) {
    for (auto& connection : connections_) idle_.push_back(&connection);
    return;
  }
  opened_ = options_.hold ? std::min(options_.opening, options_.connections) : options_.connections;
  for (uint64_t i = 0; i < opened_; ++i) next(connections_[i]);
}

Load::~Load() = default;

bool Load::tick() {
  const TimePoint now = Clock::now();
  if (phase_ == Phase::kWarming && now >= after(started_, options_.warmup_seconds)) begin_measuring();
  if (phase_ == Phase::kMeasuring) {
    const bool time_over = options_.seconds > 0 && now >= after(measured_from_, options_.seconds);
    if (time_over || (options_.requests > 0 && sent_ >= options_.requests)) stop();
  }
  if (options_.rate > 0 && may_send()) issue_due();
  if (phase_ == Phase::kEnding && (under_way_ == 0 || now >= ended_ + kGrace)) {
    faults_.unanswered += under_way_;
    ended_ = under_way_ == 0 ? now : ended_;
    phase_ = Phase::kEnded;
  }
  return phase_ == Phase::kEnded;
}

TimePoint Load::next_tick() const {
  if (options_.rate > 0 && may_send() && !idle_.empty()) {
    return after(phase_ == Phase::kWarming ? started_ : measured_from_,
                 static_cast<double>(scheduled_) / options_.rate);
  }
  return Clock::now() + std::chrono::milliseconds(2);
}

void Load::stop() {
  if (!may_send()) return;
  phase_ = Phase::kEnding;
  ended_ = Clock::now();
}

void Load::begin_measuring() {
  phase_ = Phase::kMeasuring;
  measured_from_ = Clock::now();
  sent_ = scheduled_ = handshakes_ = resumed_ = 0;
  measuring_();
}

void Load::issue(Connection& connection, TimePoint due) {
  sent_ += 1;
  connection.due = due;
  connection.send_request();
}

void Load::issue_due() {
  const TimePoint start = phase_ == Phase::kWarming ? started_ : measured_from_;
  const TimePoint now = Clock::now();
  while (!idle_.empty() && (options_.requests == 0 || sent_ < options_.requests)) {
    const TimePoint due = after(start, static_cast<double>(scheduled_) / options_.rate);
    if (due > now) return;
    scheduled_ += 1;
    Connection& connection = *idle_.back();
    idle_.pop_back();
    issue(connection, due);
  }
}

void Load::finished(Connection& connection, bool good) {
  under_way_ -= 1;
  connection.rest();
  if (good && phase_ != Phase::kWarming) latency_.add(Clock::now() - connection.due);
  if (good && (connection.closes() || options_.reconnect)) connection.drop();
  next(connection);
}

void Load::next(Connection& connection) {
  if (options_.rate > 0) return idle_.push_back(&connection);
  if (!may_send() || (options_.requests > 0 && sent_ >= options_.requests)) return;
  const bool another = options_.hold && sent_ >= opened_;
  issue(another ? connections_[opened_++] : connection, Clock::now());
}

std::string Load::report() const {
  const double took = duration<double>(ended_ - measured_from_).count();
  const Faults& f = faults_;
  std::string out;
  append(out, "{\"event\":\"done\",\"requests\":", requests(), ",\"errors\":", f.total(), ",\"seconds\":", took);
  append(out, ",\"per_second\":", took > 0 ? static_cast<double>(requests()) / took : 0.0);
  append(out, ",\"handshakes\":", handshakes_, ",\"resumed\":", resumed_);
  append(out, ",\"faults\":{\"connect\":", f.connect, ",\"closed\":", f.closed, ",\"status\":", f.status);
  append(out, ",\"length\":", f.length, ",\"malformed\":", f.malformed, ",\"unanswered\":", f.unanswered, "}");
  append(out, ",\"first_bad_status\":", first_bad_status_, ",\"latency_us\":{");
  for (const auto& [name, share] : {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}}) {
    append(out, "\"", name, "\":", latency_.percentile_us(share), ",");
  }
  append(out, "\"max\":", latency_.max_us(), "}}");
  return out;
}

}  // namespace weft::bench
