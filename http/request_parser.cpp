#include "http/request_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/system/error_code.hpp>
#include <string>

#include "src/base/limits.h"

namespace gnomon::http {

namespace beast = boost::beast;
using boost::system::error_code;

namespace {

Method to_method(beast::http::verb verb) {
  switch (verb) {
    case beast::http::verb::get:
      return Method::Get;
    case beast::http::verb::head:
      return Method::Head;
    case beast::http::verb::post:
      return Method::Post;
    case beast::http::verb::put:
      return Method::Put;
    case beast::http::verb::delete_:
      return Method::Delete;
    case beast::http::verb::patch:
      return Method::Patch;
    case beast::http::verb::options:
      return Method::Options;
    default:
      return Method::Other;
  }
}

// A client that takes us for a proxy names us in the target: http://host/path is /path.
std::string_view origin_form(std::string_view target) {
  if (target.starts_with('/')) return target;
  size_t host = target.find("://");
  if (host == std::string_view::npos) return target;
  size_t path = target.find_first_of("/?", host + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

std::string limit_text(std::string_view what, size_t limit) {
  return std::string(what) + " exceeds the limit of " + std::to_string(limit) + " bytes\n";
}

}  // namespace

// Beast's parser.
class RequestParser::Impl final : public beast::http::basic_parser<true> {
 public:
  explicit Impl(Request& request) : request_(request) {
    header_limit(base::kHttpTargetBytesMax + base::kHttpHeaderBytesMax);
    body_limit(base::kWriteBytesMax);
  }

  error_code error;
  bool target_too_long = false;

 private:
  using View = beast::string_view;

  void on_request_impl(beast::http::verb verb, View, View target, int version,
                       error_code& failure) override {
    target_too_long = target.size() > base::kHttpTargetBytesMax;
    if (target_too_long) failure = beast::http::error::header_limit;
    request_.method = to_method(verb);
    request_.version = version;
    request_.target = origin_form({target.data(), target.size()});
    request_.path = request_.target.substr(0, request_.target.find('?'));
  }
  void on_field_impl(beast::http::field, View name, View value, error_code& failure) override {
    field_bytes_ += name.size() + value.size() + 4;
    if (field_bytes_ > base::kHttpHeaderBytesMax) failure = beast::http::error::header_limit;
    request_.headers.push_back(
        {std::string(name.data(), name.size()), std::string(value.data(), value.size())});
  }
  void on_body_init_impl(const boost::optional<uint64_t>& length, error_code&) override {
    if (length) request_.body.reserve(*length);
  }
  size_t on_body_impl(View body, error_code&) override {
    request_.body.append(body.data(), body.size());
    return body.size();
  }
  size_t on_chunk_body_impl(uint64_t, View body, error_code&) override {
    request_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_response_impl(int, View, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_chunk_header_impl(uint64_t, View, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  Request& request_;
  size_t field_bytes_ = 0;
};

RequestParser::RequestParser(Request& request) : impl_(std::make_unique<Impl>(request)) {}
RequestParser::~RequestParser() = default;

size_t RequestParser::put(std::string_view bytes) {
  return impl_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), impl_->error);
}

bool RequestParser::needs_more() const { return impl_->error == beast::http::error::need_more; }
bool RequestParser::header_done() const { return impl_->is_header_done(); }
bool RequestParser::done() const { return impl_->is_done(); }
bool RequestParser::keep_alive() const { return impl_->keep_alive(); }
bool RequestParser::upgrade() const { return impl_->upgrade(); }
void RequestParser::limit_body(size_t bytes) { impl_->body_limit(bytes); }

RequestParser::Failure RequestParser::failure() const {
  using E = beast::http::error;
  if (!impl_->error || impl_->error == E::need_more) return Failure::None;
  if (impl_->target_too_long) return Failure::TargetTooLong;
  if (impl_->error == E::header_limit) return Failure::HeaderTooLong;
  return impl_->error == E::body_limit ? Failure::BodyTooLong : Failure::Malformed;
}

Response RequestParser::refusal() const {
  switch (failure()) {
    case Failure::TargetTooLong:
      return text_response(414, limit_text("request target", base::kHttpTargetBytesMax));
    case Failure::HeaderTooLong:
      return text_response(431, limit_text("request header", base::kHttpHeaderBytesMax));
    default:
      return text_response(400, "400 Bad Request: " + impl_->error.message() + "\n");
  }
}

}  // namespace gnomon::http
