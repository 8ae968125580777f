// How much proxies of the mesh add to a head between them: who asks and how it came, a policy's line, the names as they
// were written. A proxy takes so much more from another one than from an application, or a message that the first one
// let in would fail at the second.
#pragma once

#include <cstddef>

namespace weft::proxy {

inline constexpr size_t kAddedHeadBytes = 3 * 1024;
inline constexpr size_t kAddedFields = 12;

}  // namespace weft::proxy
