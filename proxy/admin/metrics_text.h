// Writes Prometheus text, line by line. For the files that write metrics only.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace weft::proxy {

class MetricsText {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    append(out_, "# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n");
  }
  void line(std::string_view name, std::string_view labels, auto value) {
    append(out_, name);
    if (!labels.empty()) append(out_, "{", labels, "}");
    append(out_, " ", value, "\n");
  }
  void single(std::string_view name, std::string_view type, std::string_view help, auto value) {
    family(name, type, help);
    line(name, "", value);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace weft::proxy
