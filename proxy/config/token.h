// The credential a proxy shows to its control plane: a dataplane token (JWT), given as text or as a file that is read
// again at every attempt, so that a rotated file takes effect. Only its form is checked here; the control plane judges
// it. Control thread. The token itself never appears in an error.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace weft::proxy {

// Without surrounding white space. Error: not three base64url parts of which the first is a JSON object, or a line end
// inside.
Result<std::string> check_token(std::string_view text);

class TokenSource {
 public:
  // `file` wins; both empty: no token is sent.
  TokenSource(std::string text, std::string file) : text_(std::move(text)), file_(std::move(file)) {}
  // Error: names the file and what is wrong.
  Result<std::string> read() const;
  bool reloadable() const { return !file_.empty(); }

 private:
  std::string text_;
  std::string file_;
};

}  // namespace weft::proxy
