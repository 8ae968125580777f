// Request targets taken apart. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::cp {

// "%2F" -> "/"; a '%' that stands for nothing is kept. In queries '+' is a space.
std::string percent_decoded(std::string_view text, bool is_query = false);
// What a query value needs: letters, digits and -_.~ stay, a space becomes '+'.
std::string query_encoded(std::string_view text);

class Query {
 public:
  Query() = default;
  explicit Query(std::string_view text);

  bool has(std::string_view key) const;
  // The first value; empty when there is none.
  std::string_view get(std::string_view key) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return values_; }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

// One slash where several stand, "." and ".." resolved; still encoded.
std::string cleaned_path(std::string_view path);

}  // namespace weft::cp
