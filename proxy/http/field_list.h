// Heads as HTTP/2 has them: names and values, pseudo-headers first. Refers to what it was made of. Fields leave in the
// order they came in; a proxy of the mesh is told how their names were written, so that a peer of HTTP/1.1 at the other
// end sees what was sent. Lives on the stack of who sends a head; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "policies/request.h"
#include "proxy/http/admission.h"
#include "proxy/http/head_parser.h"

namespace weft::proxy {

struct Answer;

class FieldList {
 public:
  FieldList() = default;
  FieldList(const FieldList&) = delete;
  FieldList& operator=(const FieldList&) = delete;

  void add(std::string_view name, std::string_view value) {
    if (size_ == kMost) {
      overflowed_ = true;
      return;
    }
    std::construct_at(first() + size_++, Header{name, value});
  }
  // "name: value\r\n" each.
  void add_lines(std::string_view lines);
  // Those that are not dropped and do not belong to HTTP/1.1 alone.
  void add_fields(const Head& head, const char* base, const FieldMask& dropped);
  // kNames of those, when one of them has a capital letter.
  void add_names(const Head& head, const char* base, const FieldMask& dropped);

  std::span<const Header> all() const { return {first(), size_}; }
  bool overflowed() const { return overflowed_; }

 private:
  static constexpr size_t kMost = kFieldRoom + 24;
  Header* first() { return reinterpret_cast<Header*>(storage_.data()); }
  const Header* first() const { return reinterpret_cast<const Header*>(storage_.data()); }

  size_t size_ = 0;
  bool overflowed_ = false;
  alignas(Header) std::array<std::byte, kMost * sizeof(Header)> storage_;  // the first size_ are made
  std::array<char, 2048> names_;
};

// `added`: complete lines. `to_proxy`: it may be told of names.
void write_request_fields(const Head& head, const char* base, const AdmittedRequest& request, std::string_view added,
                          bool to_proxy, FieldList& out);
// `line`: what a policy adds, complete; empty: nothing.
void write_answer_fields(const Answer& answer, std::string_view line, bool to_proxy, FieldList& out);

}  // namespace weft::proxy
