// Name servers that are silent: curl looks names up in a thread of its own, and nothing on our loop may wait
// for it. In its own program, since it takes this process into network and mount namespaces of its own.

#include <fstream>

#include <arpa/inet.h>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/async/task_group.hpp"
#include "core/net/file_descriptor.hpp"
#include "daemon/hosted/curl_exchange.hpp"
#include "tests/temporary_directory.hpp"

using namespace colony;
using namespace colony::daemon::hosted;
using namespace std::chrono_literals;
using core::Task;

namespace {

/// A name server that takes every question and answers none; invalid when this process may not have one.
core::FileDescriptor silent_name_server(const test::TemporaryDirectory& directory) {
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) return {};
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return {};
  std::ofstream(directory.file("resolv.conf")) << "nameserver 127.0.0.1\noptions timeout:5 attempts:2\n";
  std::ofstream(directory.file("nsswitch.conf")) << "hosts: files dns\n";
  for (const auto* const file : {"resolv.conf", "nsswitch.conf"}) {
    const std::string over = std::string("/etc/") + file;
    if (::mount(directory.file(file).c_str(), over.c_str(), nullptr, MS_BIND, nullptr) != 0) return {};
  }
  core::FileDescriptor server(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq loopback{};
  loopback.ifr_name[0] = 'l';
  loopback.ifr_name[1] = 'o';
  loopback.ifr_flags = IFF_UP;
  if (::ioctl(server.get(), SIOCSIFFLAGS, &loopback) != 0) return {};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  return server;
}

}  // namespace

TEST(CurlExchange, IsNotHeldBySilentNameServers) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root for namespaces of its own";
  const test::TemporaryDirectory directory;
  const auto name_server = silent_name_server(directory);
  if (!name_server.valid()) GTEST_SKIP() << "no network and mount namespaces can be made here";

  boost::asio::io_context loop{1};
  core::SystemTimers timers(loop);
  core::TaskGroup group(timers);
  const auto exchange =
      CurlExchange::open(timers, {.url = "https://colony.example", .ca_file = "", .read_key = [] {
                                    return core::Result<core::Secret>(core::Secret("key"));
                                  }});
  ASSERT_TRUE(exchange);
  core::Result<core::http::ClientResponse> answer;
  const auto ask = [](CurlExchange& e, core::BootTime deadline, auto& out) -> Task<> {
    out = co_await e.exchange({}, deadline);
  };
  const auto begun = std::chrono::steady_clock::now();
  group.spawn("ask", ask(**exchange, timers.now() + 300ms, answer));
  while (group.size() != 0) loop.run_one_for(100ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "http.timeout");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 4s) << "curl waited for its resolver on our loop";
  char asked[512];
  EXPECT_GT(::recv(name_server.get(), asked, sizeof asked, MSG_DONTWAIT), 0) << "the name was looked up";
}
