#include "tools/bench/load/command.h"

#include <arpa/inet.h>

#include <string>

#include "base/text.h"

namespace weft::bench {
namespace {

bool parse_address(std::string_view text, sockaddr_in& out) {
  const size_t colon = text.rfind(':');
  uint16_t port = 0;
  if (colon == std::string_view::npos || !parse_number(text.substr(colon + 1), port)) return false;
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  return inet_pton(AF_INET, std::string(text.substr(0, colon)).c_str(), &out.sin_addr) == 1;
}

bool parse_fraction(std::string_view text, double& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out >= 0;
}

bool parse_protocol(std::string_view text, Protocol& out) {
  for (const auto& [name, protocol] : {std::pair("http1", Protocol::kHttp1),
                                       {"http2", Protocol::kHttp2},
                                       {"grpc", Protocol::kGrpc},
                                       {"grpc-stream", Protocol::kGrpcStream},
                                       {"websocket", Protocol::kWebSocket}}) {
    if (text != name) continue;
    out = protocol;
    return true;
  }
  return false;
}

bool set_option(LoadOptions& options, std::string_view name, std::string_view value) {
  if (name == "target") return parse_address(value, options.target);
  if (name == "size") return parse_number(value, options.size);
  if (name == "connections") return parse_number(value, options.connections);
  if (name == "opening") return parse_number(value, options.opening);
  if (name == "requests") return parse_number(value, options.requests);
  if (name == "warmup") return parse_fraction(value, options.warmup_seconds);
  if (name == "seconds") return parse_fraction(value, options.seconds);
  if (name == "rate") return parse_fraction(value, options.rate);
  if (name == "upload") return parse_number(value, options.upload);
  if (name == "streams") return parse_number(value, options.streams) && options.streams > 0;
  if (name == "protocol") return parse_protocol(value, options.protocol);
  if (name == "host") options.host = value;
  for (const auto& [flag, target] :
       {std::pair("reconnect", &options.reconnect), {"tls", &options.tls}, {"resume", &options.resume}}) {
    if (name != flag) continue;
    *target = value == "yes";
    return true;
  }
  return name == "host";
}

}  // namespace

Result<LoadOptions> parse_load(std::string_view words) {
  LoadOptions options;
  for (const std::string_view word : split(words, ' ')) {
    if (word.empty()) continue;
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos || !set_option(options, word.substr(0, equals), word.substr(equals + 1))) {
      return invalid(cat("cannot read '", word, "'"));
    }
  }
  if (options.target.sin_port == 0) return invalid("target=ADDRESS:PORT is missing");
  const bool one = options.protocol == Protocol::kHttp1 || options.protocol == Protocol::kWebSocket;
  if (one && options.streams > 1) return invalid("streams=N needs HTTP/2");
  return options;
}

}  // namespace weft::bench
