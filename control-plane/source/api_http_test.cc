// Lists, identity, and what HTTP itself asks of the API.
#include <gmock/gmock.h>

#include <thread>

#include "base/document/document.h"
#include "base/log.h"
#include "control-plane/source/api_test_fixture.h"
#include "control-plane/source/diagnostics_server.h"

namespace weft::cp {
namespace {

using ::testing::HasSubstr;

using ApiLists = ApiTest;
using ApiHttp = ApiTest;
using ApiAccess = ApiTest;

TEST_F(ApiLists, PagesInOrder) {
  for (const char* name : {"m3", "m1", "m2"}) create_mesh(name);
  const TestAnswer first = client_->get("/meshes?size=2");
  EXPECT_EQ(at(first, {"total"}), "3");
  EXPECT_EQ(at(first, {"items", "1", "name"}), "m2");
  EXPECT_EQ(at(first, {"next"}), cat("http://localhost:", server_->port(), "/meshes?offset=2&size=2"));
  const TestAnswer second = client_->get("/meshes?size=2&offset=2");
  EXPECT_EQ(at(second, {"items", "0", "name"}), "m3");
  EXPECT_EQ(at(second, {"next"}), "null");
  EXPECT_EQ(at(client_->get("/meshes?offset=9"), {"items", "0"}), "-");
  EXPECT_EQ(at(client_->get("/meshes?name=3"), {"items", "0", "name"}), "m3");
}

TEST_F(ApiLists, TheNextPageKeepsTheQuestion) {
  create_mesh("default");
  for (const char* name : {"r1", "r2"})
    ASSERT_EQ(client_->put(cat("/meshes/default/meshretries/", name), retry(name)).status, 201);
  EXPECT_EQ(at(client_->get("/meshes/default/meshretries?name=r&size=1&filter[labels.kuma.io/mesh]=default"), {"next"}),
            cat("http://localhost:", server_->port(),
                "/meshes/default/meshretries?filter%5Blabels.kuma.io%2Fmesh%5D=default&name=r&offset=1&size=1"));
}

TEST_F(ApiLists, AWrongPageSaysWhatIsWrong) {
  const auto reason_of = [&](std::string_view query) {
    const TestAnswer answer = client_->get(cat("/meshes?", query));
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(at(answer, {"title"}), "Could not retrieve resources");
    return at(answer, {"detail"}) + "; " + at(answer, {"invalid_parameters", "0", "reason"});
  };
  EXPECT_EQ(reason_of("size=x"), "Invalid page size; invalid format");
  EXPECT_EQ(reason_of("size=0"), "Invalid page size; must be greater than 0");
  EXPECT_EQ(reason_of("size=2000"), "Invalid page size; invalid page size of 2000. Maximum page size is 1000");
  EXPECT_EQ(reason_of("offset=x"), "invalid: invalid offset: strconv.Atoi: parsing \"x\": invalid syntax; -");
}

TEST_F(ApiLists, FiltersByLabelTagAndGateway) {
  create_mesh("default");
  ASSERT_EQ(client_
                ->put("/meshes/default/dataplanes/d1", R"({"type":"Dataplane","mesh":"default","name":"d1",
    "labels":{"team":"shop"},"networking":{"address":"10.0.0.1"}})")
                .status,
            201);
  ASSERT_EQ(client_
                ->put("/meshes/default/dataplanes/g1", R"({"type":"Dataplane","mesh":"default","name":"g1",
    "networking":{"address":"10.0.0.2","gateway":{"tags":{"edge":"north-1"}}}})")
                .status,
            201);
  const auto names = [&](std::string_view query) {
    const TestAnswer answer = client_->get(cat("/meshes/default/dataplanes?", query));
    return at(answer, {"total"}) + at(answer, {"items", "0", "name"});
  };
  EXPECT_EQ(names("filter[labels.team]=shop"), "1d1");
  EXPECT_EQ(names("filter%5Blabels.team%5D=other"), "0-");
  EXPECT_EQ(names("tag=team:sho"), "1d1");
  EXPECT_EQ(names("tag=edge:north"), "1g1");
  EXPECT_EQ(names("tag=nonsense"), "2d1");
  EXPECT_EQ(names("gateway=true"), "1g1");
  EXPECT_EQ(names("gateway=false"), "1d1");
  TestAnswer bad = client_->get("/meshes/default/dataplanes?filter[foo.bar]=x");
  EXPECT_EQ(at(bad, {"invalid_parameters", "0", "field"}), "/meshes/{mesh}/dataplanes.filter[foo.bar]");
  bad = client_->get("/meshes/default/dataplanes?filter[labels.k][eq]=x");
  EXPECT_EQ(at(bad, {"invalid_parameters", "0", "reason"}), "advanced filters are not supported");
  bad = client_->get("/meshes/default/dataplanes?gateway=x");
  EXPECT_EQ(at(bad, {"invalid_parameters", "0", "reason"}), "should use `true`, `false` or `delegated` instead of x");
}

