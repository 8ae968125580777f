// Documents that nobody should send, and writers that get in each other's way: a clear answer, and nothing lost.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "control-plane/source/api_test_fixture.h"

namespace weft::cp {
namespace {

using ::testing::HasSubstr;

class ApiBadDocuments : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    create_mesh("default");
  }
  TestAnswer put_retry(const std::string& body) { return client_->put("/meshes/default/meshretries/r", body); }
  // A 400 that says why, and a connection that goes on.
  void expect_refused(const TestAnswer& answer, std::string_view reason) {
    EXPECT_EQ(answer.status, 400) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(std::string(reason)));
    EXPECT_EQ(client_->get("/meshes/default").status, 200);
  }
};

TEST_F(ApiBadDocuments, NestedTooDeep) {
  const std::string deep = cat(std::string(100'000, '['), std::string(100'000, ']'));
  expect_refused(put_retry(cat(R"({"type":"MeshRetry","mesh":"default","name":"r","spec":)", deep, "}")), "64 deep");
}

TEST_F(ApiBadDocuments, TooLong) {
  const std::string body =
      cat(R"({"type":"Secret","mesh":"default","name":"s","data":")", std::string(9 * 1024 * 1024, 'A'), "\"}");
  EXPECT_EQ(client_->put("/meshes/default/secrets/s", body).status, 413);
  client_ = std::make_unique<TestClient>(server_->port());
  EXPECT_EQ(client_->get("/meshes/default/secrets/s").status, 404);
}

TEST_F(ApiBadDocuments, AKeyThatStandsTwiceIsTakenWithAWarning) {
  const TestAnswer answer =
      put_retry(R"({"type":"MeshRetry","mesh":"default","name":"r","spec":{"to":[{"targetRef":{"kind":"Mesh"},
                    "default":{"http":{"numRetries":1,"numRetries":2}}}]}})");
  EXPECT_EQ(answer.status, 201) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr("spec.to[0].default.http.numRetries stands twice"));
  EXPECT_EQ(at(client_->get("/meshes/default/meshretries/r"), {"spec", "to", "0", "default", "http", "numRetries"}),
            "2");
}

TEST_F(ApiBadDocuments, BytesThatAreNoText) {
  expect_refused(put_retry("{\"type\":\"MeshRetry\",\"mesh\":\"default\",\"name\":\"r\xff\"}"), "Bad Request");
  expect_refused(put_retry(R"({"type":"MeshRetry","mesh":"default","name":"r","labels":{"a":"\ud800"}})"),
                 "Bad Request");
  expect_refused(put_retry("{\"type\":\"MeshRetry\"," + std::string(1, '\0') + "}"), "Bad Request");
}

TEST_F(ApiBadDocuments, NulInATextNamesTheField) {
  expect_refused(put_retry(R"({"type":"MeshRetry","mesh":"default","name":"r\u0000"})"), "\"field\": \"name\"");
  expect_refused(put_retry(R"({"type":"MeshRetry","mesh":"default","name":"r","labels":{"a":"\u0000"},"spec":{}})"),
                 "labels[\\\"a\\\"]");
  const TestAnswer conf =
      put_retry(R"({"type":"MeshRetry","mesh":"default","name":"r","spec":{"to":[{"targetRef":{"kind":"Mesh",
                    "sectionName":"a\u0000b"},"default":{"http":{"numRetries":1}}}]}})");
  expect_refused(conf, "spec.to[0].targetRef.sectionName");
  expect_refused(put_retry(R"({"type":"MeshRetry","mesh":"default","name":"r","spec":{"to":[{"targetRef":{"kind":"Mesh",
                    "labels":{"a\u0000":"b"}},"default":{"http":{"numRetries":1}}}]}})"),
                 "spec.to[0].targetRef.labels");
}

