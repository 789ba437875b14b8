#include "hw-sim/firmware/ipxe_script.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::hw_sim;

namespace {

IpxeScript script(std::string_view body) {
  auto parsed = IpxeScript::parse("#!ipxe\n" + std::string(body), "http://10.77.0.5:8080/boot.ipxe?mac=x",
                                  {{"net0/mac", "52:54:00:00:00:01"}, {"uuid", "u-u"}, {"next", "a b"}});
  return std::move(parsed.value());
}

template <class Need>
Need expect(IpxeScript& s) {
  auto need = s.run();
  auto* wanted = std::get_if<Need>(&need);
  EXPECT_NE(wanted, nullptr) << "need " << need.index();
  return wanted == nullptr ? Need{} : *wanted;
}

}  // namespace

TEST(IpxeScript, LoadsKernelAndInitrdAndBoots) {
  auto s = script(
      "imgfree\n"
      "kernel --name vmlinuz /artifacts/sha256/aa console=ttyS0 colony.token=t1 initrd=initrd.img\n"
      "initrd --name initrd.img /artifacts/sha256/bb\n"
      "boot\n");
  EXPECT_EQ(expect<ipxe_need::Fetch>(s).url, "http://10.77.0.5:8080/artifacts/sha256/aa");
  s.on_image(10, Sha256Digest());
  EXPECT_EQ(expect<ipxe_need::Fetch>(s).url, "http://10.77.0.5:8080/artifacts/sha256/bb");
  s.on_image(20, Sha256Digest());
  const auto boot = expect<ipxe_need::BootKernel>(s);
  EXPECT_EQ(boot.command_line, "console=ttyS0 colony.token=t1 initrd=initrd.img");
  EXPECT_EQ(boot.kernel.name, "vmlinuz");
  ASSERT_EQ(boot.initrds.size(), 1U);
  EXPECT_EQ(boot.initrds[0].name, "initrd.img");
}

TEST(IpxeScript, RetriesAFailedFetchThroughItsLabel) {
  auto s = script(
      ":retry\n"
      "imgfree\n"
      "kernel /k || goto failed\n"
      "boot || goto failed\n"
      ":failed\n"
      "echo trying again\n"
      "sleep 5\n"
      "goto retry\n");
  (void)expect<ipxe_need::Fetch>(s);
  s.on_failure();
  EXPECT_EQ(expect<ipxe_need::Sleep>(s).duration, std::chrono::seconds(5));
  s.on_slept();
  (void)expect<ipxe_need::Fetch>(s);
  s.on_image(1, Sha256Digest());
  (void)expect<ipxe_need::BootKernel>(s);
  EXPECT_EQ(s.screen(), (std::vector<std::string>{"trying again"}));
}

TEST(IpxeScript, AFailingLineEndsTheScript) {
  auto s = script("kernel /k\necho not reached\n");
  (void)expect<ipxe_need::Fetch>(s);
  s.on_failure();
  EXPECT_FALSE(expect<ipxe_need::Exit>(s).success);
  EXPECT_TRUE(s.screen().empty());
}

TEST(IpxeScript, OrStopsTheLineAfterSuccessEvenBeforeAnd) {
  auto s = script("iseq a a || echo no && echo neither\niseq a b && echo no ||\niseq a b || echo yes\n");
  EXPECT_FALSE(expect<ipxe_need::Exit>(s).success);  // the second line fails and has nothing after `||`
  EXPECT_TRUE(s.screen().empty());
}

TEST(IpxeScript, ExpandsVariablesAndTheirFormats) {
  auto s = script(
      "set a ${uuid}\nset b 7\ninc b\necho ${a} ${b} ${net0/mac:hexhyp} ${next:uristring} [${none}]\n");
  EXPECT_TRUE(expect<ipxe_need::Exit>(s).success);
  EXPECT_EQ(s.screen(), (std::vector<std::string>{"u-u 8 52-54-00-00-00-01 a%20b []"}));
}

TEST(IpxeScript, IssetSeesExpandedText) {
  auto s = script("isset ${uuid} && echo there ||\nisset ${none} || echo missing\n");
  EXPECT_TRUE(expect<ipxe_need::Exit>(s).success);
  EXPECT_EQ(s.screen(), (std::vector<std::string>{"there", "missing"}));
}

TEST(IpxeScript, HandsOverToTheLocalDiskInItsThreeWays) {
  auto san = script("sanboot --no-describe --drive 0x80 || goto x\n:x\n");
  (void)expect<ipxe_need::LocalDisk>(san);
  auto exit = script("exit 0\necho no\n");
  EXPECT_TRUE(expect<ipxe_need::Exit>(exit).success);
  auto failed = script("exit 1\n");
  EXPECT_FALSE(expect<ipxe_need::Exit>(failed).success);
}

TEST(IpxeScript, ChainsRelativeAndAbsolute) {
  auto s = script("chain --autofree ../x.ipxe || chain tftp://10.77.0.9/y ||\n");
  EXPECT_EQ(expect<ipxe_need::Chain>(s).url, "http://10.77.0.5:8080/../x.ipxe");
  s.on_failure();
  EXPECT_EQ(expect<ipxe_need::Chain>(s).url, "tftp://10.77.0.9/y");
}

TEST(IpxeScript, ImgargsReplacesTheCommandLine) {
  auto s = script("kernel -n k /k old\nimgargs k new line # comment\nboot k\n");
  (void)expect<ipxe_need::Fetch>(s);
  s.on_image(1, Sha256Digest());
  EXPECT_EQ(expect<ipxe_need::BootKernel>(s).command_line, "new line");
}

TEST(IpxeScript, ALoopWithoutAWaitIsStuck) {
  auto s = script(":x\ngoto x\n");
  EXPECT_EQ(expect<ipxe_need::Stuck>(s).reason, "loops without waiting");
}

TEST(IpxeScript, UnknownCommandsAndLabelsFail) {
  auto s = script("frobnicate || goto nowhere\n");
  EXPECT_FALSE(expect<ipxe_need::Exit>(s).success);
  EXPECT_EQ(s.screen(), (std::vector<std::string>{"frobnicate: command not found"}));
}

TEST(IpxeScript, RefusesWhatIsNoScript) {
  EXPECT_EQ(IpxeScript::parse("MZ\x90", "u", {}).error().code, "ipxe.not_a_script");
  EXPECT_EQ(IpxeScript::parse("#!ipxe\n" + std::string(70000, 'a'), "u", {}).error().code, "ipxe.too_large");
}
