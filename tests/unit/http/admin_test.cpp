#include <gtest/gtest.h>

#include "http/message.h"
#include "src/storage/metrics/memory_store.h"
#include "tests/unit/http/one_tenant.h"

namespace gnomon::http {
namespace {

TEST(Admin, IsOffUnlessAskedFor) {
  storage::MemoryStore store;
  OneTenant one(store);
  for (const char* what : {"delete_series?match[]=a", "clean_tombstones"}) {
    Request request;
    request.method = Method::Post;
    request.target = std::string("/api/v1/admin/tsdb/") + what;
    request.path = request.target.substr(0, request.target.find('?'));
    const auto post = [&] { return one.router.respond(request); };
    one.server.admin_api = false;
    EXPECT_EQ(post().status, 500);
    EXPECT_EQ(post().body,
              R"({"status":"error","errorType":"unavailable","error":"admin APIs disabled"})");
    one.server.admin_api = true;
    EXPECT_EQ(post().status, 204);
  }
}

}  // namespace
}  // namespace gnomon::http
