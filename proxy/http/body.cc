#include "proxy/http/body.h"

#include <algorithm>
#include <cstring>

#include "proxy/http/header_names.h"

namespace weft::proxy {

BodyReader::BodyReader(BodyFraming framing) : kind_(framing.kind), left_(framing.length) {
  switch (kind_) {
    case BodyFraming::Kind::kNone: state_ = State::kComplete; break;
    case BodyFraming::Kind::kLength: state_ = left_ == 0 ? State::kComplete : State::kContent; break;
    case BodyFraming::Kind::kChunked: state_ = State::kSizeFirst; break;
    case BodyFraming::Kind::kUntilClose:
    case BodyFraming::Kind::kStream: state_ = State::kContent; break;
  }
}

bool BodyReader::close() {
  if (kind_ == BodyFraming::Kind::kUntilClose) state_ = State::kComplete;
  return complete();
}

BodyReader::Stretch BodyReader::next(std::string_view bytes) {
  if (bytes.empty() || complete() || malformed()) return {};
  if (state_ == State::kContent) {
    if (kind_ == BodyFraming::Kind::kUntilClose) return {.size = bytes.size(), .content = true};
    const auto size = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
    left_ -= size;
    if (left_ == 0) state_ = kind_ == BodyFraming::Kind::kChunked ? State::kChunkCr : State::kComplete;
    return {.size = size, .content = true};
  }
  const bool trailers = in_trailers();
  size_t size = 0;
  while (size < bytes.size() && state_ != State::kContent && !complete() && in_trailers() == trailers) {
    framing_byte(bytes[size]);
    if (malformed()) return {};
    ++size;
  }
  return {.size = size, .trailers = trailers};
}

size_t BodyReader::take(std::string_view bytes) {
  size_t taken = 0;
  for (;;) {
    const Stretch stretch = next(bytes.substr(taken));
    if (stretch.size == 0) return taken;
    taken += stretch.size;
  }
}

void BodyReader::framing_byte(char c) {
  switch (state_) {
    case State::kSizeFirst:
    case State::kSize: size_byte(c); break;
    case State::kExtension: extension_byte(c); break;
    case State::kSizeLf:
      if (c == '\n') {
        after_size_line();
      } else {
        state_ = State::kMalformed;
      }
      break;
    case State::kChunkCr: state_ = c == '\r' ? State::kChunkLf : State::kMalformed; break;
    case State::kChunkLf:
      state_ = c == '\n' ? State::kSizeFirst : State::kMalformed;
      size_digits_ = 0;
      break;
    case State::kTrailerStart:
      name_size_ = 0;
      state_ = State::kTrailerName;
      if (c == '\r') {
        state_ = State::kEndLf;
      } else {
        trailer_name_byte(c);
      }
      break;
    case State::kTrailerName: trailer_name_byte(c); break;
    case State::kTrailerValue:
      if (c == '\r') {
        state_ = State::kTrailerLf;
      } else if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f || ++trailers_ > kMaxTrailers) {
        state_ = State::kMalformed;
      }
      break;
    case State::kTrailerLf: state_ = c == '\n' ? State::kTrailerStart : State::kMalformed; break;
    case State::kEndLf: state_ = c == '\n' ? State::kComplete : State::kMalformed; break;
    case State::kContent:
    case State::kComplete:
    case State::kMalformed: break;
  }
}

void BodyReader::size_byte(char c) {
  int digit = -1;
  if (c >= '0' && c <= '9') digit = c - '0';
  if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
  if (c >= 'A' && c <= 'F') digit = c - 'A' + 10;
  if (digit >= 0) {
    if (state_ == State::kSizeFirst) left_ = 0;
    // 15 digits stay far from overflow; nobody sends 10^18 bytes in a chunk.
    state_ = ++size_digits_ > 15 ? State::kMalformed : State::kSize;
    left_ = left_ * 16 + static_cast<uint64_t>(digit);
  } else if (state_ == State::kSize && c == '\r') {
    state_ = State::kSizeLf;
  } else if (state_ == State::kSize && c == ';') {
    state_ = State::kExtension;
    ++extended_chunks_;
  } else {
    state_ = State::kMalformed;
  }
}

void BodyReader::extension_byte(char c) {
  if (c == '\r') {
    state_ = State::kSizeLf;
  } else if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f || ++extensions_ > kMaxChunkExtensions) {
    state_ = State::kMalformed;
  }
}

void BodyReader::after_size_line() {
  state_ = left_ == 0 ? State::kTrailerStart : State::kContent;
  if (left_ > 0 && left_ <= kTinyChunk) ++tiny_chunks_;
}

void BodyReader::trailer_name_byte(char c) {
  if (++trailers_ > kMaxTrailers) {
    state_ = State::kMalformed;
  } else if (c == ':') {
    const std::string_view name(name_.data(), std::min<size_t>(name_size_, name_.size()));
    state_ = name_size_ == 0 || forbidden_in_trailers(name) ? State::kMalformed : State::kTrailerValue;
  } else if (!is_token_char(static_cast<unsigned char>(c))) {
    state_ = State::kMalformed;
  } else {
    if (name_size_ < name_.size()) name_[name_size_] = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    if (name_size_ < 255) ++name_size_;
  }
}

std::string_view ContentReader::take(std::span<char> bytes, size_t& used) {
  char* content = nullptr;
  size_t size = 0;
  used = 0;
  for (;;) {
    char* const at = bytes.data() + used;
    const BodyReader::Stretch stretch = body_.next({at, bytes.size() - used});
    if (stretch.size == 0) return {content, size};
    used += stretch.size;
    if (stretch.trailers) trailers_.append(at, stretch.size);
    if (!stretch.content) continue;
    if (content == nullptr) content = at;
    if (content + size != at) std::memmove(content + size, at, stretch.size);
    size += stretch.size;
  }
}

std::string_view ContentReader::trailers() const {
  const std::string_view lines = trailers_;
  return lines.substr(0, std::max<size_t>(lines.size(), 2) - 2);
}

}  // namespace weft::proxy
