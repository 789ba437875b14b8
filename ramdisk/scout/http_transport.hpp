#pragma once
// ScoutTransport over an HttpExchange: sockets on a real server, straight into a router in a simulation.

#include "core/http/exchange.hpp"
#include "core/secret.hpp"
#include "ramdisk/scout/transport.hpp"

namespace colony::ramdisk {

class HttpTransport final : public ScoutTransport {
 public:
  HttpTransport(core::http::HttpExchange& exchange, core::Secret token)
      : exchange_(exchange), token_(std::move(token)) {}
  [[nodiscard]] core::Task<core::Result<Reply>> post(std::string path, std::string body,
                                                     core::BootTime deadline) override;

 private:
  core::http::HttpExchange& exchange_;
  core::Secret token_;
};

}  // namespace colony::ramdisk
