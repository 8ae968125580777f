// Writes JSON text as the API prints it: one space of indentation a level, no escaping beyond what JSON needs. The
// caller keeps begin and end in balance. One owner, one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace weft::cp {

class JsonWriter {
 public:
  enum class Style { kPretty, kCompact };
  explicit JsonWriter(Style style = Style::kPretty) : style_(style) {}

  void begin_object() { begin('{'); }
  void end_object() { end('}'); }
  void begin_list() { begin('['); }
  void end_list() { end(']'); }
  void key(std::string_view name);
  void string(std::string_view value);
  void number(std::integral auto value) { raw(cat(value)); }
  void number(double value) { raw(cat(value)); }
  void boolean(bool value) { raw(value ? "true" : "false"); }
  void null() { raw("null"); }
  // A piece that is JSON already.
  void raw(std::string_view json);

  void member(std::string_view name, std::string_view value) {
    key(name);
    string(value);
  }
  void member(std::string_view name, const char* value) { member(name, std::string_view(value)); }
  void member(std::string_view name, bool value) {
    key(name);
    boolean(value);
  }

  std::string take() { return std::move(out_); }

 private:
  void begin(char bracket);
  void end(char bracket);
  void before_value();
  void new_line();

  Style style_;
  std::string out_;
  std::vector<bool> filled_;  // per open list or object: something is in it
  bool after_key_ = false;
};

}  // namespace weft::cp
