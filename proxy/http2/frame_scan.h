// Finds where frames begin in what a client sends, without reading more of them than their headers (RFC 9113 section
// 4.1). nghttp2 says nothing of frames that it ignores. Part of one session; worker's thread only.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weft::proxy {

class FrameScan {
 public:
  struct Begin {
    size_t at;  // of its header in the bytes at hand; 0 when that began before them
    uint8_t type;
    int32_t stream;
  };

  // The next frame whose header ends at or after `position` in `bytes`, which follow those of earlier calls; `position`
  // moves behind that header. None: `position` is at the end.
  std::optional<Begin> next(std::string_view bytes, size_t& position) {
    const size_t skipped = std::min(skip_, bytes.size() - position);
    skip_ -= skipped;
    position += skipped;
    if (position == bytes.size()) return std::nullopt;
    const size_t at = have_ == 0 ? position : 0;
    while (have_ < header_.size() && position < bytes.size())
      header_[have_++] = static_cast<uint8_t>(bytes[position++]);
    if (have_ < header_.size()) return std::nullopt;
    have_ = 0;
    skip_ = size_t{header_[0]} << 16 | size_t{header_[1]} << 8 | header_[2];
    const uint32_t stream =
        uint32_t{header_[5]} << 24 | uint32_t{header_[6]} << 16 | uint32_t{header_[7]} << 8 | header_[8];
    return Begin{at, header_[3], static_cast<int32_t>(stream & 0x7fffffff)};
  }

 private:
  static constexpr size_t kPreface = 24;
  size_t skip_ = kPreface;
  size_t have_ = 0;  // of a header
  std::array<uint8_t, 9> header_{};
};

}  // namespace weft::proxy
