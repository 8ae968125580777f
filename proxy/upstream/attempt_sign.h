// What an attempt says of the instance it went to, for those who leave out who fails. Pure but for what a board counts;
// worker's thread only.
#pragma once

#include <optional>

#include "proxy/route/outlier_board.h"
#include "proxy/runtime/event_loop.h"
#include "proxy/upstream/retry.h"

namespace weft::proxy {

// Nothing: it says nothing of the instance.
std::optional<OutlierBoard::Sign> sign_of(const AttemptResult& result, const HeaderSource& answer);

// `backend` has a board, `endpoint` is one of its.
void report_attempt(const Backend& backend, const Endpoint& endpoint, const AttemptResult& result,
                    const HeaderSource& answer, TimePoint now);
// Of a TCP destination; `backend` may have no board.
void report_connect(const Backend& backend, const Endpoint& endpoint, bool connected, TimePoint now);

}  // namespace weft::proxy
