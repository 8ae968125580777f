#include "control-plane/source/router.h"

#include "base/text.h"

namespace weft::cp {
namespace {

bool is_parameter(std::string_view segment) { return segment.starts_with('{'); }

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  for (const std::string_view segment : split(path, '/')) {
    if (!segment.empty()) segments.push_back(segment);
  }
  return segments;
}

HttpResponse plain(int status, std::string_view text) {
  return {status, cat(status, ": ", text, "\n"), "text/plain; charset=utf-8", {}};
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string_view>& segments) {
  if (pattern.size() != segments.size()) return false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (!is_parameter(pattern[i]) && pattern[i] != segments[i]) return false;
  }
  return true;
}

bool is_more_literal(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (is_parameter(a[i]) != is_parameter(b[i])) return is_parameter(b[i]);
  }
  return false;
}

bool accepts_json(std::string_view accept) {
  if (accept.empty()) return true;
  for (const std::string_view item : split(accept, ',')) {
    const std::string_view type = trim(split(item, ';').front());
    if (type == "*/*" || type == "application/*" || type == "application/json" || type == "text/plain") return true;
  }
  return false;
}

bool is_json(std::string_view content_type) {
  return equal_ignoring_case(trim(split(content_type, ';').front()), "application/json");
}

}  // namespace

void Router::add(std::string_view method, std::string_view path, Answer answer) {
  add_late(method, path,
           [answer = std::move(answer)](const Call& call, const Respond& respond) { respond(answer(call)); });
}

void Router::add_late(std::string_view method, std::string_view path, LateAnswer answer) {
  Route route{std::string(method), std::string(path), {}, std::move(answer)};
  for (const std::string_view segment : segments_of(path)) route.segments.emplace_back(segment);
  const bool is_left_out = std::any_of(route.segments.begin(), route.segments.end(), [this](const std::string& word) {
    return std::find(left_out_.begin(), left_out_.end(), word) != left_out_.end();
  });
  if (!is_left_out) routes_.push_back(std::move(route));
}

std::vector<std::pair<std::string, std::string>> Router::routes() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Route& route : routes_) out.emplace_back(route.method, route.path);
  return out;
}

void Router::set_base(std::string_view base) {
  base_ = cleaned_path(base);
  while (base_.ends_with('/')) base_.pop_back();
}

const Router::Route* Router::find(std::string_view method, const std::vector<std::string_view>& segments,
                                  bool* path_is_known) const {
  const Route* best = nullptr;
  for (const Route& route : routes_) {
    if (!matches(route.segments, segments)) continue;
    *path_is_known = true;
    if (route.method == method && (best == nullptr || is_more_literal(route.segments, best->segments))) best = &route;
  }
  return best;
}

void Router::set_observer(Observer observer) {
  observer_ = observer ? std::make_shared<const Observer>(std::move(observer)) : nullptr;
}

Respond Router::observe(std::string_view method, std::string_view path, Respond respond) const {
  return [observer = observer_, method = std::string(method), path = std::string(path), respond = std::move(respond),
          begin = std::chrono::steady_clock::now()](HttpResponse response) {
    (*observer)(method, path, response.status, std::chrono::steady_clock::now() - begin);
    respond(std::move(response));
  };
}

void Router::answer(const HttpRequest& request, const Identify& identify, const Respond& respond) const {
  const std::string_view target = request.target;
  const size_t mark = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, mark);
  const std::string_view query = mark < target.size() ? target.substr(mark + 1) : std::string_view();
  if (!path.starts_with('/')) return respond(plain(400, "the target must be a path"));
  if (const std::string clean = cleaned_path(path); clean != path) {
    HttpResponse moved = plain(307, "Temporary Redirect");
    moved.headers.emplace_back("Location", query.empty() ? clean : cat(clean, "?", query));
    return respond(std::move(moved));
  }
  const bool below_base = path.starts_with(base_) && (path.size() == base_.size() || path[base_.size()] == '/');
  if (!below_base) return respond(plain(404, "Page Not Found"));
  const std::vector<std::string_view> segments = segments_of(path.substr(base_.size()));
  bool path_is_known = false;
  const Route* route = find(request.method, segments, &path_is_known);
  if (route == nullptr) {
    return respond(path_is_known ? plain(405, "Method Not Allowed") : plain(404, "Page Not Found"));
  }
  const bool has_body = request.method == "PUT" || request.method == "POST";
  if (has_body && !is_json(request.header("content-type"))) return respond(plain(415, "Unsupported Media Type"));
  if (!accepts_json(request.header("accept"))) return respond(plain(406, "Not Acceptable"));

  Call call{request, Query(query), {}, route->path, Caller::anonymous()};
  for (size_t i = 0; i < segments.size(); ++i) {
    const std::string_view name = route->segments[i];
    if (is_parameter(name)) call.parameters.emplace(name.substr(1, name.size() - 2), percent_decoded(segments[i]));
  }
  const Respond observed = observer_ == nullptr ? respond : observe(route->method, route->path, respond);
  HttpResponse refusal;
  if (route->path != "/" && !identify(request, call.caller, refusal)) return observed(std::move(refusal));
  route->answer(call, observed);
}

}  // namespace weft::cp
