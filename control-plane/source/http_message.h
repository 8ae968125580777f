// A request and an answer, without sockets. Plain data.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::cp {

struct HttpRequest {
  std::string method;                                        // "GET"
  std::string target;                                        // as sent: "/meshes/a%2Fb?size=1"
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  bool from_loopback = false;
  bool over_tls = false;

  // The first header of that (lower-case) name; empty when there is none.
  std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
  bool has_header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return true;
    }
    return false;
  }
};

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
};

// Called once, from any thread, at once or later.
using Respond = std::function<void(HttpResponse)>;

}  // namespace weft::cp
