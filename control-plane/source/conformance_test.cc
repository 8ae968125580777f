// The API against recorded answers of the contract's reference, for the kinds that exist here. Needs the data folder
// beside the project (or WEFT_CONFORMANCE); skipped without it.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <regex>

#include "base/document/print.h"
#include "base/file.h"
#include "control-plane/resource/decode.h"
#include "control-plane/source/api_test_fixture.h"

namespace weft::cp {
namespace {

// Answers whose wording is ours: what a JSON parser says of a broken text.
constexpr std::string_view kOwnWords[] = {"put_dataplanes_05.golden.json", "put_dataplanes_08.golden.json"};

std::string folder() {
  const char* named = std::getenv("WEFT_CONFORMANCE");
  return named != nullptr ? named : "../shared/conformance";
}

class ApiConformance : public ApiTest {
 protected:
  void SetUp() override {
    path_ = cat(folder(), "/kuma/api/crud/");
    if (!std::filesystem::exists(path_)) GTEST_SKIP() << "no conformance data at " << path_;
    ApiTest::SetUp();
  }

  std::string text(std::string_view file) {
    Result<std::string> bytes = read_file(cat(path_, file));
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    return bytes.ok() ? *bytes : std::string();
  }

  // Stored as it is written, without labels of the control plane. False when a kind does not exist here.
  bool load(std::string_view file) {
    const Result<std::vector<Node>> documents = parse_yaml(text(file));
    EXPECT_TRUE(documents.ok()) << documents.status();
    std::vector<Write> writes;
    for (const Node& document : *documents) {
      Decoded decoded = decode(document);
      if (decoded.kind == nullptr) return false;
      auto resource = std::make_shared<Resource>();
      resource->key = decoded.key;
      if (decoded.kind->is_global()) resource->key.mesh.clear();
      resource->labels = decoded.labels;
      resource->spec = decoded.spec;
      if (const Node* status = document.find("status"); status != nullptr && decoded.kind->status != nullptr) {
        std::shared_ptr<google::protobuf::Message> message(decoded.kind->status->New());
        EXPECT_TRUE(decode_message(compact_json(*status), *message).ok());
        resource->status = message;
      }
      writes.push_back({Write::Kind::kPut, resource->key, resource, std::nullopt});
    }
    uint64_t revision = 0;
    const Result<std::vector<ResourcePtr>> before = store_->list_all(&revision);
    for (const ResourcePtr& old : *before)
      writes.insert(writes.begin(), {Write::Kind::kDelete, old->key, nullptr, std::nullopt});
    EXPECT_TRUE(store_->write(writes).ok());
    return true;
  }

  // What may differ is made equal: times, the address, and escapes.
  std::string normal(std::string text) {
    static const std::regex times("20[0-9-]+T[0-9:.]+Z");
    text = std::regex_replace(text, times, "0001-01-01T00:00:00Z");
    static const std::regex address("localhost:[0-9]+|\\{\\{address\\}\\}");
    text = std::regex_replace(text, address, "address");
    const Result<Node> document = parse_json(text);
    EXPECT_TRUE(document.ok()) << document.status() << text;
    return document.ok() ? pretty_json(*document) : text;
  }

  static std::string word(const Node& node, std::string_view key) {
    const Node* found = node.find(key);
    return found == nullptr ? std::string() : found->text;
  }

  std::string path_;
};

TEST_F(ApiConformance, AnswersAsRecorded) {
  const Result<std::vector<Node>> index = parse_yaml(text("cases.yaml"));
  ASSERT_TRUE(index.ok()) << index.status();
  int compared = 0;
  for (const Node& test : index->front().find("cases")->items) {
    SCOPED_TRACE(word(test, "id"));
    if (!load(word(test, "input"))) continue;
    for (const Node& action : test.find("actions")->items) {
      const std::string target = word(action, "path");
      if (find_kind_by_path(split(target, '/').size() > 3 ? split(target, '/')[3]
                                                          : split(split(target, '/')[1], '?')[0]) == nullptr)
        continue;
      SCOPED_TRACE(word(action, "golden"));
      const std::string request = word(action, "request");
      const TestAnswer answer = client_->send(word(action, "method"), target, request.empty() ? "" : text(request));
      EXPECT_EQ(cat(answer.status), word(action, "status")) << answer.body;
      ++compared;
      bool own_words = false;
      for (const std::string_view ours : kOwnWords) own_words = own_words || ours == word(action, "golden");
      const std::string golden = text(word(action, "golden"));
      // Warnings about fields that mean nothing are ours alone.
      const bool warned = trim(golden) == "{}" && answer.body.find("\"warnings\"") != std::string::npos;
      if (own_words || warned) continue;
      EXPECT_EQ(normal(answer.body), normal(golden));
    }
  }
  EXPECT_GT(compared, 30);
}

}  // namespace
}  // namespace weft::cp
