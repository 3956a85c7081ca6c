#include "http/tenant.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gnomon::http {
namespace {

using ::testing::HasSubstr;

TEST(Tenant, NamesAreShortAndPlain) {
  for (const char* name : {"a", "A-b_9", "-", "_"}) EXPECT_TRUE(valid_tenant(name)) << name;
  EXPECT_TRUE(valid_tenant(std::string(64, 'x')));
  EXPECT_FALSE(valid_tenant(std::string(65, 'x')));
  for (const char* name : {"", "a b", "a.b", "a/b", "..", "a|b", "\xc3\xa4", "a\n"}) {
    EXPECT_FALSE(valid_tenant(name)) << name;
  }
  EXPECT_FALSE(valid_tenant(std::string_view("a\0b", 3)));
}

TEST(Tenant, IsNamedByOneHeader) {
  EXPECT_EQ(*requested_tenant({{"Host", "h"}, {"x-scope-orgid", "acme"}}), "acme");
  EXPECT_THAT(requested_tenant({{"Host", "h"}}).error().message, HasSubstr("X-Scope-OrgID"));
  EXPECT_THAT(requested_tenant({{"X-Scope-OrgID", "a|b"}}).error().message, HasSubstr("\"a|b\""));
  // A proxy that checks the first and a server that reads the last would not agree.
  EXPECT_THAT(requested_tenant({{"X-Scope-OrgID", "a"}, {"X-Scope-OrgID", "a"}}).error().message,
              HasSubstr("more than once"));
}

}  // namespace
}  // namespace gnomon::http
