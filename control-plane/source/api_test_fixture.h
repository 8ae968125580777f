// A control plane's API on a store in memory, for tests: hooks that answer simply, and a client.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/document/document.h"
#include "control-plane/resource/labels.h"
#include "control-plane/source/api_server.h"
#include "control-plane/source/test_client.h"
#include "control-plane/store/sqlite_store.h"
#include "weft/v1/dataplane_insight.pb.h"
#include "weft/v1/secret.pb.h"

namespace weft::cp {

class ApiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    hooks_.mesh_companions = [](const Resource& mesh) -> Result<std::vector<ResourcePtr>> {
      auto key = std::make_shared<Resource>();
      key->key = {"Secret", mesh.key.name, cat("dataplane-token-signing-key-", mesh.key.name, "-1")};
      key->spec = std::make_shared<v1::Secret>();
      return std::vector<ResourcePtr>{key};
    };
    hooks_.authenticate = [](std::string_view token) -> Result<Caller> {
      if (token == "jo") return Caller{"jo", {std::string(kAuthenticated)}};
      if (token == "root") return Caller{"root", {std::string(kAdmin)}};
      return unauthenticated("no");
    };
    options_.interface = "127.0.0.1";
    options_.port = 0;
    options_.threads = 2;
    options_.hostname = "cp-1";
    start();
  }

  void start() {
    client_.reset();
    server_.reset();
    if (store_ == nullptr) {
      Result<std::unique_ptr<Store>> store = open_sqlite_store(":memory:");
      ASSERT_TRUE(store.ok()) << store.status();
      store_ = *std::move(store);
      Result<std::unique_ptr<WorldPublisher>> world = WorldPublisher::start(*store_);
      ASSERT_TRUE(world.ok()) << world.status();
      world_ = *std::move(world);
    }
    Result<std::unique_ptr<ApiServer>> server = ApiServer::start(options_, *store_, *world_, hooks_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    client_ = std::make_unique<TestClient>(server_->port());
  }

  void create_mesh(std::string_view name) {
    const TestAnswer answer = client_->put(cat("/meshes/", name), cat(R"({"type":"Mesh","name":")", name, "\"}"));
    ASSERT_EQ(answer.status, 201) << answer.body;
  }
  static std::string dataplane(std::string_view name, std::string_view more = "") {
    return cat(R"({"type":"Dataplane","mesh":"default","name":")", name,
               R"(","networking":{"address":"10.0.0.1","inbound":[{"port":80}])", more, "}}");
  }
  static std::string retry(std::string_view name, std::string_view conf = R"({"numRetries":3})") {
    return cat(R"({"type":"MeshRetry","mesh":"default","name":")", name,
               R"(","spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{"http":)", conf, "}}]}}");
  }
  // The text at a path of a JSON answer ("items[0].name"); "-" when there is nothing.
  static std::string at(const TestAnswer& answer, std::vector<std::string_view> path) {
    const Result<Node> document = parse_json(answer.body);
    if (!document.ok()) return "no JSON";
    const Node* node = &*document;
    for (const std::string_view step : path) {
      size_t index = 0;
      if (node->is_list() && parse_number(step, index))
        node = index < node->items.size() ? &node->items[index] : nullptr;
      else
        node = node->find(step);
      if (node == nullptr) return "-";
    }
    return node->is_null() ? "null" : node->text;
  }

  ApiOptions options_;
  ApiHooks hooks_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<WorldPublisher> world_;
  std::unique_ptr<ApiServer> server_;
  std::unique_ptr<TestClient> client_;
};

}  // namespace weft::cp