TEST_F(ApiLists, AllMeshesAtOnce) {
  create_mesh("default");
  ASSERT_EQ(client_->put("/meshes/default/dataplanes/d", dataplane("d")).status, 201);
  EXPECT_EQ(at(client_->get("/dataplanes"), {"items", "0", "name"}), "d");
}

TEST_F(ApiLists, OverviewsShowTheConnection) {
  hooks_.insight = [](std::string_view, std::string_view name) -> std::shared_ptr<const v1::DataplaneInsight> {
    if (name != "d1") return nullptr;
    auto insight = std::make_shared<v1::DataplaneInsight>();
    insight->add_subscriptions()->set_id("s-1");
    return insight;
  };
  start();
  create_mesh("default");
  for (const char* name : {"d1", "d2"})
    ASSERT_EQ(client_->put(cat("/meshes/default/dataplanes/", name), dataplane(name)).status, 201);
  const TestAnswer many = client_->get("/meshes/default/dataplanes/_overview");
  EXPECT_EQ(at(many, {"items", "0", "type"}), "DataplaneOverview");
  EXPECT_EQ(at(many, {"items", "0", "dataplaneInsight", "subscriptions", "0", "id"}), "s-1");
  EXPECT_EQ(at(many, {"items", "1", "dataplane", "networking", "address"}), "10.0.0.1");
  EXPECT_EQ(at(client_->get("/meshes/default/dataplanes/d1/_overview"), {"name"}), "d1");
  EXPECT_EQ(at(client_->get("/dataplanes+insights"), {"total"}), "2");
  EXPECT_EQ(client_->get("/meshes/default/dataplanes/d9/_overview").status, 404);
}

TEST_F(ApiHttp, SaysWhoItIs) {
  const TestAnswer answer = client_->get("/");
  EXPECT_EQ(at(answer, {"product"}), "Kuma");
  EXPECT_EQ(at(answer, {"hostname"}), "cp-1");
  EXPECT_THAT(at(answer, {"version"}), HasSubstr("preview"));
}

TEST_F(ApiHttp, ListsItsKinds) {
  const TestAnswer answer = client_->get("/_resources");
  EXPECT_EQ(at(answer, {"resources", "0", "name"}), "Dataplane");
  EXPECT_THAT(answer.body, HasSubstr("\"hasToTargetRef\": true"));
  EXPECT_THAT(client_->get("/policies").body, HasSubstr("\"name\": \"MeshRetry\""));
}

TEST_F(ApiHttp, PathsMethodsAndTypesThatDoNotFit) {
  create_mesh("default");
  EXPECT_EQ(client_->get("/nothing/here").status, 404);
  EXPECT_THAT(client_->get("/nothing").header("content-type"), HasSubstr("text/plain"));
  EXPECT_EQ(client_->send("HEAD", "/meshes").status, 405);
  EXPECT_EQ(client_->send("OPTIONS", "/meshes").status, 405);
  EXPECT_EQ(client_->send("POST", "/meshes", "{}").status, 405);
  EXPECT_EQ(client_->send("PUT", "/meshes/m", "").status, 415);
  EXPECT_EQ(client_->send("PUT", "/meshes/m", "{}", "Content-Type: application/yaml\r\n").status, 415);
  EXPECT_EQ(client_->send("GET", "/meshes", "", "Accept: application/xml\r\n").status, 406);
  EXPECT_EQ(client_->get("/meshes/").status, 200);
  const TestAnswer moved = client_->get("//meshes?size=1");
  EXPECT_EQ(moved.status, 307);
  EXPECT_EQ(moved.header("location"), "/meshes?size=1");
  const TestAnswer below = client_->get("/meshes/default/dataplanes/d/nonsense");
  EXPECT_EQ(below.status, 404);
  EXPECT_EQ(at(below, {"detail"}), "Not found");
}

