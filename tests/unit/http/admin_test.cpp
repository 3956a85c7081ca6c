#include <gtest/gtest.h>

#include "http/context.h"
#include "http/message.h"
#include "http/prometheus/routes.h"
#include "http/router.h"
#include "src/storage/metrics/memory_store.h"

namespace gnomon::http {
namespace {

TEST(Admin, IsOffUnlessAskedFor) {
  storage::MemoryStore store;
  http::Context context;
  context.store = &store;
  const Router router(prometheus::routes(), context);
  for (const char* what : {"delete_series?match[]=a", "clean_tombstones"}) {
    Request request;
    request.method = Method::Post;
    request.target = std::string("/api/v1/admin/tsdb/") + what;
    request.path = request.target.substr(0, request.target.find('?'));
    const auto post = [&] { return router.respond(request); };
    context.admin_api = false;
    EXPECT_EQ(post().status, 500);
    EXPECT_EQ(post().body,
              R"({"status":"error","errorType":"unavailable","error":"admin APIs disabled"})");
    context.admin_api = true;
    EXPECT_EQ(post().status, 204);
  }
}

}  // namespace
}  // namespace gnomon::http
