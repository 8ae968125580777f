// How Boost.Beast reads an HTTP/1 head: the second opinion that ours is compared with. For fuzz targets.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/beast/http/basic_parser.hpp>

#include "base/text.h"
#include "proxy/http/body.h"
#include "proxy/http/head_parser.h"

namespace weft::proxy::test {

// Beast's parser, which keeps what it sees in the order in which it sees it.
template <bool kIsRequest>
class BeastReading final : public boost::beast::http::basic_parser<kIsRequest> {
 public:
  using Text = boost::beast::string_view;
  using Error = boost::beast::error_code;
  std::string method;
  std::string target;
  int version = 0;
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  Error error;
  size_t size = 0;

  explicit BeastReading(std::string_view bytes) {
    this->header_limit(1 << 20);
    this->body_limit(boost::none);
    this->eager(false);
    size = this->put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  }
  bool refuses() const { return error && error != boost::beast::http::error::need_more; }

 private:
  static std::string_view view(Text text) { return {text.data(), text.size()}; }
  void on_request_impl(boost::beast::http::verb, Text name, Text path, int number, Error&) override {
    method = view(name);
    target = view(path);
    version = number;
  }
  void on_field_impl(boost::beast::http::field, Text name, Text value, Error&) override {
    fields.emplace_back(view(name), view(value));
  }
  void on_response_impl(int code, Text, int number, Error&) override {
    status = code;
    version = number;
  }
  void on_header_impl(Error&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, Error&) override {}
  size_t on_body_impl(Text body, Error&) override { return body.size(); }
  void on_chunk_header_impl(uint64_t, Text, Error&) override {}
  size_t on_chunk_body_impl(uint64_t, Text body, Error&) override { return body.size(); }
  void on_finish_impl(Error&) override {}
};

// Empty when both see the same fields, else what they disagree about.
template <typename Reading>
std::string compare_fields(const Head& head, const char* base, const Reading& theirs) {
  if (theirs.fields.size() != head.field_count()) return "the number of fields";
  for (size_t i = 0; i < head.field_count(); ++i) {
    if (head.name(base, head.field(i)) != theirs.fields[i].first) return cat("name of field ", i);
    if (head.value(base, head.field(i)) != theirs.fields[i].second) return cat("value of field ", i);
  }
  return "";
}

// The same of where the body ends.
template <typename Reading>
std::string compare_framing(const BodyFraming& body, const Reading& theirs) {
  using Kind = BodyFraming::Kind;
  if (theirs.chunked() != (body.kind == Kind::kChunked)) return "chunked or not";
  const auto length = theirs.content_length();
  if (body.kind == Kind::kLength && (!length || *length != body.length)) return "content-length";
  if (body.kind != Kind::kLength && length && *length != 0) return "a content-length only Beast sees";
  return "";
}

}  // namespace weft::proxy::test