TEST_F(ApiBadDocuments, NamesAndLabelsOutOfRule) {
  for (const std::string_view name : {"", "Upper", "a_b", "-a", "a..b", "a/b", "ä"}) {
    const TestAnswer answer = put_retry(cat(R"({"type":"MeshRetry","mesh":"default","name":")", name, "\"}"));
    EXPECT_EQ(answer.status, 400) << name;
  }
  const TestAnswer labels =
      put_retry(R"({"type":"MeshRetry","mesh":"default","name":"r","labels":{"a b":"x","ok":"no way"},"spec":{}})");
  EXPECT_EQ(at(labels, {"invalid_parameters", "0", "field"}), "labels[\"a b\"]");
  EXPECT_EQ(at(labels, {"invalid_parameters", "1", "field"}), "labels[\"ok\"]");
}

TEST_F(ApiBadDocuments, WhatIsReferredToMayComeLater) {
  EXPECT_EQ(client_
                ->put("/meshes/default/dataplanes/d",
                      dataplane("d", R"(,"outbound":[{"port":80,"backendRef":{"kind":"MeshService","name":"later",
                                       "port":80}}])"))
                .status,
            201);
  EXPECT_EQ(client_
                ->put("/meshes/default/meshexternalservices/e",
                      R"({"type":"MeshExternalService","mesh":"default","name":"e","spec":{"match":{"port":80},
                          "tls":{"enabled":true,"verification":{"caCert":{"type":"Secret","secretRef":
                          {"kind":"Secret","name":"later"}}}}}})")
                .status,
            201);
}

TEST_F(ApiBadDocuments, ManyWritersLoseNothing) {
  constexpr int kWriters = 8;
  constexpr int kEach = 25;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([this, w] {
      TestClient client(server_->port());
      for (int i = 0; i < kEach; ++i) {
        const std::string name = cat("d-", w, "-", i);
        EXPECT_EQ(client.put(cat("/meshes/default/dataplanes/", name), dataplane(name)).status, 201);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(at(client_->get("/meshes/default/dataplanes?size=1"), {"total"}), cat(kWriters * kEach));
}

TEST_F(ApiBadDocuments, AMeshThatGoesMeanwhileTakesNoResourceMore) {
  std::atomic<bool> done = false;
  std::thread remover([&] {
    TestClient client(server_->port());
    for (int i = 0; i < 30; ++i) {
      client.put("/meshes/flicker", R"({"type":"Mesh","name":"flicker"})");
      client.send("DELETE", "/meshes/flicker", "");
    }
    done = true;
  });
  while (!done) {
    const TestAnswer answer =
        client_->put("/meshes/flicker/secrets/s", R"({"type":"Secret","mesh":"flicker","name":"s"})");
    EXPECT_TRUE(answer.status == 201 || answer.status == 200 || answer.status == 404 || answer.status == 400)
        << answer.status << answer.body;
  }
  remover.join();
  EXPECT_EQ(client_->get("/meshes/flicker").status, 404);
  EXPECT_TRUE(world_->current()->table("Secret", "flicker")->empty());
}

TEST_F(ApiBadDocuments, AListIsOfOneMoment) {
  for (int i = 0; i < 20; ++i) {
    const std::string name = cat("stay-", i);
    ASSERT_EQ(client_->put(cat("/meshes/default/dataplanes/", name), dataplane(name)).status, 201);
  }
  std::atomic<bool> done = false;
  std::thread changer([&] {
    TestClient client(server_->port());
    for (int i = 0; i < 100; ++i) {
      client.put("/meshes/default/dataplanes/come-and-go", dataplane("come-and-go"));
      client.send("DELETE", "/meshes/default/dataplanes/come-and-go", "");
    }
    done = true;
  });
  while (!done) {
    const Result<Node> list = parse_json(client_->get("/meshes/default/dataplanes?size=100").body);
    ASSERT_TRUE(list.ok());
    const std::vector<Node>& items = list->find("items")->items;
    EXPECT_EQ(list->find("total")->text, cat(items.size()));
    EXPECT_TRUE(items.size() == 20 || items.size() == 21) << items.size();
    for (size_t i = 1; i < items.size(); ++i) EXPECT_LT(items[i - 1].find("name")->text, items[i].find("name")->text);
  }
  changer.join();
}

}  // namespace
}  // namespace weft::cp
