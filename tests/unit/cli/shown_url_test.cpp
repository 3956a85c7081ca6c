#include "src/cli/shown_url.h"

#include <gtest/gtest.h>

namespace gnomon::cli {
namespace {

TEST(ShownUrl, HidesPasswords) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"sqlite:/a/b@c:d.db", "sqlite:/a/b@c:d.db"},
      {"memory:", "memory:"},
      {"postgres://host:5432/db?schema=x", "postgres://host:5432/db?schema=x"},
      {"postgres://me@host/db", "postgres://me@host/db"},
      {"postgres://me:secret@host:5432/db", "postgres://me:xxxxx@host:5432/db"},
      {"postgres://me:s@e:c/r@host/db", "postgres://me:xxxxx@host/db"},
      {"postgres://me@host/db?password=secret&schema=a:b@c&sslpassword=other",
       "postgres://me@host/db?password=xxxxx&schema=a:b@c&sslpassword=xxxxx"},
      {"clickhouse://u:@host", "clickhouse://u:xxxxx@host"},
  };
  for (const auto& [url, shown] : cases) EXPECT_EQ(shown_url(url), shown);
}

}  // namespace
}  // namespace gnomon::cli
