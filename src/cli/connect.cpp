#include "src/cli/connect.h"

#include "adapters/backends.h"
#include "http/message.h"
#include "http/router.h"
#include "http/tenant.h"
#include "src/server/instance.h"

namespace gnomon::cli {
namespace {

// The HTTP API without HTTP: requests go straight to the router.
class LocalClient : public ApiClient {
 public:
  explicit LocalClient(std::unique_ptr<server::Instance> instance)
      : instance_(std::move(instance)) {}

  Result<ApiResponse> post(std::string_view path, std::string_view content_type,
                           std::string body) override {
    http::Request request;
    request.method = http::Method::Post;
    request.target = path;
    request.path = path;
    request.headers.push_back({"Content-Type", std::string(content_type)});
    request.body = std::move(body);
    http::Response response = instance_->router().respond(request);
    if (response.stream) {
      while (response.stream->next(response.body)) {
      }
    }
    return ApiResponse{response.status, std::move(response.body)};
  }

 private:
  std::unique_ptr<server::Instance> instance_;
};

}  // namespace

std::vector<Flag> connect_flags(Connect& target) {
  constexpr std::string_view kGroup = "Where the data is";
  return {
      text_flag("url", "URL", target.url, kGroup, "A running server."),
      text_flag("store", "URL", target.store, kGroup,
                "Instead of a server: open this store, for example sqlite:gnomon.db. No server may "
                "have it open."),
      text_flag("tenant", "NAME", target.tenant, kGroup,
                "Whose data, where --multi-tenant keeps it apart: in a server and in its store."),
      {"enable-feature", "LIST", "", kGroup,
       "With --store: feature flags, separated by commas, as for gnomon serve. May be repeated.",
       [&target](std::string_view names) -> Result<void> {
         server::append_features(names, target.features);
         return {};
       }},
  };
}

Result<std::unique_ptr<ApiClient>> connect(const Connect& target) {
  if (!target.tenant.empty()) TRY_VOID(http::check_tenant(target.tenant));
  if (target.store.empty()) return connect_server(target.url, target.tenant);
  server::InstanceOptions options;
  options.store = target.store;
  if (!target.tenant.empty()) {
    TRY(options.store, adapters::tenant_url(target.store, target.tenant));
  }
  options.store_options.retention_ms = 0;  // looking must not delete
  options.store_options.background = false;
  options.features = target.features;
  TRY(auto instance, server::Instance::open(options));
  return std::unique_ptr<ApiClient>(std::make_unique<LocalClient>(std::move(instance)));
}

}  // namespace gnomon::cli
