#include "proxy/http2/outbox.h"

#include <bit>
#include <cstring>
#include <span>
#include <utility>

namespace weft::proxy {

void Outbox::copy(std::string_view bytes) {
  if (bytes.empty()) return;
  if (!buffer_) buffer_ = buffers_.take();
  char* const to = buffer_.bytes() + used_;
  std::memcpy(to, bytes.data(), bytes.size());
  used_ += bytes.size();
  total_ += bytes.size();
  if (count_ > 0) {
    iovec& last = pieces_[count_ - 1];
    if (static_cast<char*>(last.iov_base) + last.iov_len == to) {
      last.iov_len += bytes.size();
      return;
    }
  }
  pieces_[count_++] = {to, bytes.size()};
}

void Outbox::refer(std::string_view bytes) {
  if (bytes.empty()) return;
  total_ += bytes.size();
  pieces_[count_++] = {std::bit_cast<char*>(bytes.data()), bytes.size()};
}

Outbox::Sent Outbox::send(Connection& connection) {
  size_t first = 0;
  IoResult io;
  while (total_ > 0) {
    io = connection.try_write(std::span<const iovec>(pieces_.data() + first, count_ - first));
    if (io.bytes == 0) break;
    total_ -= io.bytes;
    for (size_t left = io.bytes; left > 0;) {
      iovec& piece = pieces_[first];
      const size_t taken = left < piece.iov_len ? left : piece.iov_len;
      piece.iov_base = static_cast<char*>(piece.iov_base) + taken;
      piece.iov_len -= taken;
      left -= taken;
      if (piece.iov_len == 0) ++first;
    }
  }
  if (total_ > 0 && io.error == 0) {
    const iovec rest = pieces_[first];
    keep({static_cast<const char*>(rest.iov_base), rest.iov_len}, first + 1);
    return Sent::kBlocked;
  }
  const bool broken = total_ > 0;
  total_ = count_ = used_ = 0;
  buffer_.release();
  return broken ? Sent::kBroken : Sent::kAll;
}

// The rest, in one piece of our own.
void Outbox::keep(std::string_view first, size_t index) {
  if (index == count_ && buffer_ && first.data() >= buffer_.bytes() && first.data() < buffer_.bytes() + used_) {
    pieces_[0] = {std::bit_cast<char*>(first.data()), first.size()};
    count_ = 1;
    return;
  }
  Buffer kept = buffers_.take();
  size_t used = first.size();
  std::memcpy(kept.bytes(), first.data(), used);
  for (; index < count_; ++index) {
    std::memcpy(kept.bytes() + used, pieces_[index].iov_base, pieces_[index].iov_len);
    used += pieces_[index].iov_len;
  }
  buffer_ = std::move(kept);
  used_ = used;
  pieces_[0] = {buffer_.bytes(), used};
  count_ = 1;
}

}  // namespace weft::proxy
