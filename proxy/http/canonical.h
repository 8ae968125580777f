// The one form of a request's target and authority that is routed, judged and forwarded. Two spellings of one resource
// become the same bytes (RFC 3986 section 6.2.2); a spelling that servers read differently is refused. Pure functions;
// any thread.
#pragma once

#include <string>
#include <string_view>

namespace weft::proxy {

// The parts of a request-target (RFC 9112 section 3.2).
struct Target {
  enum class Form : uint8_t { kOrigin, kAbsolute, kAsterisk, kAuthority, kMalformed };
  Form form = Form::kMalformed;
  std::string_view path_and_query;  // "/" when an absolute form has no path; "*"
  std::string_view authority;       // of the absolute and the authority form
  bool https = false;               // the absolute form's scheme
};
Target split_target(std::string_view method, std::string_view target);

enum class PathResult : uint8_t { kUnchanged, kChanged, kRefused };

// Path part of `path_and_query` (which starts with '/'): dot segments resolved, "%41" -> "A" for unreserved characters,
// "%2f" -> "%2F", '\' -> '/'; "//" and "%2F" stay; '#', "%00", a broken escape or a byte that is not visible ASCII are
// refused. The query is kept byte for byte. kChanged: the canonical form is in `out`.
PathResult canonical_path(std::string_view path_and_query, std::string& out);

// host [":" port] without user information, fragment or anything a URI's host may not hold; not empty.
bool valid_authority(std::string_view authority);

}  // namespace weft::proxy
