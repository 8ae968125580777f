#include "proxy/config/token.h"

#include "base/file.h"
#include "base/text.h"

namespace weft::proxy {
namespace {

bool base64url(std::string_view text) {
  return text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=") ==
         std::string_view::npos;
}

}  // namespace

Result<std::string> check_token(std::string_view text) {
  text = trim(text);
  if (text.empty()) return invalid("the token is empty");
  if (text.find_first_of("\r\n") != std::string_view::npos) return invalid("the token cannot contain line breaks");
  const auto parts = split(text, '.');
  // "eyJ" and its sisters: base64url of a JSON object's opening brace.
  const bool header = parts[0].starts_with("ey") || parts[0].starts_with("ew");
  if (parts.size() != 3 || !header || parts[1].empty()) return invalid("the token is not a JWT");
  for (std::string_view part : parts) {
    if (!base64url(part)) return invalid("the token is not a JWT");
  }
  return std::string(text);
}

Result<std::string> TokenSource::read() const {
  if (file_.empty()) return text_.empty() ? Result<std::string>("") : check_token(text_);
  Result<std::string> text = read_file(file_);
  if (!text.ok()) return annotate(text.status(), "token file");
  Result<std::string> token = check_token(*text);
  if (!token.ok()) return annotate(token.status(), cat("token file ", file_));
  return token;
}

}  // namespace weft::proxy
