#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "http/context.h"
#include "http/message.h"
#include "http/route.h"
#include "http/route_tree.h"

namespace gnomon::base {
class BucketCounter;
class Counter;
}  // namespace gnomon::base

namespace gnomon::http {

// What the router knows of a request once its header is complete.
struct RouteMatch {
  const Route* route = nullptr;       // null: none has that path and method
  const RouteTable* table = nullptr;  // that answers; never null once found
  size_t number = 0;                  // of the route, among those of all tables; for its metrics
  uint8_t methods = 0;                // that the path has; 0: there is no such path
  std::optional<Refusal> refusal;     // then the handler does not run
};

// Finds the handler of a request and the tenant whose data it is about, and gives its answer the
// headers that all answers have in common: CORS, Vary, compression. Any thread; what the
// constructor takes must outlive it.
class Router {
 public:
  // REQUIRES: at least one table; the first answers for paths below no table's prefix. Two routes
  // with the same paths and a method in common are a bug and end the process.
  Router(std::span<const RouteTable> tables, const ServerContext& server, Tenancy tenancy);

  // Finds the route by the header of `request`, fills its path_parameters and decides what can be
  // decided before the body is read: above all whether it may be.
  RouteMatch find(Request& request) const;
  // The answer to a request that is not to be read or served: in the dialect of its API.
  Response refuse(const RouteMatch& match, Refusal refusal) const;
  // Runs the handler and counts the request. `match`: from find().
  Response respond(Request& request, const RouteMatch& match) const;
  // Both, for a request that is complete.
  Response respond(Request& request) const;

 private:
  // The metrics of one route, once looked up.
  struct Counted {
    std::atomic<base::Counter*> answered{nullptr};  // with status 200
    std::atomic<base::BucketCounter*> seconds{nullptr};
  };
  struct Entry {
    const Route* route;
    const RouteTable* table;
  };

  Result<void> add(const Route& route, const RouteTable& table);
  const RouteTable* table_of(std::string_view path) const;
  std::optional<Refusal> check(Request& request, const Route& route,
                               std::span<const std::string_view> values) const;
  Response answer(Request& request, const RouteMatch& match) const;
  Response handle(const Request& request, const RouteMatch& match) const;
  void count(const RouteMatch& match, int status, double seconds) const;

  std::span<const RouteTable> tables_;
  const ServerContext& server_;
  const Tenancy tenancy_;
  RouteTree tree_;
  std::vector<Entry> entries_;          // by the tree's numbers
  std::unique_ptr<Counted[]> counted_;  // the same; the last is for paths without a route
};

}  // namespace gnomon::http
