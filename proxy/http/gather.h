// One message as pieces of memory that leave together in one send: ranges of the original head around what was dropped
// and added, then body bytes. Points into buffers of its owner, which outlive it, but for small texts it keeps itself.
// Belongs to one exchange.
#pragma once

#include <sys/uio.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace weft::proxy {

class Gather {
 public:
  // Bytes that live as long as this message is being sent. Neighbours in memory become one piece.
  void refer(std::string_view bytes) {
    if (bytes.empty()) return;
    if (count_ > first_) {
      iovec& last = pieces_[count_ - 1];
      if (static_cast<char*>(last.iov_base) + last.iov_len == bytes.data()) {
        last.iov_len += bytes.size();
        total_ += bytes.size();
        return;
      }
    }
    if (count_ == kMaxPieces) flatten();
    pieces_[count_++] = {std::bit_cast<char*>(bytes.data()), bytes.size()};
    total_ += bytes.size();
  }

  // Copies `text`; for what the proxy adds. Texts that do not fit the inline room go to the heap.
  void copy(std::string_view text) {
    if (text.empty()) return;
    if (text.size() > scratch_.size() - scratch_used_) {
      own(std::string(text));
      return;
    }
    char* at = scratch_.data() + scratch_used_;
    std::memcpy(at, text.data(), text.size());
    scratch_used_ += text.size();
    refer({at, text.size()});
  }

  // Keeps `text`.
  void own(std::string text) {
    auto node = std::make_unique<Spilled>();
    node->text = std::move(text);
    node->before = std::move(spilled_);
    spilled_ = std::move(node);
    refer(spilled_->text);
  }

  // What is left to send, and the note that `sent` bytes of it went.
  std::span<const iovec> left() const { return {pieces_.data() + first_, count_ - first_}; }
  void consume(size_t sent) {
    total_ -= sent;
    while (sent > 0) {
      iovec& piece = pieces_[first_];
      if (sent < piece.iov_len) {
        piece.iov_base = static_cast<char*>(piece.iov_base) + sent;
        piece.iov_len -= sent;
        return;
      }
      sent -= piece.iov_len;
      ++first_;
    }
    if (total_ == 0) clear();
  }
  bool empty() const { return total_ == 0; }
  size_t size() const { return total_; }

  void clear() {
    first_ = count_ = total_ = scratch_used_ = 0;
    spilled_.reset();
  }

 private:
  static constexpr size_t kMaxPieces = 16;
  static constexpr size_t kScratch = 320;
  struct Spilled {
    std::string text;
    std::unique_ptr<Spilled> before;
  };

  // Many dropped lines: join everything so far into one piece. Rare.
  void flatten() {
    auto node = std::make_unique<Spilled>();
    node->text.reserve(total_);
    for (const iovec& piece : left()) node->text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    node->before = std::move(spilled_);
    spilled_ = std::move(node);
    first_ = 0;
    count_ = 1;
    pieces_[0] = {spilled_->text.data(), spilled_->text.size()};
  }

  size_t first_ = 0;
  size_t count_ = 0;
  size_t total_ = 0;
  size_t scratch_used_ = 0;
  std::unique_ptr<Spilled> spilled_;
  std::array<iovec, kMaxPieces> pieces_;  // [first_, count_) are set
  std::array<char, kScratch> scratch_;
};

}  // namespace weft::proxy
