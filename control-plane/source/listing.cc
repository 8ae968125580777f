#include "control-plane/source/listing.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "weft/v1/dataplane.pb.h"

namespace weft::cp {
namespace {

constexpr std::string_view kTitle = "Could not retrieve resources";
constexpr int64_t kDefaultPageSize = 100;
constexpr int64_t kMaxPageSize = 1000;
constexpr std::string_view kLabelFilter = "labels.";

struct Page {
  size_t size = kDefaultPageSize;
  size_t offset = 0;
};

Problem page_size_problem(std::string_view reason) {
  return {400, std::string(kTitle), "Invalid page size", {{"size", std::string(reason)}}};
}

std::optional<Problem> read_page(const Query& query, Page& page) {
  if (const std::string_view size = query.get("size"); !size.empty()) {
    int64_t value = 0;
    if (!parse_number(size, value)) return page_size_problem("invalid format");
    if (value <= 0) return page_size_problem("must be greater than 0");
    if (value > kMaxPageSize) {
      return page_size_problem(cat("invalid page size of ", value, ". Maximum page size is ", kMaxPageSize));
    }
    page.size = static_cast<size_t>(value);
  }
  if (const std::string_view offset = query.get("offset"); !offset.empty() && !parse_number(offset, page.offset)) {
    return Problem{400,
                   std::string(kTitle),
                   cat("invalid: invalid offset: strconv.Atoi: parsing \"", offset, "\": invalid syntax"),
                   {}};
  }
  return std::nullopt;
}

const v1::Dataplane* dataplane_of(const Resource& resource) {
  return google::protobuf::DynamicCastToGenerated<const v1::Dataplane>(resource.spec.get());
}

// What the query asks of each resource.
class Filter {
 public:
  std::optional<Problem> read(const Call& call) {
    name_ = call.query.get("name");
    const bool dataplanes = call.route.find("dataplanes") != std::string_view::npos;
    for (const auto& [key, value] : call.query.all()) {
      if (key.starts_with("filter[")) {
        if (std::optional<Problem> problem = label(call, key, value)) return problem;
      } else if (dataplanes && key == "tag") {
        const size_t colon = value.find(':');
        if (colon != std::string::npos) tags_.emplace_back(value.substr(0, colon), value.substr(colon + 1));
      } else if (dataplanes && key == "gateway") {
        if (value != "true" && value != "false" && value != "delegated") {
          return not_valid(kTitle, cat(call.route, ".gateway"),
                           cat("should use `true`, `false` or `delegated` instead of ", value));
        }
        gateway_ = value != "false";
      }
    }
    return std::nullopt;
  }

  bool takes(const Resource& resource) const {
    if (resource.key.name.find(name_) == std::string::npos) return false;
    for (const auto& [key, value] : labels_) {
      const auto found = resource.labels.find(key);
      if (found == resource.labels.end() || found->second != value) return false;
    }
    if (gateway_.has_value()) {
      const v1::Dataplane* dataplane = dataplane_of(resource);
      if (dataplane == nullptr || dataplane->networking().has_gateway() != *gateway_) return false;
    }
    return std::all_of(tags_.begin(), tags_.end(),
                       [&](const auto& tag) { return has_tag(resource, tag.first, tag.second); });
  }

 private:
  // "filter[labels.k]"; "filter[labels.k][eq]" is more than is offered.
  std::optional<Problem> label(const Call& call, const std::string& key, const std::string& value) {
    const size_t end = key.find(']');
    const std::string_view subject =
        std::string_view(key).substr(7, end == std::string::npos ? std::string::npos : end - 7);
    const std::string field = cat(call.route, ".", key);
    if (!subject.starts_with(kLabelFilter)) return not_valid(kTitle, field, "filters are only supported on labels");
    if (end == std::string::npos || end + 1 != key.size()) {
      return not_valid(kTitle, field, "advanced filters are not supported");
    }
    labels_.emplace_back(subject.substr(kLabelFilter.size()), value);
    return std::nullopt;
  }

  static bool has_tag(const Resource& resource, const std::string& key, const std::string& value) {
    const auto label = resource.labels.find(key);
    if (label != resource.labels.end() && label->second.find(value) != std::string::npos) return true;
    const v1::Dataplane* dataplane = dataplane_of(resource);
    if (dataplane == nullptr) return false;
    const auto& tags = dataplane->networking().gateway().tags();
    const auto tag = tags.find(key);
    return tag != tags.end() && tag->second.find(value) != std::string::npos;
  }

  std::string name_;
  std::vector<std::pair<std::string, std::string>> labels_, tags_;
  std::optional<bool> gateway_;
};

std::string next_url(const Call& call, const Page& page) {
  std::vector<std::pair<std::string, std::string>> values;
  for (const auto& value : call.query.all()) {
    if (value.first != "offset" && value.first != "size") values.push_back(value);
  }
  values.emplace_back("offset", cat(page.offset + page.size));
  values.emplace_back("size", cat(page.size));
  std::stable_sort(values.begin(), values.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  const std::string_view target = call.request.target;
  std::string url = cat(call.request.over_tls ? "https://" : "http://", call.request.header("host"),
                        target.substr(0, target.find('?')));
  char separator = '?';
  for (const auto& [key, value] : values) {
    append(url, separator, query_encoded(key), "=", query_encoded(value));
    separator = '&';
  }
  return url;
}

}  // namespace

HttpResponse list_response(const Call& call, const std::vector<ResourcePtr>& all, const WriteItem& write_item,
                           LastPage last_page) {
  Page page;
  Filter filter;
  if (std::optional<Problem> problem = read_page(call.query, page)) return to_response(*problem);
  if (std::optional<Problem> problem = filter.read(call)) return to_response(*problem);
  std::vector<ResourcePtr> taken;
  for (const ResourcePtr& resource : all) {
    if (filter.takes(*resource)) taken.push_back(resource);
  }
  JsonWriter out;
  out.begin_object();
  out.key("total");
  out.number(taken.size());
  out.key("items");
  out.begin_list();
  const size_t first = std::min(page.offset, taken.size());
  const size_t last = std::min(first + page.size, taken.size());
  for (size_t i = first; i < last; ++i) write_item(out, *taken[i]);
  out.end_list();
  if (last < taken.size()) {
    out.member("next", next_url(call, page));
  } else if (last_page == LastPage::kNullNext) {
    out.key("next");
    out.null();
  }
  out.end_object();
  return {200, out.take() + "\n", "application/json", {}};
}

}  // namespace weft::cp
