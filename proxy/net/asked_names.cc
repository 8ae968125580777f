#include "proxy/net/asked_names.h"

#include "base/log.h"
#include "proxy/tls/client_hello.h"

namespace weft::proxy {

void AskedNames::look(std::string_view bytes) {
  if (!begun_.empty()) {
    begun_ += bytes.substr(0, kMaxFirstBytes - begun_.size());
    bytes = begun_;
  }
  AskedName asked = read_asked_name(bytes);
  if (asked.state == AskedName::State::kPartial && ++looks_ < kLooks) {
    if (begun_.empty()) begun_ = bytes;
    return;
  }
  done_ = true;
  if (asked.state != AskedName::State::kNotTls) note(asked.name);
  begun_ = {};
}

void AskedNames::note(std::string_view name) {
  worker_->counters.at(slot_).connections_with_own_tls.add();
  if (!name.empty()) worker_->counters.asked_names.record(slot_, name);
  log_debug("a client brings its own TLS", {{"destination", destination_}, {"server_name", name}});
}

}  // namespace weft::proxy
