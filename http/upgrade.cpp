#include "http/upgrade.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <exception>
#include <utility>

#include "src/base/log.h"

namespace gnomon::http {

namespace asio = boost::asio;
using asio::awaitable;

Response accept_upgrade(std::string_view protocol, std::shared_ptr<Upgrade> upgrade) {
  Response response;
  response.status = 101;
  response.headers = {{"Connection", "Upgrade"}, {"Upgrade", std::string(protocol)}};
  response.upgrade = std::move(upgrade);
  return response;
}

UpgradedConnection::UpgradedConnection(std::unique_ptr<Transport> transport, Slot slot, Home& home,
                                       std::shared_ptr<Upgrade> upgrade)
    : Connection(std::move(transport), std::move(slot), home), upgrade_(std::move(upgrade)) {}

void UpgradedConnection::start(std::string input) {
  auto served = serve(shared_from_this(), std::move(input));
  asio::co_spawn(transport_->executor(), std::move(served), asio::detached);
  if (home_.stopping) stop();
}

awaitable<void> UpgradedConnection::serve([[maybe_unused]] std::shared_ptr<Connection> self,
                                          std::string input) {
  try {
    std::stop_token stop = stop_.get_token();
    co_await upgrade_->run(*transport_, std::move(input), std::move(stop));
  } catch (const std::exception& exception) {
    base::log(base::LogLevel::Error, "an upgraded connection broke", {{"err", exception.what()}});
  }
  transport_->shutdown(Transport::Sides::Both);
}

void UpgradedConnection::stop() { stop_.request_stop(); }

void UpgradedConnection::cancel() {
  stop();
  transport_->shutdown(Transport::Sides::Both);
}

}  // namespace gnomon::http
