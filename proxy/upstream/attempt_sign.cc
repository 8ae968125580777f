#include "proxy/upstream/attempt_sign.h"

#include <vector>

#include "base/log.h"
#include "base/text.h"

namespace weft::proxy {
namespace {

using Sign = OutlierBoard::Sign;

Sign sign_of_status(uint16_t status) {
  if (status == 502 || status == 503 || status == 504) return Sign::kGatewayFailed;
  return status >= 500 ? Sign::kFailed : Sign::kGood;
}

// As which HTTP status a gRPC status counts, as far as it matters here.
uint16_t status_of_grpc(unsigned code) {
  switch (code) {
    case 2:   // UNKNOWN
    case 13:  // INTERNAL
    case 15:  // DATA_LOSS
      return 500;
    case 4: return 504;   // DEADLINE_EXCEEDED
    case 12: return 501;  // UNIMPLEMENTED
    case 14: return 503;  // UNAVAILABLE
    default: return 200;
  }
}

// Seldom enough for a line each: who is out stays out for a while.
void report(const Backend& backend, const Endpoint& endpoint, Sign sign, TimePoint now) {
  const auto index = static_cast<size_t>(&endpoint - backend.endpoints->endpoints.data());
  if (!backend.outliers->report(index, sign, now)) return;
  log_warning("an instance that fails is left out for a while",
              {{"service", backend.endpoints->name}, {"endpoint", endpoint.address.text()}});
}

}  // namespace

std::optional<Sign> sign_of(const AttemptResult& result, const HeaderSource& answer) {
  // The connection had idled; whoever closed it meant no request.
  if (result.died_on_reused) return std::nullopt;
  switch (result.failure) {
    case Reason::kNone: break;
    case Reason::kConnectFailure:
    case Reason::kConnectTimeout:
    case Reason::kTlsFailure:
    case Reason::kUpstreamClosed:
    case Reason::kUpstreamReset:
    case Reason::kUpstreamProtocolError:
    case Reason::kPerTryTimeout:
    case Reason::kRequestTimeout: return Sign::kNoAnswer;
    default: return std::nullopt;
  }
  if (result.status != 200) return sign_of_status(result.status);
  // A call that failed at once: its status stands in the head.
  std::vector<std::string_view> values;
  answer.values("grpc-status", values);
  unsigned code = 0;
  if (values.empty() || !parse_number(values.front(), code)) return Sign::kGood;
  return sign_of_status(status_of_grpc(code));
}

void report_attempt(const Backend& backend, const Endpoint& endpoint, const AttemptResult& result,
                    const HeaderSource& answer, TimePoint now) {
  if (const auto sign = sign_of(result, answer)) report(backend, endpoint, *sign, now);
}

void report_connect(const Backend& backend, const Endpoint& endpoint, bool connected, TimePoint now) {
  if (backend.outliers == nullptr) return;
  report(backend, endpoint, connected ? Sign::kGood : Sign::kNoAnswer, now);
}

}  // namespace weft::proxy
