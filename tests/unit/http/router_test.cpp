#include "http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <string>

#include "http/context.h"
#include "http/prometheus/routes.h"
#include "tests/unit/http/no_tenants.h"

namespace gnomon::http {
namespace {

using testing::HasSubstr;

Response show(const Request& request, const ServerContext&) {
  std::string text(method_name(request.method));
  for (const auto& [name, value] : request.path_parameters.pairs) text += ' ' + name + '=' + value;
  return text_response(200, text);
}
Response other(const Request&, const ServerContext&) { return text_response(200, "other"); }
Response stored(const Request&, const TenantContext&) { return text_response(200, "stored"); }
Response fail(const Request&, const ServerContext&) { throw std::bad_alloc(); }

// An API whose errors read "API <why>: <message>".
Response refuse(const Refusal& refusal) {
  Response response = plain_refusal(refusal);
  response.body = "API " + std::to_string(static_cast<int>(refusal.why)) + ": " + response.body;
  return response;
}

constexpr Route kApi[] = {
    {"/api/fail", kGet, Lane::Read, Access::Read, fail},
    {"/api/rules/<namespace>/<group*>", kGet | kDelete, Lane::Read, Access::Read, show},
    {"/api/rules/<ns>/<name*>", kPatch | kPut, Lane::Read, Access::Write, other},
    {"/api/secret", kPost, Lane::Read, Access::Admin, other},
    {"/api/store", kGet, Lane::Read, Access::Read, stored},
};
constexpr Route kPages[] = {
    {"/", kGet, Lane::Inline, Access::Public, other},
    {"/page", kGet | kHead, Lane::Inline, Access::Public, other},
};
constexpr RouteTable kTables[] = {{"/", kPages}, {"/api/", kApi, refuse, true}};

class RouterTest : public testing::Test {
 protected:
  Response ask(Method method, std::string target, Headers headers = {}) {
    Request request;
    request.method = method;
    request.path = target.substr(0, target.find('?'));
    request.target = std::move(target);
    request.headers = std::move(headers);
    return router_.respond(request);
  }
  std::string body(Method method, std::string target) {
    const Response response = ask(method, std::move(target));
    return std::to_string(response.status) + ' ' + response.body;
  }

  ServerContext context_;
  NoTenants no_tenants_;
  Router router_{kTables, context_, no_tenants_};
};

TEST_F(RouterTest, GivesHandlersWhatStoodForThePlaceholders) {
  EXPECT_EQ(body(Method::Get, "/api/rules/a%20b/c/d%2Fe?x=1"), "200 GET namespace=a b group=c/d/e");
  EXPECT_EQ(body(Method::Delete, "/api/rules/a/b"), "200 DELETE namespace=a group=b");
  EXPECT_EQ(body(Method::Patch, "/api/rules/a/b"), "200 other");
  EXPECT_EQ(body(Method::Put, "/api/rules/a/b"), "200 other");
  EXPECT_EQ(body(Method::Get, "/api/rules/%zz/b"),
            "400 API 2: 400 Bad Request: broken escape in the path\n");
}

TEST_F(RouterTest, RefusesInTheWordsOfTheApi) {
  EXPECT_EQ(body(Method::Get, "/api/none"), "404 API 0: 404 page not found\n");
  EXPECT_EQ(body(Method::Get, "/none"), "404 404 page not found\n");
  EXPECT_EQ(body(Method::Get, "/api"), "404 404 page not found\n");
  EXPECT_EQ(body(Method::Post, "/api/fail"), "405 API 1: Method Not Allowed\n");
  EXPECT_EQ(body(Method::Post, "/page"), "405 Method Not Allowed\n");
  EXPECT_EQ(body(Method::Get, "/api/fail"), "500 API 7: std::bad_alloc\n");
  EXPECT_THAT(body(Method::Get, "/api/store"), HasSubstr("400 API 5: this server keeps data by"));
  EXPECT_EQ(ask(Method::Get, "/api/store", {{"X-Scope-OrgID", "a"}}).body,
            "API 5: no store of a\n");
}

TEST_F(RouterTest, SaysWhichMethodsAPathHas) {
  const auto allow = [this](Method method, std::string target) {
    return std::string(find_header(ask(method, std::move(target)).headers, "Allow"));
  };
  EXPECT_EQ(allow(Method::Post, "/api/rules/a/b"), "DELETE, GET, OPTIONS, PATCH, PUT");
  EXPECT_EQ(allow(Method::Options, "/page"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(ask(Method::Options, "/page").status, 200);
  EXPECT_EQ(allow(Method::Get, "/page"), "");
  EXPECT_EQ(ask(Method::Options, "/none").status, 404);
}

TEST_F(RouterTest, OtherOriginsMayAskWhereTheTableSaysSo) {
  const Headers origin = {{"Origin", "http://x"}};
  const auto methods = [&](Method method, std::string target) {
    const Response response = ask(method, std::move(target), origin);
    return std::to_string(response.status) + ' ' +
           std::string(find_header(response.headers, "Access-Control-Allow-Methods"));
  };
  EXPECT_EQ(methods(Method::Get, "/api/rules/a/b"), "200 GET, POST, OPTIONS, DELETE, PATCH, PUT");
  EXPECT_EQ(methods(Method::Options, "/api/fail"), "204 GET, POST, OPTIONS");
  EXPECT_EQ(methods(Method::Options, "/api/none"), "204 GET, POST, OPTIONS");
  EXPECT_EQ(methods(Method::Get, "/page"), "200 ");
}

TEST_F(RouterTest, RightsAreDecidedByTheHeader) {
  Request request;
  request.method = Method::Post;
  request.path = request.target = "/api/secret";
  const RouteMatch denied = router_.find(request);
  ASSERT_TRUE(denied.refusal.has_value());
  EXPECT_EQ(denied.refusal->why, Refusal::Why::Access);
  EXPECT_EQ(body(Method::Post, "/api/secret"), "500 API 4: admin APIs disabled\n");
  context_.admin_api = true;
  EXPECT_FALSE(router_.find(request).refusal.has_value());
  EXPECT_EQ(body(Method::Post, "/api/secret"), "200 other");
}

TEST(RouterDeathTest, TwoRoutesOfTheSamePathsAndMethodsAreABug) {
  constexpr static Route kOne[] = {{"/a/<x>", kGet | kPost, Lane::Read, Access::Read, show}};
  constexpr static Route kTwo[] = {{"/a/<y>", kPost, Lane::Read, Access::Read, other}};
  constexpr static RouteTable kBoth[] = {{"/", kOne}, {"/a/", kTwo}};
  const ServerContext context;
  NoTenants no_tenants;
  EXPECT_DEATH(Router(kBoth, context, no_tenants), "/a/<x> and /a/<y>");
}

TEST(Routes, AreFoundByPathAndMethod) {
  const ServerContext context;
  NoTenants no_tenants;
  const Router router(prometheus::routes(), context, no_tenants);
  const auto find = [&router](std::string_view path, Method method) {
    Request request;
    request.method = method;
    request.path = request.target = path;
    return router.find(request).route;
  };
  for (const RouteTable& table : prometheus::routes()) {
    for (const Route& route : table.routes) {
      const Method method = (route.methods & kGet) != 0 ? Method::Get : Method::Post;
      EXPECT_EQ(find(route.path, method), &route);
      EXPECT_EQ(find(route.path, Method::Delete), nullptr);
    }
  }
  ASSERT_NE(find("/api/v1/label/job/values", Method::Get), nullptr);
  EXPECT_EQ(find("/api/v1/label/a/b/values", Method::Get), nullptr);
}

}  // namespace
}  // namespace gnomon::http
