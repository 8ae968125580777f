#include "control-plane/source/monitoring_server.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/document/document.h"
#include "base/document/json_writer.h"
#include "base/duration.h"
#include "base/text.h"
#include "control-plane/source/problem.h"
#include "control-plane/source/router.h"

namespace weft::cp {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr char kPath[] = "/v3/discovery:monitoringassignments";
constexpr char kType[] = "type.googleapis.com/kuma.observability.v1.MonitoringAssignment";

bool nobody_asks(const HttpRequest&, Caller&, HttpResponse&) { return true; }

// A member under its name in the proto or in JSON; empty when it is not there.
std::string_view text_of(const Node& node, std::string_view name, std::string_view json_name) {
  const Node* found = node.find(name);
  if (found == nullptr) found = node.find(json_name);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

// A client and what it has.
struct Waiting {
  std::string client;
  std::string version;  // empty: nothing
  SteadyClock::time_point until;
  Respond respond;
};

HttpResponse discovery_response(const MonitoringAnswer& answer) {
  JsonWriter out(JsonWriter::Style::kCompact);
  out.begin_object();
  out.member("version_info", answer.version);
  out.key("resources");
  out.raw(answer.resources);
  out.member("type_url", kType);
  out.member("nonce", answer.version);
  out.end_object();
  return {200, out.take() + "\n", "application/json", {}};
}

Result<Waiting> read_request(const Call& call, std::chrono::nanoseconds default_wait) {
  const Result<Node> body = parse_json(call.request.body);
  if (!body.ok()) return annotate(body.status(), "the body is not a DiscoveryRequest");
  if (!body->is_object()) return invalid("the body is not a DiscoveryRequest");
  if (const std::string_view type = text_of(*body, "type_url", "typeUrl"); !type.empty() && type != kType) {
    return invalid(cat("type_url: there is only ", kType));
  }
  Waiting waiting{.version = std::string(text_of(*body, "version_info", "versionInfo"))};
  if (const Node* node = body->find("node"); node != nullptr) waiting.client = text_of(*node, "id", "id");
  std::chrono::nanoseconds wait = default_wait;
  if (const std::string_view text = call.query.get("fetch-timeout"); !text.empty()) {
    const Result<Nanoseconds> duration = parse_duration(text);
    if (!duration.ok() || duration->count() < 0) return invalid("fetch-timeout: must be a duration such as 30s");
    wait = *duration;
  }
  waiting.until = SteadyClock::now() + std::min<std::chrono::nanoseconds>(wait, MonitoringServer::kLongestWait);
  return waiting;
}

}  // namespace

// The HTTP server goes first: nothing comes in any more when the rest is destroyed.
struct MonitoringServer::State {
  explicit State(MonitoringOptions o) : options(std::move(o)) {}
  ~State();

  void accept(const Call& call, Respond respond);
  void loop();
  // Answers who can be answered; the others are returned.
  std::vector<Waiting> serve(std::vector<Waiting> asked, SteadyClock::time_point now) const;

  const MonitoringOptions options;
  Router router;
  std::mutex mutex;
  std::condition_variable event;
  std::vector<Waiting> arrived;  // under mutex, like all below
  size_t waiting_count = 0;
  bool dirty = false;
  bool stopping = false;
  std::unique_ptr<HttpServer> server;
  std::thread thread;
};

MonitoringServer::State::~State() {
  server.reset();
  {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  event.notify_one();
  if (thread.joinable()) thread.join();
}

void MonitoringServer::State::accept(const Call& call, Respond respond) {
  Result<Waiting> asked = read_request(call, options.default_fetch_timeout);
  if (!asked.ok()) return respond(to_response(bad_request(reason(asked.status()))));
  asked->respond = std::move(respond);
  {
    const std::lock_guard lock(mutex);
    if (waiting_count < kMaxWaiting) {
      ++waiting_count;
      arrived.push_back(*std::move(asked));
      event.notify_one();
      return;
    }
  }
  asked->respond(to_response(from_status("Too many clients wait", unavailable("come again later"))));
}

std::vector<Waiting> MonitoringServer::State::serve(std::vector<Waiting> asked, SteadyClock::time_point now) const {
  std::map<std::string, MonitoringAnswer> answers;  // by client
  std::vector<Waiting> left;
  for (Waiting& one : asked) {
    auto known = answers.find(one.client);
    if (known == answers.end()) known = answers.emplace(one.client, options.assignments(one.client)).first;
    if (known->second.version != one.version) {
      one.respond(discovery_response(known->second));
    } else if (one.until <= now) {
      one.respond({304, "", "application/json", {}});
    } else {
      left.push_back(std::move(one));
    }
  }
  return left;
}

// Who arrives is looked at soon, and all that wait after a change or when the time of one of them is over.
void MonitoringServer::State::loop() {
  std::vector<Waiting> waiting;
  SteadyClock::time_point not_before{};  // the next look after a change
  std::unique_lock lock(mutex);
  while (!stopping) {
    const SteadyClock::time_point now = SteadyClock::now();
    std::vector<Waiting> due = std::exchange(arrived, {});
    const bool look_at_all = dirty && now >= not_before;
    if (look_at_all) {
      dirty = false;
      not_before = now + options.refresh_interval;
    }
    const auto stays = std::partition(waiting.begin(), waiting.end(),
                                      [&](const Waiting& one) { return !look_at_all && one.until > now; });
    due.insert(due.end(), std::move_iterator(stays), std::move_iterator(waiting.end()));
    waiting.erase(stays, waiting.end());
    lock.unlock();
    for (Waiting& one : serve(std::move(due), now)) waiting.push_back(std::move(one));
    SteadyClock::time_point next = now + std::chrono::hours(1);
    for (const Waiting& one : waiting) next = std::min(next, one.until);
    lock.lock();
    waiting_count = waiting.size() + arrived.size();
    if (dirty && !waiting.empty()) next = std::min(next, not_before);
    event.wait_until(lock, next, [&] {
      const bool look = dirty && !waiting.empty() && SteadyClock::now() >= not_before;
      return stopping || !arrived.empty() || look;
    });
  }
}

MonitoringServer::MonitoringServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
MonitoringServer::~MonitoringServer() = default;
uint16_t MonitoringServer::port() const { return state_->server->port(); }

void MonitoringServer::changed() {
  const std::lock_guard lock(state_->mutex);
  if (std::exchange(state_->dirty, true)) return;
  state_->event.notify_one();
}

Result<std::unique_ptr<MonitoringServer>> MonitoringServer::start(MonitoringOptions options) {
  HttpServerOptions http;
  http.interface = options.interface;
  http.port = options.port;
  http.tls = options.tls;
  auto state = std::make_unique<State>(std::move(options));
  State* raw = state.get();
  raw->router.add_late("POST", kPath,
                       [raw](const Call& call, Respond respond) { raw->accept(call, std::move(respond)); });
  Result<std::unique_ptr<HttpServer>> server = HttpServer::start(
      http,
      [raw](const HttpRequest& request, const Respond& respond) { raw->router.answer(request, nobody_asks, respond); });
  if (!server.ok()) return annotate(server.status(), "start the server of monitoring assignments");
  raw->server = *std::move(server);
  raw->thread = std::thread([raw] { raw->loop(); });
  ::pthread_setname_np(raw->thread.native_handle(), "monitoring");
  return std::unique_ptr<MonitoringServer>(new MonitoringServer(std::move(state)));
}

}  // namespace weft::cp
