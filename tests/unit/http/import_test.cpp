#include <gtest/gtest.h>

#include "http/message.h"
#include "src/storage/metrics/memory_store.h"
#include "tests/unit/http/one_tenant.h"

namespace gnomon::http {
namespace {

// A label of the URL for each of very many rows.
TEST(Import, WhatLabelsOfTheUrlBecomeIsLimited) {
  storage::MemoryStore store;
  const OneTenant one(store);
  const auto import = [&](int rows) {
    Request request;
    request.method = Method::Post;
    request.path = "/api/v1/import/prometheus";
    request.target = request.path + "?extra_label=x=" + std::string(60'000, 'v');
    for (int i = 0; i < rows; ++i) request.body += i % 2 == 0 ? "a 1\n" : "b 1\n";
    return one.router.respond(request);
  };
  EXPECT_EQ(import(2).status, 204);
  const Response refused = import(10'000);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.body,
            "the labels of 4194304 bytes of text with extra_label exceed the limit of 268435456 "
            "bytes\n");
}

}  // namespace
}  // namespace gnomon::http
