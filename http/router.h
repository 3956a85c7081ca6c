#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/lanes.h"
#include "http/message.h"

namespace gnomon::base {
class BucketCounter;
class Counter;
}  // namespace gnomon::base

namespace gnomon::http {

struct Context;

// What of the data a handler touches. Where every tenant has data of its own, all but Server need
// to know whose.
enum class Scope : uint8_t { Server, Reads, Writes };

using Handler = Response (*)(const Request& request, const Context& context);

// Bits of Route::methods.
inline constexpr uint8_t kGet = 1;
inline constexpr uint8_t kPost = 2;
inline constexpr uint8_t kPut = 4;
inline constexpr uint8_t kHead = 8;

// One endpoint. A path segment <name> stands for any one segment.
struct Route {
  std::string_view path;
  uint8_t methods = kGet;
  Lane lane = Lane::Read;
  Scope scope = Scope::Server;
  Handler handler = nullptr;
  size_t body_bytes_max = 0;
  bool upgrade = false;  // may take over the connection
};

// Finds the handler of a request and the tenant whose data it is about, and gives its answer the
// headers that all answers have in common: CORS, Vary, compression. Any thread; routes and context
// must outlive it.
class Router {
 public:
  // `routes` sorted by path.
  Router(std::span<const Route> routes, const Context& context);

  // nullptr when there is none for that path and method: respond() then says so.
  const Route* find(std::string_view path, Method method) const;
  // Runs the handler and counts the request.
  Response respond(Request& request) const;
  const Context& context() const { return context_; }

 private:
  const Route* find_path(std::string_view path) const;
  Response answer(Request& request, const Route* route) const;
  Response handle(const Request& request, const Route& route) const;
  void count(const Route* route, int status, double seconds) const;

  // The metrics of one route, once looked up.
  struct Counted {
    std::atomic<base::Counter*> answered{nullptr};  // with status 200
    std::atomic<base::BucketCounter*> seconds{nullptr};
  };

  std::span<const Route> routes_;
  const Context& context_;
  std::unique_ptr<Counted[]> counted_;  // by route; the last is for paths without one
};

}  // namespace gnomon::http
