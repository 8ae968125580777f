// Which function answers which method and path, and the answers to what fits none. Filled before the server starts,
// constant afterwards; any thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control-plane/source/caller.h"
#include "control-plane/source/http_message.h"
#include "control-plane/source/url.h"

namespace weft::cp {

// A request as its route sees it.
struct Call {
  const HttpRequest& request;
  Query query;
  std::map<std::string, std::string, std::less<>> parameters;  // decoded; "{mesh}" -> parameters["mesh"]
  std::string_view route;                                      // the template: "/meshes/{mesh}/dataplanes"
  Caller caller;

  const std::string& parameter(std::string_view name) const { return parameters.find(name)->second; }
};

class Router {
 public:
  // Answers at once.
  using Answer = std::function<HttpResponse(const Call& call)>;
  // Answers when it likes; `call` is gone when the function has returned.
  using LateAnswer = std::function<void(const Call& call, Respond respond)>;

  // `path`: "/meshes/{mesh}/dataplanes/{name}". Of several that fit, the one with literal text further left is taken.
  void add(std::string_view method, std::string_view path, Answer answer);
  void add_late(std::string_view method, std::string_view path, LateAnswer answer);

  // Routes with this word between slashes are not added any more.
  void leave_out(std::string_view word) { left_out_.emplace_back(word); }

  // Method and path of every route, as they were added.
  std::vector<std::pair<std::string, std::string>> routes() const;

  // What precedes every path ("/kuma"; "/" is nothing): other paths are unknown.
  void set_base(std::string_view base);

  // Called with every answer a route gave: its method and template, the status, and how long it took. Any thread; an
  // answer may come when the router is gone.
  using Observer = std::function<void(std::string_view method, std::string_view route, int status,
                                      std::chrono::steady_clock::duration duration)>;
  void set_observer(Observer observer);

  // `identify` says who asks, or answers itself; it is not asked for public routes ("/").
  using Identify = std::function<bool(const HttpRequest& request, Caller& caller, HttpResponse& refusal)>;
  void answer(const HttpRequest& request, const Identify& identify, const Respond& respond) const;

 private:
  struct Route {
    std::string method;
    std::string path;
    std::vector<std::string> segments;
    LateAnswer answer;
  };
  Respond observe(std::string_view method, std::string_view path, Respond respond) const;
  const Route* find(std::string_view method, const std::vector<std::string_view>& segments, bool* path_is_known) const;

  std::vector<Route> routes_;
  std::shared_ptr<const Observer> observer_;  // null: nobody asked
  std::vector<std::string> left_out_;
  std::string base_;  // without a slash at its end
};

}  // namespace weft::cp
