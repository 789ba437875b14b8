#include <gtest/gtest.h>

#include "daemon/cli/arguments.hpp"

using namespace colony::daemon::cli;

TEST(SecretArguments, AreTakenAndOverwritten) {
  std::vector<std::string> given = {"colony",        "add-ipmi", "--password", "secret",
                                    "--api-key=key", "--ip",     "10.1.1.20"};
  std::vector<char*> argv;
  argv.reserve(given.size());
  for (auto& each : given) argv.push_back(each.data());
  const auto taken = take_arguments(static_cast<int>(argv.size()), argv.data());
  EXPECT_EQ(taken[3], "secret");
  EXPECT_EQ(taken[4], "--api-key=key");
  EXPECT_EQ(given, (std::vector<std::string>{"colony", "add-ipmi", "--password", "******", "--api-key=***",
                                             "--ip", "10.1.1.20"}));
}

TEST(SecretArguments, AFlagWithoutValueIsNoTrap) {
  std::string name = "colony", flag = "--password";
  char* argv[] = {name.data(), flag.data()};
  EXPECT_EQ(take_arguments(2, argv).size(), 2U);
}
