#include "proxy/tls/client_hello.h"

#include <gtest/gtest.h>

#include <string>

#include "proxy/tls/certificates_for_test.h"
#include "proxy/tls/client_hello_for_test.h"
#include "proxy/tls/stream.h"

namespace weft::proxy {
namespace {

std::string mesh_hello() {
  const test::TestAuthority root;
  auto stream = TlsStream::connect(test::member(root, "spiffe://td/web"), test::named({"spiffe://td/web"}),
                                   TlsApplication::kTcp, nullptr);
  std::string room(8192, '\0');
  stream->pipe.out = room;
  stream->handshake();
  room.resize(stream->pipe.out_size);
  return room;
}

std::string with_alpn(std::string hello, std::string_view from, std::string_view to) {
  for (size_t at = hello.find(from); at != std::string::npos; at = hello.find(from)) hello.replace(at, from.size(), to);
  return hello;
}

TEST(ClientHello, AMeshClientIsKnownByItsProtocolNames) {
  const std::string hello = mesh_hello();
  EXPECT_EQ(inspect_first_bytes(hello), FirstBytes::kMesh);
  EXPECT_EQ(inspect_first_bytes(with_alpn(hello, "weft/tcp", "http/1.1")), FirstBytes::kMesh) << "kuma is enough";
  const std::string foreign = with_alpn(with_alpn(hello, "weft/tcp", "http/1.1"), "kuma", "kumo");
  EXPECT_EQ(inspect_first_bytes(foreign), FirstBytes::kForeign);
}

TEST(ClientHello, TheFirstByteTellsTlsFromText) {
  for (const char* text : {"G", "GET / HTTP/1.1\r\n", "\x15\x03\x01", "SSH-2.0", "\x80\x2e\x01"}) {
    EXPECT_EQ(inspect_first_bytes(text), FirstBytes::kPlain) << text;
  }
  EXPECT_EQ(inspect_first_bytes("\x16"), FirstBytes::kPartial);
  EXPECT_EQ(inspect_first_bytes("\x16\x04"), FirstBytes::kPlain);
  EXPECT_EQ(inspect_first_bytes("\x16\x03"), FirstBytes::kPartial);
}

TEST(ClientHello, ItIsDecidedByTheWholeHelloHoweverItIsCut) {
  const std::string hello = mesh_hello();
  for (size_t size = 1; size < hello.size(); ++size) {
    ASSERT_EQ(inspect_first_bytes(hello.substr(0, size)), FirstBytes::kPartial) << size;
  }
  std::string pieces;
  for (const char byte : hello.substr(5)) pieces += std::string("\x16\x03\x01\x00\x01", 5) + byte;
  EXPECT_EQ(inspect_first_bytes(pieces), FirstBytes::kMesh);
}

TEST(ClientHello, WhatMakesNoSenseIsForeign) {
  EXPECT_EQ(inspect_first_bytes(std::string("\x16\x03\x01\x00\x04\x02\x00\x00\x00", 9)), FirstBytes::kForeign);
  std::string endless("\x16\x03\x01\x40\x00\x01\x00\xff\xff", 9);
  endless.resize(kMaxFirstBytes, 'x');
  EXPECT_EQ(inspect_first_bytes(endless), FirstBytes::kForeign);
}

using test::hello_asking;
using test::name_list;

TEST(AskedName, IsReadFromAHelloHoweverItIsCut) {
  using State = AskedName::State;
  const std::string hello = hello_asking(name_list("DB.Example-1.com"));
  for (size_t size = 1; size < hello.size(); ++size) {
    ASSERT_EQ(read_asked_name(hello.substr(0, size)).state, State::kPartial) << size;
  }
  EXPECT_EQ(read_asked_name(hello).state, State::kNamed);
  EXPECT_EQ(read_asked_name(hello).name, "db.example-1.com");
  std::string pieces;
  for (const char byte : hello.substr(5)) pieces += std::string("\x16\x03\x01\x00\x01", 5) + byte;
  EXPECT_EQ(read_asked_name(pieces).name, "db.example-1.com");
}

// Nobody knows which of them its server would take.
TEST(AskedName, AHelloThatAsksTwiceNamesNobody) {
  std::string hello = hello_asking(name_list("a.example"));
  const std::string asking = hello.substr(hello.size() - name_list("a.example").size() - 4);
  hello += asking;
  for (const size_t at : {size_t{3}, size_t{7}, size_t{50}}) {
    const size_t size = static_cast<uint8_t>(hello[at]) << 8 | static_cast<uint8_t>(hello[at + 1]);
    hello[at] = static_cast<char>((size + asking.size()) >> 8);
    hello[at + 1] = static_cast<char>(size + asking.size());
  }
  EXPECT_EQ(read_asked_name(hello).state, AskedName::State::kUnnamed);
}

TEST(AskedName, IsInTheFormInWhichNamesAreCompared) {
  EXPECT_EQ(read_asked_name(hello_asking(name_list("A.Example."))).name, "a.example");
  EXPECT_EQ(read_asked_name(hello_asking(name_list("sni.msvc.default.redis.6379"))).name,
            "sni.msvc.default.redis.6379");
  EXPECT_EQ(read_asked_name(hello_asking(name_list("_a.b_c"))).name, "_a.b_c");
}

TEST(AskedName, WhatIsNoNameIsNone) {
  using State = AskedName::State;
  EXPECT_EQ(read_asked_name("SSH-2.0").state, State::kNotTls);
  EXPECT_EQ(read_asked_name(hello_asking("")).state, State::kUnnamed);
  const std::string long_name(254, 'a');
  const std::string two = std::string("\0\x8", 2) + std::string("\0\0\1a\0\0\1b", 8);
  for (const std::string& list :
       {name_list("a b"), name_list("a\r\nx: y"), name_list(std::string("a\0b", 3)), name_list(""), name_list("."),
        name_list("a..b"), name_list(long_name), name_list("10.0.0.1"), name_list("::1"), two, name_list("a") + "x",
        std::string("\xff\xff\0\0\1a", 6), std::string()}) {
    const AskedName asked = read_asked_name(hello_asking(list));
    EXPECT_EQ(asked.state, State::kUnnamed) << list;
    EXPECT_EQ(asked.name, "");
  }
  std::string endless("\x16\x03\x01\x40\x00\x01\x00\xff\xff", 9);
  endless.resize(kMaxFirstBytes + 10, 'x');
  EXPECT_EQ(read_asked_name(endless).state, State::kUnnamed);
}

}  // namespace
}  // namespace weft::proxy
