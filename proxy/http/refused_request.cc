#include "proxy/http/refused_request.h"

#include "base/log.h"

namespace weft::proxy {

void count_refused(Worker& worker, const Listener& listener, const ErrorReply& error) {
  DestinationCounters& counters = worker.counters.at(listener.destination->counters_slot);
  counters.requests.add();
  counters.requests_by_class[error.status / 100].add();
  counters.failures[static_cast<size_t>(error.reason)].add();
}

void log_refused(Worker& worker, const Caller& caller, std::string_view address, const ErrorReply& error) {
  if (worker.loop.now() < worker.quiet_about_refusals_until) return;
  worker.quiet_about_refusals_until = worker.loop.now() + std::chrono::seconds(1);
  log_warning("a request was refused", {{"peer", address},
                                        {"identity", caller.peer.authenticated ? caller.peer.identity : "unknown"},
                                        {"status", error.status},
                                        {"reason", error.body}});
}

}  // namespace weft::proxy
