#include "ramdisk/machine/processors.hpp"

#include <gtest/gtest.h>

using namespace colony::ramdisk;

TEST(Cpuinfo, CountsSocketsCoresAndThreads) {
  std::string text;
  int processor = 0;
  for (int socket = 0; socket < 2; ++socket) {
    for (int thread = 0; thread < 2; ++thread) {
      for (int core = 0; core < 4; ++core) {
        text += "processor\t: " + std::to_string(processor++) +
                "\nmodel name\t: Intel(R) Xeon(R)  Silver 4214\n" +
                "physical id\t: " + std::to_string(socket) + "\ncore id\t\t: " + std::to_string(core) +
                "\n\n";
      }
    }
  }
  const auto cpu = parse_cpuinfo(text);
  EXPECT_EQ(cpu.model, "Intel(R) Xeon(R) Silver 4214");
  EXPECT_EQ(cpu.sockets, 2U);
  EXPECT_EQ(cpu.cores, 8U);
  EXPECT_EQ(cpu.threads, 16U);
}

TEST(Cpuinfo, WithoutTopologyAThreadIsACoreOfOneSocket) {
  const auto cpu = parse_cpuinfo("processor : 0\nmodel name : x\nprocessor : 1\n");
  EXPECT_EQ(cpu.sockets, 1U);
  EXPECT_EQ(cpu.cores, 2U);
  EXPECT_EQ(cpu.threads, 2U);
}

TEST(Cpuinfo, NothingGivesNothing) {
  EXPECT_EQ(parse_cpuinfo("").threads, 0U);
  EXPECT_EQ(parse_cpuinfo("garbage\n:\n::").sockets, 0U);
}

TEST(Meminfo, GivesTheTotalInBytes) {
  EXPECT_EQ(parse_meminfo("MemTotal:       24684092 kB\nMemFree: 1 kB\n"), 24684092ULL << 10);
  EXPECT_EQ(parse_meminfo("MemFree: 1 kB\n"), 0U);
  EXPECT_EQ(parse_meminfo("MemTotal: many\n"), 0U);
}
