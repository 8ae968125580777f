// Tests and sentences that several kinds share: addresses, ports, words of a list. Pure functions.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "policies/violations.h"

namespace weft::cp {

bool is_ip(const std::string& text);
// Host names may hold upper case and underscores where names of resources may not.
bool is_host_name(std::string_view text);

inline bool is_port(int64_t number) { return number >= 1 && number <= 65535; }

void check_host(const std::string& field, const std::string& address, Violations& violations);
void check_port(const std::string& field, int64_t port, Violations& violations);

// `"<subject>" must be one of ["a", "b"]`; nothing when `value` is one of them.
void check_word(const std::string& field, std::string_view subject, std::string_view value,
                std::initializer_list<std::string_view> words, Violations& violations);

// A template that can be read.
void check_template(const std::string& field, std::string_view text, Violations& violations);

}  // namespace weft::cp
