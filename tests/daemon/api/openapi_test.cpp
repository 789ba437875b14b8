// docs/openapi.yaml describes exactly the routes that are served.
#include <set>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "core/async/virtual_timers.hpp"
#include "daemon/api/api_routes.hpp"
#include "tests/daemon/fake_orders.hpp"

using namespace colony;

TEST(OpenApi, DescribesExactlyTheRoutesThatAreServed) {
  boost::asio::io_context loop{1};
  core::VirtualTimers timers(loop, *core::parse_utc("2026-11-20T18:00:00Z"));
  core::Log log = core::Log::silent();
  test::FakeOrders orders;
  core::http::Router router;
  daemon::api::add_api_routes(router, {timers, log, orders, "0.1.0", {}, {}, {}});
  std::set<std::string> served;
  for (const auto& [method, pattern] : router.list())
    served.insert(std::string(name(method)) + " " + pattern);

  std::set<std::string> described;
  const YAML::Node document = YAML::LoadFile(OPENAPI);
  for (const auto& path : document["paths"]) {
    for (const auto& operation : path.second) {
      auto method = operation.first.as<std::string>();
      if (method == "parameters") continue;
      for (char& c : method) c = static_cast<char>(std::toupper(c));
      described.insert(method + " " + path.first.as<std::string>());
    }
  }
  EXPECT_EQ(served, described);
}

TEST(OpenApi, NamesTheScopeOfEachRoute) {
  const YAML::Node document = YAML::LoadFile(OPENAPI);
  for (const auto& rule : daemon::api::route_rules()) {
    std::string method(name(rule.method));
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    const auto operation = document["paths"][std::string(rule.pattern)][method];
    EXPECT_EQ(operation["x-scope"].as<std::string>(""), name(rule.need)) << method << " " << rule.pattern;
  }
}