TEST_F(ApiHttp, TakesALargeBody) {
  create_mesh("default");
  const std::string body =
      cat(R"({"type":"Secret","mesh":"default","name":"s","data":")", std::string(2'000'000, 'A'), "\"}");
  EXPECT_EQ(client_->put("/meshes/default/secrets/s", body).status, 201);
  EXPECT_EQ(client_->get("/meshes/default/secrets/s").body.size() / 1'000'000, 2u);
}

TEST_F(ApiHttp, WaitsForDelivery) {
  hooks_.delivery = [](std::string_view mesh, uint64_t revision, std::chrono::milliseconds wait, auto answer) {
    EXPECT_EQ(mesh, "default");
    EXPECT_EQ(wait.count(), 60'000);
    DeliveryProgress progress;
    progress.revision = revision;
    progress.total = 3;
    progress.active = 2;
    progress.elapsed_ms = 7.5;
    progress.late = {"web-1"};
    progress.refused = {{"web-2", "item", "why"}};
    std::thread([answer, progress] { answer(progress); }).detach();
  };
  start();
  create_mesh("default");
  const TestAnswer answer = client_->get("/meshes/default/_delivery?revision=7&wait=10m");
  EXPECT_EQ(at(answer, {"revision"}), "7");
  EXPECT_EQ(at(answer, {"elapsedMs"}), "7.5");
  EXPECT_EQ(at(answer, {"late", "0"}), "web-1");
  EXPECT_EQ(at(answer, {"refused", "0", "reason"}), "why");
  EXPECT_EQ(client_->get("/meshes/default/_delivery?revision=x").status, 400);
  EXPECT_EQ(client_->get("/meshes/default/_delivery?wait=-1s").status, 400);
  EXPECT_EQ(client_->get("/meshes/no/_delivery").status, 404);
}

TEST_F(ApiHttp, IssuesDataplaneTokens) {
  hooks_.issue_dataplane_token = [](const DataplaneTokenRequest& request) -> Result<std::string> {
    if (request.mesh == "keyless") return not_found("no key");
    return cat(request.mesh, "|", request.name, "|", request.workload, "|", request.valid_for.count(), "|",
               request.tags.size());
  };
  start();
  const auto ask = [&](std::string_view body) { return client_->send("POST", "/tokens/dataplane", body); };
  const TestAnswer token = ask(
      R"({"mesh":"default","name":"web-1","workload":"web","type":"dataplane","validFor":"1h","tags":{"a":["b"]}})");
  EXPECT_EQ(token.status, 200);
  EXPECT_EQ(token.body, "default|web-1|web|3600|1");
  EXPECT_EQ(token.header("content-type"), "text/plain");
  EXPECT_THAT(ask(R"({"mesh":"m"})").body, HasSubstr("|315360000|"));
  const TestAnswer wrong = ask(R"({"type":"ingress","validFor":"soon"})");
  EXPECT_EQ(at(wrong, {"title"}), "Invalid request");
  EXPECT_EQ(at(wrong, {"invalid_parameters", "0", "field"}), "mesh");
  EXPECT_EQ(at(wrong, {"invalid_parameters", "1", "reason"}), "ingress is not a valid proxy type");
  EXPECT_EQ(at(wrong, {"invalid_parameters", "2", "field"}), "validFor");
  EXPECT_EQ(at(ask(R"({"mesh":"keyless"})"), {"title"}), "Signing Key not found");
  EXPECT_EQ(ask("[]").status, 400);
  EXPECT_EQ(client_->send("POST", "/tokens/dataplane", R"({"mesh":"m"})", "Host: elsewhere\r\n").status, 403);
}

TEST_F(ApiAccess, LocalhostIsAdministratorUnlessSomethingSaysOtherwise) {
  const auto who = [&](std::string headers) {
    return at(client_->send("GET", "/who-am-i", "", std::move(headers)), {"name"});
  };
  EXPECT_EQ(who(""), "mesh-system:admin");
  EXPECT_EQ(who("Host: 127.0.0.1:5681\r\n"), "mesh-system:admin");
  EXPECT_EQ(who("Host: [::1]:5681\r\n"), "mesh-system:admin");
  for (const char* headers :
       {"Host: cp.example\r\n", "X-Forwarded-For: 10.0.0.1\r\n", "X-Real-IP: 10.0.0.1\r\n", "Forwarded: for=x\r\n",
        "Sec-Fetch-Site: cross-site\r\n", "Origin: http://evil.example\r\n"}) {
    EXPECT_EQ(who(headers), "mesh-system:anonymous") << headers;
  }
  options_.localhost_is_admin = false;
  start();
  EXPECT_EQ(who(""), "mesh-system:anonymous");
}

TEST_F(ApiAccess, ATokenThatIsPresentedMustBeValid) {
  const TestAnswer refused = client_->send("GET", "/who-am-i", "", "Authorization: Bearer wrong\r\n");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(at(refused, {"title"}), "Invalid authentication data");
  EXPECT_EQ(at(client_->send("GET", "/who-am-i", "", "Authorization: Bearer jo\r\nHost: cp\r\n"), {"name"}), "jo");
  EXPECT_EQ(client_->send("GET", "/", "", "Authorization: Bearer wrong\r\n").status, 200) << "the index asks nobody";
}

TEST_F(ApiAccess, SecretsAreForAdministrators) {
  create_mesh("default");
  const std::string body = R"({"type":"Secret","mesh":"default","name":"s","data":"dGVzdAo="})";
  const std::string elsewhere = "Host: cp.example\r\n";
  for (const TestAnswer& answer : {client_->send("PUT", "/meshes/default/secrets/s", body, elsewhere),
                                   client_->send("GET", "/meshes/default/secrets", "", elsewhere),
                                   client_->send("GET", "/meshes/default/secrets/s", "", elsewhere),
                                   client_->send("GET", "/global-secrets", "", elsewhere),
                                   client_->send("DELETE", "/globalsecrets/s", "", elsewhere)}) {
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(at(answer, {"title"}), "Access Denied");
    EXPECT_THAT(
        at(answer, {"detail"}),
        HasSubstr("user \"mesh-system:anonymous/mesh-system:unauthenticated\" cannot access the resource of type \""));
  }
  EXPECT_EQ(
      client_->send("PUT", "/meshes/default/secrets/s", body, elsewhere + "Authorization: Bearer root\r\n").status,
      201);
  EXPECT_EQ(at(client_->get("/meshes/default/secrets/s"), {"data"}), "dGVzdAo=");
  EXPECT_EQ(client_->send("PUT", "/meshes/default/meshretries/r", retry("r"), elsewhere).status, 201)
      << "the rest is open";
}

TEST(Diagnostics, SaysWhetherItIsHealthyAndReady) {
  Status ready = unavailable("the store is closed");
  Result<std::unique_ptr<DiagnosticsServer>> server =
      DiagnosticsServer::start("127.0.0.1", 0, {[&] { return ready; }, [] { return std::string("weft_x 1\n"); }});
  ASSERT_TRUE(server.ok()) << server.status();
  TestClient client((*server)->port());
  EXPECT_EQ(client.get("/healthy").status, 200);
  EXPECT_EQ(client.get("/ready").status, 503);
  EXPECT_EQ(client.get("/ready").body, "the store is closed\n");
  ready = ok();
  EXPECT_EQ(client.get("/ready").status, 200);
  EXPECT_EQ(client.get("/metrics").body, "weft_x 1\n");
  EXPECT_EQ(client.get("/logging").status, 404);
}

TEST(Diagnostics, TheLogLevelIsReadChangedAndPutBack) {
  Result<std::unique_ptr<DiagnosticsServer>> server =
      DiagnosticsServer::start("127.0.0.1", 0, {.ready = {}, .metrics = {}, .log_level = "error"});
  ASSERT_TRUE(server.ok()) << server.status();
  ASSERT_TRUE(set_log_level("error"));
  TestClient client((*server)->port());
  const auto level = [&](const TestAnswer& answer) { return parse_json(answer.body).value().find("level")->text; };
  EXPECT_EQ(level(client.get("/logging")), "error");
  EXPECT_EQ(level(client.put("/logging", R"({"level":"off"})")), "off");
  EXPECT_EQ(log_level(), LogLevel::kOff);
  EXPECT_EQ(client.put("/logging", R"({"level":"loud"})").status, 400);
  EXPECT_EQ(client.put("/logging", R"({"component":"xds","level":"info"})").status, 400);
  EXPECT_EQ(client.put("/logging", "x").status, 400);
  EXPECT_EQ(log_level(), LogLevel::kOff);
  EXPECT_EQ(level(client.remove("/logging")), "error");
  EXPECT_EQ(log_level(), LogLevel::kError);
  set_log_level("info");
}

}  // namespace
}  // namespace weft::cp
