// What is wrong with a document a user wrote: all of it at once, each with the path of its field. Plain data; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft {

struct Violation {
  std::string field;   // "spec.to[0].default.http.numRetries"; empty: the document itself
  std::string reason;  // "must be greater than 0"
  bool operator==(const Violation&) const = default;
};

class Violations {
 public:
  void add(std::string_view field, std::string_view reason) { list_.push_back({std::string(field), std::string(reason)}); }
  bool empty() const { return list_.empty(); }
  const std::vector<Violation>& list() const { return list_; }

 private:
  std::vector<Violation> list_;
};

}  // namespace weft
