#include "proxy/telemetry/unrouted.h"

namespace weft::proxy {

std::string_view unrouted_word(Unrouted why) {
  switch (why) {
    case Unrouted::kSilent: return "silent";
    case Unrouted::kIncomplete: return "incomplete";
    case Unrouted::kNotTls: return "not_tls";
    case Unrouted::kNoName: return "no_name";
    case Unrouted::kUnknownName: return "unknown_name";
    case Unrouted::kLeadsNowhere: return "leads_nowhere";
    case Unrouted::kOverloaded: return "overloaded";
    case Unrouted::kCount: break;
  }
  return "";
}

}  // namespace weft::proxy
