#include "daemon/boot/images.hpp"

#include <fstream>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "tests/temporary_directory.hpp"

using namespace colony;
using namespace colony::core;
using namespace colony::daemon;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using workflows::Machine;

namespace {

struct Bench {
  boost::asio::io_context loop{1};
  VirtualTimers timers{loop, *parse_utc("2026-11-20T00:00:00Z")};
  InlinePool pool;
  test::TemporaryDirectory directory;
  pxe::ArtifactCache cache{timers, pool, directory.file("artifacts")};
  Findings findings;
  TalosConfig talos;

  void write(const std::string& name, std::string_view text) {
    std::ofstream(directory.file(name), std::ios::binary | std::ios::trunc) << text;
  }
  void write_scout(std::string_view kernel, std::string_view initramfs, std::string_view promised_kernel) {
    write("scout-kernel", kernel);
    write("scout-initramfs", initramfs);
    write("scout-image.json",
          fmt::format(R"({{"kernel":{{"file":"scout-kernel","sha256":"{}"}},)"
                      R"("initramfs":{{"file":"scout-initramfs","sha256":"{}"}},)"
                      R"("architecture":"amd64","arguments":["console=ttyS1"]}})",
                      sha256(promised_kernel).to_string(), sha256(initramfs).to_string()));
  }
  Images import() {
    TaskGroup group(timers);
    Images images;
    const auto body = [](Bench& self, Images& out) -> Task<> {
      EXPECT_TRUE(co_await self.cache.open());
      std::string share = self.directory.path();
      out = co_await import_images(self.cache, std::move(share), self.talos, self.findings);
    };
    group.spawn("import", body(*this, images));
    timers.run_until([&group] { return group.size() == 0; }, timers.now() + 1h);
    return images;
  }
};

}  // namespace

TEST(Images, ScoutIsWhatItsManifestSays) {
  Bench bench;
  bench.write_scout("kernel", "initramfs", "kernel");
  bench.write("vmlinuz", "talos kernel");
  bench.write("initramfs.xz", "talos initramfs");
  bench.talos.kernel.location = bench.directory.file("vmlinuz");
  bench.talos.initramfs.location = bench.directory.file("initramfs.xz");
  const Images images = bench.import();
  ASSERT_TRUE(images.scout.contains(Machine::x86_64));
  const auto& scout = images.scout.at(Machine::x86_64);
  EXPECT_EQ(scout.kernel, sha256("kernel"));
  EXPECT_THAT(scout.initrds, ElementsAre(sha256("initramfs")));
  EXPECT_THAT(scout.arguments, ElementsAre("console=ttyS1"));
  EXPECT_EQ(images.talos.at(Machine::x86_64).kernel, sha256("talos kernel"));
  EXPECT_THAT(bench.findings.texts(), IsEmpty());
}

TEST(Images, AKernelThatIsNotTheManifestsIsNotBooted) {
  Bench bench;
  bench.write_scout("another kernel", "initramfs", "kernel");
  const Images images = bench.import();
  EXPECT_THAT(images.scout, IsEmpty());
  EXPECT_THAT(bench.findings.texts(), ElementsAre(HasSubstr("scout-kernel has SHA-256"),
                                                  HasSubstr("set talos.kernel and talos.initramfs")));
}

TEST(Images, WithoutAManifestThereIsNoScout) {
  Bench bench;
  EXPECT_THAT(bench.import().scout, IsEmpty());
  EXPECT_THAT(bench.findings.texts().front(), HasSubstr("scout-image.json: no such file"));
}

TEST(Findings, AreOneAKeyAndGoWhenTheyAreMended) {
  Findings findings;
  findings.set("hosted.link", "no key");
  findings.set("hosted.link", "no key");
  findings.set("image.talos", "none");
  EXPECT_THAT(findings.texts(), ElementsAre("no key", "none"));
  findings.set("hosted.link", "a wrong key");
  findings.clear("image.talos");
  findings.clear("image.talos");
  EXPECT_THAT(findings.texts(), ElementsAre("a wrong key"));
}
