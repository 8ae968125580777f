// One canonical request (cases 18, 43 and 44 of the fault catalogue): what policies judge is what is forwarded, byte
// for byte, and all of it.
#include <poll.h>

#include <mutex>
#include <optional>

#include "tests/http/test_exchange.h"
#include "tests/support/corpus.h"

namespace weft::proxy {
namespace {

using test::HttpTest;
using test::Peer;
using test::status_of;

// Remembers what it was asked, and lets everything pass.
class Witness final : public Policy {
 public:
  struct Seen {
    std::string path;
    std::string authority;
    std::vector<std::pair<std::string, std::string>> headers;
  };
  bool judges_requests() const override { return true; }
  std::optional<Refusal> decide(const Request& request, Plan&) const override {
    const std::lock_guard lock(mutex_);
    seen_ = Seen{std::string(request.path), std::string(request.authority), {}};
    for (const Header& header : request.headers) seen_->headers.emplace_back(header.name, header.value);
    return std::nullopt;
  }
  std::optional<Seen> take() const {
    const std::lock_guard lock(mutex_);
    return std::exchange(seen_, std::nullopt);
  }

 private:
  mutable std::mutex mutex_;
  mutable std::optional<Seen> seen_;
};

struct C4Policies : HttpTest {
  void SetUp() override {
    witness = std::make_shared<Witness>();
    destination->direction = Direction::kInbound;
    destination->routes[0].policies = PolicyChain({witness});
    serve_http();
  }
  // What the service is sent of `request`; empty: it was refused with 400 before any policy was asked.
  std::string forwarded(std::string_view request) {
    Peer client = this->client();
    client.send(request);
    pollfd waiting[2] = {{service.socket.get(), POLLIN, 0}, {client.socket().get(), POLLIN, 0}};
    EXPECT_GT(poll(waiting, 2, 10000), 0);
    if ((waiting[0].revents & POLLIN) == 0) {
      EXPECT_EQ(status_of(client.head()), 400u) << request;
      EXPECT_FALSE(witness->take().has_value()) << request;
      return {};
    }
    Peer server = accept();
    std::string seen = server.head();
    server.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    EXPECT_EQ(status_of(client.head()), 200u);
    return seen;
  }
  std::shared_ptr<Witness> witness;
};

std::string value_of(std::string_view head, std::string_view name) {
  const size_t at = lower(head).find(cat("\r\n", name, ": "));
  if (at == std::string_view::npos) return "none";
  const size_t begin = at + name.size() + 4;
  return std::string(head.substr(begin, head.find("\r\n", begin) - begin));
}

TEST_F(C4Policies, C4_43_PoliciesJudgeThePathThatIsForwarded) {
  for (const std::string_view path :
       {"//admin", "/admin/", "/./admin", "/a/../admin", "/a/%2e%2e/admin", "/%61dmin", "/a%2fadmin", "/a\\admin",
        "/a/..\\admin", "/admin;x=/../y", "/admin;param", "/ADMIN", "/admin?next=/../x", "/%C3%A4", "/..", "/a/..%2fb",
        "/%252e%252e/admin"}) {
    const std::string head = forwarded(cat("GET ", path, " HTTP/1.1\r\nHost: a\r\n\r\n"));
    if (head.empty()) continue;
    const auto seen = witness->take();
    ASSERT_TRUE(seen.has_value()) << path;
    EXPECT_EQ(head.substr(0, head.find("\r\n")), cat("GET ", seen->path, " HTTP/1.1")) << path;
    EXPECT_EQ(seen->path.substr(0, seen->path.find('?')).find("/../"), std::string::npos) << path;
    EXPECT_EQ(seen->path.find("%2e"), std::string::npos) << path;
  }
}

TEST_F(C4Policies, C4_43_WhatCanBeReadInTwoWaysIsRefused) {
  for (const std::string_view path : {"/a%00b", "/a#f", "/%zz", "/a%", "/\xc0\xaf", "/\xc3\xa4"}) {
    EXPECT_EQ(forwarded(cat("GET ", path, " HTTP/1.1\r\nHost: a\r\n\r\n")), "") << path;
  }
}

TEST_F(C4Policies, C4_43_PoliciesJudgeTheAuthorityThatIsForwarded) {
  for (const std::string_view host : {"a", "A.Example", "a.", "a:8080", "a:80", "[::1]:80"}) {
    const std::string head = forwarded(cat("GET / HTTP/1.1\r\nHost: ", host, "\r\n\r\n"));
    if (head.empty()) continue;
    const auto seen = witness->take();
    ASSERT_TRUE(seen.has_value()) << host;
    EXPECT_EQ(seen->authority, value_of(head, "host")) << host;
  }
  const std::string head = forwarded("GET http://real/x HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_EQ(witness->take()->authority, "real");
  EXPECT_EQ(value_of(head, "host"), "real");
}

// All of them, in order, so that a kind can refuse when any fits and allow when all do.
TEST_F(C4Policies, C4_44_PoliciesSeeEveryValueOfAHeader) {
  const std::string head =
      forwarded("GET / HTTP/1.1\r\nHost: a\r\nx-role: user\r\nX-Role: a, admin\r\nX-ROLE:\r\nx_role: b\r\n\r\n");
  const auto seen = witness->take();
  ASSERT_TRUE(seen.has_value());
  std::string roles;
  for (const auto& [name, value] : seen->headers) {
    if (lower(name) == "x-role") append(roles, "[", value, "]");
  }
  EXPECT_EQ(roles, "[user][a, admin][]");
  EXPECT_NE(head.find("x-role: user\r\nX-Role: a, admin\r\nX-ROLE:\r\nx_role: b\r\n"), std::string::npos) << head;
}

TEST_F(C4Policies, C4_19_PoliciesDoNotSeeWhatIsNotForwarded) {
  const std::string head = forwarded(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: x-admin, x-forwarded-client-cert\r\nX-Admin: no\r\n"
      "X-Forwarded-Client-Cert: URI=spiffe://x/y\r\nAuthorization: me\r\n\r\n");
  const auto seen = witness->take();
  ASSERT_TRUE(seen.has_value());
  std::string names;
  for (const auto& [name, value] : seen->headers) append(names, lower(name), " ");
  EXPECT_EQ(names, "host authorization ");
  EXPECT_EQ(lower(head).find("x-admin"), std::string::npos);
}

// Applications that read '_' as '-' (CGI) must not be told a lie by a name that we would not recognise.
TEST_F(C4Policies, C4_18_AnUnderscoreCarriesNoIdentityPast) {
  const std::string head = forwarded(weft::test::corpus_file("head_edits/case18_underscored_identity"));
  EXPECT_EQ(lower(head).find("client"), std::string::npos) << head;
  EXPECT_EQ(lower(head).find("weft"), std::string::npos) << head;
  EXPECT_EQ(value_of(head, "x_role"), "kept");
}

}  // namespace
}  // namespace weft::proxy
