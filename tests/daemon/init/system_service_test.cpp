#include "daemon/init/system_service.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using ::testing::ElementsAre;
using ::testing::IsNull;
using ::testing::StrEq;

TEST(SystemService, ChildrenDoNotInheritSecrets) {
  std::string path = "PATH=/usr/bin";
  std::string key = "COLONY_API_KEY=cd-secret";
  std::string other = "COLONY_API_KEYS=none";
  std::string password = "IPMI_PASSWORD=secret";
  char* ours[] = {path.data(), key.data(), other.data(), password.data(), nullptr};
  EXPECT_THAT(colony::daemon::environment_of_children(ours),
              ElementsAre(StrEq(path), StrEq(other), IsNull()));
  EXPECT_THAT(colony::daemon::environment_of_children(nullptr), ElementsAre(IsNull()));
}
