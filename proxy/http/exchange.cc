#include "proxy/http/exchange.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "proxy/http/grpc.h"
#include "proxy/http/refused_request.h"
#include "proxy/http/send.h"
#include "proxy/http/service_tunnel.h"
#include "proxy/http/trace_headers.h"
#include "proxy/route/router.h"

namespace weft::proxy {
namespace {

// All of it has come.
bool ended(const Answer& answer, const Lease& lease) {
  if (lease.stream != nullptr) return lease.stream->peer_ended();
  const BodyFraming& body = answer.admitted.body;
  const size_t come = answer.bytes.pending().size() - answer.head.size();
  return body.kind == BodyFraming::Kind::kNone || (body.kind == BodyFraming::Kind::kLength && body.length <= come);
}

}  // namespace

Exchange::Exchange(Worker& worker, Upstreams& upstreams, std::shared_ptr<const Listener> listener, ClientEnd& client,
                   const Head& head)
    : worker_(worker),
      upstreams_(upstreams),
      listener_(std::move(listener)),
      destination_(*listener_->destination),
      counters_(worker.counters.at(destination_.counters_slot)),
      client_(client),
      body_(client.request()),
      head_(head),
      started_(worker.loop.now()),
      limits_(worker.loop, *this),
      attempt_(worker, client, destination_.direction, head, request_, limits_, *this),
      call_(worker, upstreams, destination_.counters_slot, limits_) {
  worker_.counters.exchanges_started.add();
  counters_.requests.add();
  client_.attach(limits_, *this);
}

Exchange::~Exchange() {
  client_.detach();
  worker_.counters.exchanges_ended.add();
}

Task<AfterExchange> Exchange::run() {
  AfterExchange after = AfterExchange::kClose;
  ErrorReply error;
  if (!find_way(error)) {
    after = co_await reply(error);
  } else {
    limits_.start(plan_);
    request_.caller_line = client_.caller.line;
    attempt_.set_added_lines(added_lines());
    const Asked asked{request_.method, destination_.protocol, request_.upgrade, request_.http1_upgrade};
    CallResult result = co_await call_.run(*route_, plan_, asked, attempt_);
    outcome_.attempts = result.attempts;
    outcome_.reason = result.failure;
    if (result.exhausted) counters_.retries_exhausted.add();
    if (result.failure == Reason::kNone) {
      if (!result.withheld.empty()) tell_withheld(result.withheld);
      after = co_await relay(result.lease);
    } else if (result.failure != Reason::kDownstreamClosed) {
      const std::string_view detail = result.detail.empty() ? attempt_.answer().error : result.detail;
      error = reply_to_failure(result.failure, result.exhausted, body_.received(), detail);
      error.withheld = result.withheld;
      after = co_await reply(error);
    }
  }
  finish();
  co_return after;
}

// The canonical request, its route, and what the policies say. False: `error` is the answer.
bool Exchange::find_way(ErrorReply& error) {
  if (const BadMessage bad = admit()) {
    error = reply_to_bad_request(bad.status, bad.detail);
    log_refused(worker_, client_.caller, client_.address(), error);
    return false;
  }
  if (worker_.load->shedding()) {
    error = reply_to_failure(Reason::kOverloaded, false, body_.received(), {});
    return false;
  }
  route_ = match_route(destination_, request_.path);
  if (route_ == nullptr) {
    error = reply_to_failure(Reason::kNoRoute, false, body_.received(), {});
    return false;
  }
  // Let in before the proxy had an identity, or while it was permissive.
  if (!client_.caller.peer.authenticated && is_strict(worker_.snapshot.get(), destination_)) {
    error = reply_to_failure(Reason::kTlsRequired, false, body_.received(), {});
    client_.last = true;
    return false;
  }
  const std::optional<Refusal> refusal = decide(*route_);
  if (!refusal) return true;
  record(Denial::kEnforced, refusal->kind, refusal->origin);
  error = reply_to_refusal(*refusal);
  return false;
}

// Makes the canonical request and looks at the first bytes of its body.
BadMessage Exchange::admit() {
  if (const BadMessage large = too_large(head_, destination_.direction == Direction::kInbound)) {
    // The connection survives when the message certainly ends with its head.
    if (head_.framing_lost() || head_.has(HeaderId::kTransferEncoding) || head_.has(HeaderId::kContentLength)) {
      client_.distrust_rest();
    }
    request_.keep_alive = head_.minor_version() == 1 && !head_.has(HeaderId::kConnection);
    body_.begin(request_);
    return large;
  }
  if (const BadMessage bad = admit_request(head_, client_.head(), destination_.direction, request_)) {
    client_.distrust_rest();  // what follows cannot be told from its body
    return bad;
  }
  if (client_.tunnel() && !request_.upgrade) return {501, "no tunnel of this kind is carried"};
  if (worker_.limits.refuse_underscores && names_have_underscores(head_, client_.head())) {
    client_.distrust_rest();
    return {400, "underscore in a header name"};
  }
  if (request_.authority.empty()) {
    const bool brackets = listener_->address.find(':') != std::string::npos;  // IPv6
    default_authority_ = cat(brackets ? "[" : "", listener_->address, brackets ? "]:" : ":", listener_->port);
    request_.authority = default_authority_;
    request_.host_replaced = true;
  }
  if (body_.begin(request_)) return {};
  client_.distrust_rest();
  return {400, "malformed request body"};
}

std::optional<Refusal> Exchange::decide(const Route& route) {
  plan_ = route.plan;
  if (destination_.protocol == Protocol::kGrpc) plan_.retry = plan_.grpc_retry;
  plan_.caller_deadline = grpc_timeout(head_, client_.head());
  const Peer& peer = client_.caller.peer;
  if (!route.policies.judges() && !peer.authenticated) return std::nullopt;
  std::vector<Header> headers;
  if (route.policies.reads_headers()) {
    headers.reserve(head_.field_count());
    for (size_t i = 0; i < head_.field_count(); ++i) {
      if (request_.dropped.test(i)) continue;
      const Field& field = head_.field(i);
      headers.push_back({head_.name(client_.head(), field), head_.value(client_.head(), field)});
    }
  }
  Request judged{request_.method, request_.path, request_.authority, headers, peer};
  std::string source;
  if (route.policies.reads_source()) {
    source = client_.address();
    source.resize(std::min(source.size(), source.rfind(':')));
    judged.source = source;
    judged.lot = worker_.random.next();
  }
  std::optional<Refusal> refusal = route.policies.decide(judged, plan_);
  request_.answer_line = plan_.answer_line;
  if (!refusal && !plan_.shadow_denied_by.empty()) {
    record(Denial::kRehearsed, kPermissionKind, plan_.shadow_denied_by);
  }
  return refusal;
}

void Exchange::record(Denial denial, std::string_view kind, std::string_view policy) {
  const std::string address = client_.address();
  worker_.counters.denials.record({denial, destination_.counters_slot, destination_.name, kind, policy,
                                   client_.caller.peer, address, request_.method, request_.path},
                                  worker_.loop.now());
}

// What we add to every request: who it is and how it came, unless somebody said so already.
std::string_view Exchange::added_lines() {
  char* at = added_.data();
  const auto add = [&](std::string_view text) {
    text.copy(at, text.size());
    at += text.size();
  };
  const bool names_protocol = head_.has(HeaderId::kForwardedProto) && !request_.protocol_dropped;
  if (!names_protocol) add("x-forwarded-proto: http\r\n");
  if (!head_.has(HeaderId::kRequestId)) {
    add("x-request-id: ");
    at = write_uuid(worker_.random, at);
    add("\r\n");
  }
  return {added_.data(), static_cast<size_t>(at - added_.data())};
}

// The service's own answer, which the rule would have repeated.
void Exchange::tell_withheld(std::string_view limit) {
  answer_lines_ = cat(request_.answer_line, withheld_line(limit, destination_.direction));
  request_.answer_line = answer_lines_;
}

bool Exchange::closing() const {
  const bool draining =
      destination_.direction == Direction::kInbound ? worker_.draining_inbound : worker_.draining_outbound;
  return client_.last || draining || !request_.keep_alive || client_.gone();
}

Task<AfterExchange> Exchange::relay(Lease& lease) {
  // Neither a request that failed for good nor one whose answer has ended is worth the rest of its body.
  const bool worth_more = attempt_.answer().admitted.status < 400 && !ended(attempt_.answer(), lease);
  bool keep_alive = !closing() && (body_.received() || worth_more);
  outcome_.status = attempt_.answer().admitted.status;
  if (request_.grpc) outcome_.grpc_status = grpc_status_in(attempt_.answer().head, attempt_.answer().base);
  body_.settle();
  Relay relay(worker_, client_, attempt_, request_, limits_);
  relaying_ = &relay;
  outcome_.reason = co_await relay.run(lease, keep_alive);
  relaying_ = nullptr;
  if (relay.grpc_status() != Outcome::kNoGrpcStatus) outcome_.grpc_status = relay.grpc_status();
  if (outcome_.status == 101 && outcome_.reason == Reason::kNone) {
    const AfterExchange after = co_await switch_protocols(lease);
    co_return after;
  }
  attempt_.stop();
  if (outcome_.reason == Reason::kNone && relay.upstream_reusable()) {
    give_back(lease, upstreams_.pool, plan_, worker_.loop.now());
  }
  attempt_.answer().bytes.release();
  if (outcome_.reason != Reason::kNone) co_return AfterExchange::kCut;
  if (!keep_alive) client_.distrust_rest();
  co_return after_answer();
}

AfterExchange Exchange::after_answer() const {
  if (!body_.received()) return AfterExchange::kLinger;
  return closing() ? AfterExchange::kClose : AfterExchange::kKeep;
}

Task<AfterExchange> Exchange::switch_protocols(Lease& lease) {
  constexpr uint32_t kCancel = 8;  // RFC 8441 section 5: what a reset of a connection is to a stream
  ServiceTunnel service(lease, attempt_.answer(), worker_.buffers);
  const TunnelEnd client = client_.switch_protocols();
  Tunnel tunnel(worker_.loop, limits_, client, service.end());
  tunnel_ = &tunnel;
  outcome_.reason = co_await tunnel.run();
  tunnel_ = nullptr;
  if (outcome_.reason == Reason::kNone) co_return AfterExchange::kClose;
  client_.cut(kCancel);
  co_return AfterExchange::kCut;
}

Task<AfterExchange> Exchange::reply(const ErrorReply& error) {
  outcome_.status = error.status;
  outcome_.reason = error.reason;
  outcome_.grpc_status = grpc_status_for(error.status, error.reason);
  attempt_.stop();
  limits_.stop();
  if (!body_.received()) client_.distrust_rest();
  ReplyContext context;
  context.direction = destination_.direction;
  context.close = closing();
  context.http10_keep_alive = head_.minor_version() == 0;
  context.without_body = request_.is_head;
  context.grpc = is_grpc_call(head_, client_.head());
  const std::string text = write_reply(error, context);
  const bool sent = co_await client_.send_whole(text, worker_.loop.now() + kReplyTime);
  if (!sent) {
    client_.cut(kInternalError);
    co_return AfterExchange::kCut;
  }
  // After a refused head nobody knows what the client goes on to send.
  co_return context.close ? AfterExchange::kLinger : after_answer();
}

// Counts, tells the policies, and gives what follows the request back to the connection.
void Exchange::finish() {
  limits_.stop();
  const bool answered = outcome_.reason != Reason::kDownstreamClosed;
  if (outcome_.reason != Reason::kNone) counters_.failures[static_cast<size_t>(outcome_.reason)].add();
  const size_t status_class = answered && outcome_.status < 600 ? outcome_.status / 100 : 0;
  counters_.requests_by_class[status_class].add();
  if (request_.grpc) {
    outcome_.grpc = true;
    counters_.count_grpc(answered ? outcome_.grpc_status : Outcome::kNoGrpcStatus);
  }
  counters_.bytes_received.add(body_.bytes_received());
  counters_.bytes_sent.add(client_.bytes_sent());
  outcome_.total = Clock::now() - started_;
  outcome_.upstream = attempt_.waited;
  counters_.total.record(outcome_.total);
  counters_.upstream.record(outcome_.upstream);
  counters_.own.record(outcome_.total - outcome_.upstream);
  if (route_ != nullptr) route_->policies.observe(outcome_);
  client_.finish();
}

// Wakes what run() waits in, which may end the exchange: nothing is touched afterwards.
void Exchange::interrupt() {
  if (tunnel_ != nullptr) return tunnel_->interrupt(attempt_.interruption());
  if (relaying_ != nullptr) return relaying_->interrupt();
  call_.interrupt(attempt_.interruption());
}

}  // namespace weft::proxy
