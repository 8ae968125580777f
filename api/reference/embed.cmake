# FROM, any file, as the C++ source TO.
file(READ ${FROM} hex HEX)
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${TO} "#include <string_view>
namespace weft::reference {
namespace {
constexpr unsigned char kBytes[] = {
${bytes}};
}  // namespace
std::string_view embedded_schemas() { return {reinterpret_cast<const char*>(kBytes), sizeof kBytes}; }
}  // namespace weft::reference
")
