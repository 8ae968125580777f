#include "proxy/net/first_word.h"

#include <array>

namespace weft::proxy {
namespace {

enum class Speaker : uint8_t { kClient, kService, kNobody };

// The service has spoken, or gone: whoever waits for the client looks around.
void on_service(void* client, Connection&) { static_cast<Connection*>(client)->nudge(); }

// To speak is also to close. The client comes first: nothing of the service has been passed on to it yet.
Task<Speaker> first_speaker(Worker& worker, const ListenerView& view, Connection& client, Connection& service) {
  TimePoint deadline = kNever;
  const Nanoseconds idle = view.current()->destination->connection.idle_timeout;
  if (idle.count() > 0) deadline = worker.loop.now() + idle;
  for (;;) {
    std::array<char, 1> first;
    if (!client.peek(first).would_block) co_return Speaker::kClient;
    // Since it came, plain traffic may have become unwelcome.
    if (is_strict(worker.snapshot.get(), *view.current()->destination)) co_return Speaker::kNobody;
    if (service.maybe_readable()) co_return Speaker::kService;
    const Wake wake = co_await client.readable(deadline);
    if (wake != Wake::kReady) co_return Speaker::kNobody;
  }
}

}  // namespace

Task<Entered> hear_first_word(Worker& worker, const ListenerView& view, Session& session, Connection& upstream) {
  for (;;) {
    upstream.set_idle_callback(&on_service, &session.connection);
    const Speaker speaker = co_await first_speaker(worker, view, session.connection, upstream);
    upstream.set_idle_callback(nullptr, nullptr);
    Entered entered;
    if (speaker == Speaker::kService) entered.how = Entrance::kServe;
    if (speaker == Speaker::kClient) entered = co_await enter(worker, view, session);
    if (entered.how != Entrance::kSilent) co_return entered;
  }
}

}  // namespace weft::proxy
