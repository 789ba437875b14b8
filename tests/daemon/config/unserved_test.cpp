#include "daemon/config/unserved.hpp"

#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/config/leaves.hpp"

using namespace colony::daemon;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(UnservedKeys, AreNamedWhenTheyAreSet) {
  Config config;
  EXPECT_THAT(unserved_keys(config), IsEmpty());
  config.dhcp.mode = DhcpMode::off;
  config.log.level = colony::core::LogLevel::debug;
  EXPECT_THAT(unserved_keys(config), IsEmpty()) << "these do what they say";
  config.dhcp.mode = DhcpMode::server;
  config.dhcp.reservations.emplace_back();
  EXPECT_THAT(unserved_keys(config), IsEmpty());
  config.dhcp.mode = DhcpMode::proxy;
  EXPECT_THAT(unserved_keys(config), ElementsAre("dhcp.reservations"))
      << "only a DHCP server has addresses to reserve";
}

namespace {

/// Keys of the table, with the mark of those without effect. `a.b`, `.c` in one row stand for a.b and a.c.
std::set<std::pair<std::string, bool>> documented_keys() {
  std::set<std::pair<std::string, bool>> keys;
  std::ifstream file(CONFIGURATION_PAGE);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `")) continue;
    const bool marked = line.find("| (none) |") != std::string::npos;
    const std::string first = line.substr(0, line.find('|', 1));
    std::string prefix;
    for (std::size_t at = first.find('`'); at != std::string::npos; at = first.find('`', at)) {
      const auto end = first.find('`', at + 1);
      std::string key = first.substr(at + 1, end - at - 1);
      if (key.starts_with('.')) {
        key = prefix + key;
      } else if (key.contains('.')) {
        prefix = key.substr(0, key.rfind('.'));
      }
      keys.emplace(key, marked);
      at = end + 1;
    }
  }
  return keys;
}

}  // namespace

TEST(ConfigurationPage, ListsEveryKeyAndMarksThoseWithoutEffect) {
  std::set<std::pair<std::string, bool>> keys;
  for (const Leaf& leaf : flatten(Config{})) keys.emplace(leaf.path(), is_unserved(leaf.path()));
  EXPECT_EQ(documented_keys(), keys);
}
