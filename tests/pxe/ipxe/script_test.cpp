#include "pxe/ipxe/script.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "core/random.hpp"

using namespace colony::core;
using namespace colony::pxe;
using namespace colony::pxe::ipxe;

namespace {

const BootServer server{*Ipv4Address::parse("10.1.1.5"), 8080};
const std::string url = "http://10.1.1.5:8080/boot.ipxe?mac=52:54:00:12:34:56&arch=efi-x64";

BootRequest request(ClientArch arch = ClientArch::efi_x64) {
  BootRequest out;
  out.mac = *MacAddress::parse("52:54:00:12:34:56");
  out.arch = arch;
  out.stage = BootStage::ipxe;
  return out;
}

KernelBoot scout() {
  KernelBoot boot;
  boot.script = "scout";
  boot.kernel = sha256("kernel");
  boot.initrds = {sha256("one"), sha256("two")};
  boot.arguments = {"console=ttyS0,115200n8", "colony.url=http://10.1.1.5:8080/scout/v1"};
  return boot;
}

}  // namespace

TEST(IpxeScript, LoadsKernelAndInitrdsByDigestAndRetries) {
  const std::string artifacts = "http://10.1.1.5:8080/artifacts/sha256/";
  EXPECT_EQ(
      render_script(scout(), request(), server),
      "#!ipxe\n"
      "echo Colony: loading scout\n"
      "kernel --name kernel " +
          artifacts + sha256("kernel").to_string() +
          " initrd=initrd0 initrd=initrd1 console=ttyS0,115200n8 colony.url=http://10.1.1.5:8080/scout/v1"
          " || goto failed\n"
          "initrd --name initrd0 " +
          artifacts + sha256("one").to_string() +
          " || goto failed\n"
          "initrd --name initrd1 " +
          artifacts + sha256("two").to_string() +
          " || goto failed\n"
          "boot || goto failed\n"
          ":failed\n"
          "echo Colony: could not load scout, asking again in 5 s\n"
          "imgfree\n"
          ":again\n"
          "sleep 5\n"
          "chain --replace --autofree " +
          url + " || goto again\n");
}

TEST(IpxeScript, RefusesArgumentsThatCouldBecomeCommands) {
  for (const auto* argument : {"a b", "a\nreboot", "a=${uuid}", "$x", "a||b", "a&&b", "a;b", "a'b", "a\"b",
                               "a\\b", "a#b", "a\tb", "a\x7f", "caf\xc3\xa9"}) {
    KernelBoot boot = scout();
    boot.arguments.emplace_back(argument);
    const auto script = render_script(boot, request(), server);
    ASSERT_FALSE(script) << printable(argument);
    EXPECT_EQ(script.error().code, "ipxe.argument");
  }
}

TEST(IpxeScript, NamesARefusedArgumentWithoutItsValue) {
  KernelBoot boot = scout();
  boot.arguments = {"colony.token=very secret"};
  const auto script = render_script(boot, request(), server);
  ASSERT_FALSE(script);
  EXPECT_NE(script.error().message.find("colony.token"), std::string::npos);
  EXPECT_EQ(script.error().message.find("very"), std::string::npos);
}

TEST(IpxeScript, KeepsItsBounds) {
  KernelBoot boot = scout();
  boot.arguments = {""};
  EXPECT_EQ(render_script(boot, request(), server).error().code, "ipxe.limit");
  boot.arguments = {std::string(argument_limit + 1, 'a')};
  EXPECT_EQ(render_script(boot, request(), server).error().code, "ipxe.limit");
  boot.arguments = {std::string(argument_limit, 'a'), std::string(argument_limit, 'a')};
  EXPECT_EQ(render_script(boot, request(), server).error().code, "ipxe.limit");
  boot = scout();
  boot.initrds.assign(initrd_limit + 1, sha256("x"));
  EXPECT_EQ(render_script(boot, request(), server).error().code, "ipxe.limit");
}

TEST(IpxeScript, HandsOverToTheLocalDiskAsTheFirmwareNeedsIt) {
  const std::string head = "#!ipxe\necho Colony: this machine boots from its own disk\n";
  EXPECT_EQ(render_script(LocalDisk{LocalHandover::exit}, request(ClientArch::bios_x86), server),
            head + "exit 0\n");
  EXPECT_EQ(render_script(LocalDisk{LocalHandover::exit}, request(), server), head + "exit 1\n");
  EXPECT_EQ(render_script(LocalDisk{LocalHandover::sanboot}, request(ClientArch::bios_x86), server),
            head + "sanboot --no-describe --drive 0x80 ||\nexit 0\n");
  EXPECT_EQ(render_script(LocalDisk{LocalHandover::sanboot}, request(), server), head + "exit 1\n");
  const auto none = render_script(LocalDisk{LocalHandover::not_found}, request(), server);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::not_found);
}

TEST(IpxeScript, HoldsWithTheReasonOnTheScreen) {
  const auto script = render_script(Hold{"disks were wiped (order 7)"}, request(), server);
  ASSERT_TRUE(script);
  EXPECT_NE(script->find("echo Colony holds this machine: disks were wiped (order 7)\n"), std::string::npos);
  EXPECT_NE(script->find("sleep 30\nchain --replace --autofree " + url + " || goto again\n"),
            std::string::npos);
}

TEST(IpxeScript, NoReasonBecomesACommand) {  // 100 000 hostile strings
  const std::string clean = *render_script(Hold{""}, request(), server);
  const auto lines = std::ranges::count(clean, '\n');
  SeededRandom random(1);
  for (int i = 0; i < 100000; ++i) {
    std::string reason(random.below(40), '\0');
    random.fill({reinterpret_cast<Byte*>(reason.data()), reason.size()});
    reason += "${x}||\n&&";
    const auto script = render_script(Hold{reason}, request(), server);
    ASSERT_TRUE(script);
    ASSERT_EQ(std::ranges::count(*script, '\n'), lines);
    ASSERT_EQ(script->find("${"), std::string::npos);
    ASSERT_EQ(script->find("&&"), std::string::npos);
  }
}

TEST(IpxeScript, SilenceHasNoScript) {
  EXPECT_EQ(render_script(Silence{}, request(), server).error().code, "ipxe.no_script");
}

TEST(IpxeScript, AutoexecConfiguresAndAsks) {
  EXPECT_EQ(autoexec_script(request(), server),
            "#!ipxe\n:again\ndhcp && chain --replace --autofree " + url + " ||\nsleep 5\ngoto again\n");
}
