// Which web pages of other origins may call the API (the Fetch standard's CORS protocol). Immutable, any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "control-plane/source/http_message.h"

namespace re2 {
class RE2;
}

namespace weft::cp {

using CorsHeaders = std::vector<std::pair<std::string, std::string>>;

class Cors {
 public:
  // Regular expressions; an origin must fit one as a whole.
  explicit Cors(const std::vector<std::string>& allowed_origins);
  ~Cors();

  // Error: names the expression that is none.
  const Status& status() const { return status_; }

  // What is added to the answer; nothing: the request comes from no other page, or from one that may not.
  std::optional<CorsHeaders> headers_for(const HttpRequest& request) const;

 private:
  std::vector<std::unique_ptr<re2::RE2>> allowed_;
  Status status_;
};

// A browser asks whether it may ask.
bool is_preflight(const HttpRequest& request);

}  // namespace weft::cp
