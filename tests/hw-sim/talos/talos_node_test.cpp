#include "hw-sim/talos/talos_node.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::hw_sim;

namespace {

constexpr std::string_view config =
    "version: v1alpha1\n"
    "machine:\n"
    "  type: controlplane\n"
    "  install:\n"
    "    disk: /dev/nvme0n1\n"
    "---\n"
    "apiVersion: v1alpha1\n"
    "kind: HostnameConfig\n"
    "auto: stable\n";

DiskModel disk(const char* serial, const char* wwn) {
  DiskModel out;
  out.serial = serial;
  out.wwn = wwn;
  out.size_bytes = 1 << 20;
  return out;
}

}  // namespace

TEST(TalosArguments, WantsWhatMachinedWants) {
  EXPECT_EQ(parse_talos_arguments("console=tty0").error().code, "talos.not_metal");
  EXPECT_EQ(parse_talos_arguments("talos.platform=metal slab_nomerge talos.config=u").error().message,
            "mandatory kernel argument pti=on is missing");
  EXPECT_EQ(parse_talos_arguments("talos.platform=metal slab_nomerge= pti=on").error().code, "talos.config");
  const auto good =
      parse_talos_arguments("talos.platform=metal slab_nomerge= pti=on talos.config=http://h/c?t=1");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->config_url, "http://h/c?t=1");
}

TEST(TalosConfig, ReadsTheInstallOfAWholeConfig) {
  const auto install = parse_talos_config(config);
  ASSERT_TRUE(install);
  EXPECT_EQ(install->disk, "/dev/nvme0n1");
  EXPECT_EQ(install->config, sha256(config));
}

TEST(TalosConfig, RefusesHalfAConfigByName) {
  EXPECT_EQ(parse_talos_config("").error().code, "talos.incomplete");
  EXPECT_EQ(parse_talos_config("version: v1alpha1\n").error().code, "talos.incomplete");
  EXPECT_EQ(parse_talos_config("version: v1alpha1\nmachine: {type: work").error().code, "talos.yaml");
  EXPECT_EQ(parse_talos_config("- a\n- b\n").error().code, "talos.incomplete");
}

TEST(TalosConfig, FindsTheMachineConfigAmongSeveralDocuments) {
  const std::string other = "apiVersion: v1alpha1\nkind: HostnameConfig\n";
  for (const std::string& stream : {"---\n" + std::string(config), other + "--- \n" + std::string(config)}) {
    const auto install = parse_talos_config(stream);
    ASSERT_TRUE(install) << install.error().message;
    EXPECT_EQ(install->disk, "/dev/nvme0n1");
    EXPECT_EQ(install->config, sha256(stream));
  }
  EXPECT_EQ(parse_talos_config(std::string(config) + "---\na: [\n").error().code, "talos.yaml");
}

// yaml-cpp's reader of several documents never came back from this.
TEST(TalosConfig, RefusesAStreamThatYamlCppReadsForEver) {
  EXPECT_FALSE(parse_talos_config(",k1}\xf6'"));
}

TEST(TalosInstall, ChoosesByNameSerialOrSelector) {
  const DiskModel a = disk("A", "eui.01");
  const DiskModel b = disk("B", "eui.02");
  const std::vector<const DiskModel*> disks{&a, &b};
  const std::vector<std::string> names{"nvme0n1", "nvme1n1"};
  TalosInstall install;
  EXPECT_EQ(choose_disk(install, disks, names), 0U);
  install.disk = "/dev/nvme1n1";
  EXPECT_EQ(choose_disk(install, disks, names), 1U);
  install.disk = "/dev/disk/by-id/nvme-X_B";
  EXPECT_EQ(choose_disk(install, disks, names), 1U);
  install.selector = TalosInstall::Selector{"", "eui.0*", ""};
  EXPECT_EQ(choose_disk(install, disks, names), 0U);
  install.selector->serial = "B";
  EXPECT_EQ(choose_disk(install, disks, names), 1U);
  install.selector->serial = "C";
  EXPECT_FALSE(choose_disk(install, disks, names));
}

TEST(InstalledMarker, IsReadBackAndGoneAfterAnErasure) {
  SimDisk sim(disk("A", ""));
  EXPECT_FALSE(read_marker(sim));
  ASSERT_TRUE(write_marker(sim, {"talos", "digest"}));
  ASSERT_TRUE(read_marker(sim));
  EXPECT_EQ(read_marker(sim)->detail, "digest");
  ASSERT_TRUE(sim.discard(0, sim.size_bytes()));
  EXPECT_FALSE(read_marker(sim));
}
